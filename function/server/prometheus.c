/* SPDX-License-Identifier: Apache-2.0 */
#include "server/prometheus.h"

#include "base/arena.h"

void prometheus_head(struct builder *out, const char *name, const char *type, const char *help) {
        builder_string(out, "# HELP ");
        builder_string(out, name);
        builder_char(out, ' ');
        builder_string(out, help);
        builder_string(out, "\n# TYPE ");
        builder_string(out, name);
        builder_char(out, ' ');
        builder_string(out, type);
        builder_char(out, '\n');
}

static void write_label(struct builder *out, const char *name, struct text value) {
        builder_string(out, name);
        builder_string(out, "=\"");
        for (size_t i = 0; i < value.len; i++) {
                if (value.data[i] == '\n') {
                        builder_string(out, "\\n");
                        continue;
                }
                if (value.data[i] == '\\' || value.data[i] == '"')
                        builder_char(out, '\\');
                builder_char(out, value.data[i]);
        }
        builder_char(out, '"');
}

/* Everything up to the value; le is NULL but in a bucket. */
static void write_series(struct builder *out, const struct series *series, const char *suffix,
                         const char *le) {
        const char *before = "{";

        builder_string(out, series->name);
        builder_string(out, suffix);
        for (size_t i = 0; i < series->n_labels; i++) {
                builder_string(out, before);
                write_label(out, series->labels[i].name, series->labels[i].value);
                before = ",";
        }
        if (le) {
                builder_string(out, before);
                write_label(out, "le", text_from(le));
        }
        builder_string(out, series->n_labels > 0 || le ? "} " : " ");
}

static void write_integer(struct builder *out, int64_t value) {
        builder_i64(out, value);
        builder_char(out, '\n');
}

/* 1234567890 ns as 1.234567890 */
static void write_seconds(struct builder *out, uint64_t nanoseconds) {
        builder_text(out, text_format(out->arena, "%llu.%09llu\n",
                                      (unsigned long long)(nanoseconds / 1000000000),
                                      (unsigned long long)(nanoseconds % 1000000000)));
}

void prometheus_number(struct builder *out, const struct series *series, int64_t value) {
        write_series(out, series, "", NULL);
        write_integer(out, value);
}

void prometheus_seconds(struct builder *out, const struct series *series, uint64_t nanoseconds) {
        write_series(out, series, "", NULL);
        write_seconds(out, nanoseconds);
}

void prometheus_single(struct builder *out, const char *name, const char *type, const char *help,
                       int64_t value) {
        prometheus_head(out, name, type, help);
        prometheus_number(out, &(struct series) { .name = name }, value);
}

void prometheus_histogram(struct builder *out, const struct series *series,
                          const struct histogram_view *view) {
        uint64_t n = 0;

        for (size_t i = 0; i <= view->n_bounds; i++) {
                n += view->counts[i];
                write_series(out, series, "_bucket", i < view->n_bounds ? view->bounds[i] : "+Inf");
                write_integer(out, (int64_t)n);
        }
        write_series(out, series, "_sum", NULL);
        if (view->is_nanoseconds)
                write_seconds(out, view->sum);
        else
                write_integer(out, (int64_t)view->sum);
        write_series(out, series, "_count", NULL);
        write_integer(out, (int64_t)n);
}
