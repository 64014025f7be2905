/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/promtext.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SERIES = 65536 };

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM, N_KINDS };

static const struct {
        const char *name;
        const char *suffixes[3]; /* of a metric's samples */
} kinds[N_KINDS] = {
        [KIND_COUNTER] = { "counter", { "" } },
        [KIND_GAUGE] = { "gauge", { "" } },
        [KIND_HISTOGRAM] = { "histogram", { "_bucket", "_sum", "_count" } },
};

struct reader {
        struct arena *arena;
        struct text metric; /* the one whose samples may come now */
        enum kind kind;
        bool has_type;
        struct text *series; /* all so far, and the metrics */
        size_t n_series, n_metrics;
        struct text *metrics;
        double last_bucket;
};

static bool is_name_byte(char c, bool first) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (!first && c >= '0' && c <= '9');
}

/* The name at the front of *t, which moves past it; empty when there is none. */
static struct text take_name(struct text *t) {
        size_t n = 0;
        struct text name;

        while (n < t->len && is_name_byte(t->data[n], n == 0))
                n++;
        name = text_slice(*t, 0, n);
        *t = text_slice(*t, n, t->len);
        return name;
}

static bool take(struct text *t, const char *string) {
        if (!text_starts_with(*t, text_from(string)))
                return false;
        *t = text_slice(*t, strlen(string), t->len);
        return true;
}

static bool take_value(struct text *t) {
        while (t->len > 0 && t->data[0] != '"') {
                if (t->data[0] == '\\' &&
                    (t->len < 2 || (t->data[1] != '\\' && t->data[1] != '"' && t->data[1] != 'n')))
                        return false;
                *t = text_slice(*t, t->data[0] == '\\' ? 2 : 1, t->len);
        }
        return take(t, "\"");
}

static bool take_labels(struct text *t) {
        if (!take(t, "{"))
                return true;
        do {
                if (text_is_empty(take_name(t)) || !take(t, "=\"") || !take_value(t))
                        return false;
        } while (take(t, ","));
        return take(t, "}");
}

static bool is_number(struct text t, double *ret) {
        char buffer[64];
        char *end;

        if (t.len == 0 || t.len >= sizeof(buffer) || t.data[0] == ' ')
                return false;
        memcpy(buffer, t.data, t.len);
        buffer[t.len] = '\0';
        *ret = strtod(buffer, &end);
        return *end == '\0';
}

static struct text complain(struct reader *r, const char *what, struct text line) {
        return text_format(r->arena, "%s: %.*s", what, TEXT_ARG(line));
}

static int compare(const void *a, const void *b) {
        return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* One that is there twice, if any. */
static struct text find_twin(struct text *all, size_t n) {
        qsort(all, n, sizeof(all[0]), compare);
        for (size_t i = 1; i < n; i++) {
                if (text_equal(all[i - 1], all[i]))
                        return all[i];
        }
        return TEXT("");
}

static struct text read_help(struct reader *r, struct text line) {
        struct text rest = line, name;

        take(&rest, "# HELP ");
        name = take_name(&rest);
        if (text_is_empty(name) || !take(&rest, " ") || text_is_empty(rest))
                return complain(r, "a HELP without a name or a text", line);
        if (r->n_metrics == MAX_SERIES)
                return complain(r, "too many metrics", line);
        r->metrics[r->n_metrics++] = r->metric = name;
        r->has_type = false;
        return TEXT("");
}

static struct text read_type(struct reader *r, struct text line) {
        struct text rest = line;
        size_t kind = 0;

        take(&rest, "# TYPE ");
        if (!text_equal(take_name(&rest), r->metric) || r->has_type || !take(&rest, " "))
                return complain(r, "a TYPE that does not follow its HELP", line);
        while (kind < N_KINDS && !text_equal(rest, text_from(kinds[kind].name)))
                kind++;
        if (kind == N_KINDS)
                return complain(r, "an unknown type", line);
        if (text_ends_with(r->metric, TEXT("_total")) != (kind == KIND_COUNTER))
                return complain(r, "counters, and nothing else, end with _total", line);
        r->kind = (enum kind)kind;
        r->has_type = true;
        return TEXT("");
}

/* What follows the metric's own name in a sample's name; NULL when it is none of its samples. */
static const char *plan_suffix(const struct reader *r, struct text name) {
        for (size_t i = 0; i < 3 && kinds[r->kind].suffixes[i]; i++) {
                const char *suffix = kinds[r->kind].suffixes[i];

                if (name.len == r->metric.len + strlen(suffix) &&
                    text_starts_with(name, r->metric) && text_ends_with(name, text_from(suffix)))
                        return suffix;
        }
        return NULL;
}

static struct text check_histogram(struct reader *r, const char *suffix, struct text line,
                                   double value) {
        if (strcmp(suffix, "_bucket") == 0) {
                if (value < r->last_bucket)
                        return complain(r, "a bucket with less than the one before", line);
                r->last_bucket = value;
        } else if (strcmp(suffix, "_count") == 0) {
                if (value != r->last_bucket)
                        return complain(r, "a count that is not the last bucket", line);
                r->last_bucket = 0;
        }
        return TEXT("");
}

static struct text read_sample(struct reader *r, struct text line) {
        struct text rest = line, name = take_name(&rest), series;
        const char *suffix = r->has_type ? plan_suffix(r, name) : NULL;
        double value;

        if (!suffix)
                return complain(r, "a sample without HELP and TYPE before it", line);
        if (!take_labels(&rest))
                return complain(r, "labels that cannot be read", line);
        series = text_slice(line, 0, line.len - rest.len);
        if (!take(&rest, " ") || !is_number(rest, &value))
                return complain(r, "a value that is no number", line);
        if (r->n_series == MAX_SERIES)
                return complain(r, "too many series", line);
        r->series[r->n_series++] = series;
        return r->kind == KIND_HISTOGRAM ? check_histogram(r, suffix, line, value) : TEXT("");
}

struct text promtext_complaint(struct text page, struct arena *arena) {
        struct reader r = { .arena = arena,
                            .series = ARENA_ARRAY(arena, MAX_SERIES, struct text),
                            .metrics = ARENA_ARRAY(arena, MAX_SERIES, struct text) };
        struct text twin;

        if (!text_ends_with(page, TEXT("\n")))
                return TEXT("the page does not end with a newline");
        while (page.len > 0) {
                size_t end = text_index(page, '\n');
                struct text line = text_slice(page, 0, end), complaint;

                page = text_slice(page, end + 1, page.len);
                if (text_starts_with(line, TEXT("# HELP ")))
                        complaint = read_help(&r, line);
                else if (text_starts_with(line, TEXT("# TYPE ")))
                        complaint = read_type(&r, line);
                else
                        complaint = read_sample(&r, line);
                if (!text_is_empty(complaint))
                        return complaint;
        }
        twin = find_twin(r.metrics, r.n_metrics);
        if (text_is_empty(twin))
                twin = find_twin(r.series, r.n_series);
        return text_is_empty(twin) ? twin : complain(&r, "comes twice", twin);
}

double promtext_value(struct text page, const char *series) {
        struct text start = text_from(series);
        double value;

        while (page.len > 0) {
                size_t end = text_index(page, '\n');
                struct text line = text_slice(page, 0, end);

                page = text_slice(page, end + 1, page.len);
                if (text_starts_with(line, start) && line.len > start.len &&
                    line.data[start.len] == ' ' &&
                    is_number(text_slice(line, start.len + 1, line.len), &value))
                        return value;
        }
        return -1;
}
