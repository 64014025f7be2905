/* SPDX-License-Identifier: Apache-2.0 */
#include "server/log.h"

#include "base/printable.h"
#include "server/sink.h"

#include <grpc/support/log.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
        LINE_MAX_BYTES = SINK_LINE_MAX,
        VALUE_MAX_BYTES = 1024,
        CLOSING_MAX_BYTES = 64, /* what ends a line always fits */
};

static enum log_level least_level = LOG_INFO;
static bool is_readable;
static atomic_bool is_grpc_quiet;

struct line {
        char data[LINE_MAX_BYTES];
        size_t len;
        bool full; /* something did not fit */
};

static const char *const level_names[N_LOG_LEVELS] = { "debug", "info", "warn", "error" };

/* All or nothing. */
static void append(struct line *line, const char *bytes, size_t len) {
        if (len > sizeof(line->data) - CLOSING_MAX_BYTES - line->len) {
                line->full = true;
                return;
        }
        memcpy(line->data + line->len, bytes, len);
        line->len += len;
}

static void append_string(struct line *line, const char *string) {
        append(line, string, strlen(string));
}

/* The length of the UTF-8 character that t begins with; 0 when it begins with none. */
static size_t utf8_length(struct text t) {
        unsigned char first = (unsigned char)t.data[0];
        size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

        if (len == 0 || first > 0xf4 || len > t.len)
                return 0;
        for (size_t i = 1; i < len; i++) {
                if (((unsigned char)t.data[i] & 0xc0) != 0x80)
                        return 0;
        }
        return len;
}

/* Of several bytes, what could turn or hide the line is as good as no character. */
static void append_character(struct line *line, struct text t, size_t len) {
        char escaped[8];

        if (len == 0 || (len > 1 && !printable_first(t, &len))) {
                append_string(line, "\\ufffd");
        } else if (t.data[0] == '"' || t.data[0] == '\\') {
                escaped[0] = '\\';
                escaped[1] = t.data[0];
                append(line, escaped, 2);
        } else if ((unsigned char)t.data[0] < 0x20 || t.data[0] == 0x7f) {
                snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned int)t.data[0]);
                append(line, escaped, 6);
        } else {
                append(line, t.data, len);
        }
}

static void append_quoted(struct line *line, struct text t) {
        t = text_slice(t, 0, VALUE_MAX_BYTES);
        append_string(line, "\"");
        while (t.len > 0) {
                size_t len = utf8_length(t);

                append_character(line, t, len);
                t = text_slice(t, len ? len : 1, t.len);
        }
        append_string(line, "\"");
}

static void append_value(struct line *line, const struct log_field *field) {
        char number[32];

        if (!field->is_number) {
                append_quoted(line, field->text);
                return;
        }
        snprintf(number, sizeof(number), "%.10g", isfinite(field->number) ? field->number : 0.0);
        append_string(line, number);
}

/* A field that does not fit is left out whole, so that the line stays JSON. */
static void append_field(struct line *line, bool json, const struct log_field *field) {
        size_t before = line->len;

        if (!field->is_number && text_is_empty(field->text))
                return;
        append_string(line, json ? ",\"" : " ");
        append_string(line, field->key);
        append_string(line, json ? "\":" : "=");
        append_value(line, field);
        if (line->full) {
                line->len = before;
                line->full = false;
        }
}

static void format_time(char *ret, size_t size) {
        struct timespec now;
        struct tm utc;
        size_t len;

        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &utc);
        len = strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(ret + len, size - len, ".%03ldZ", now.tv_nsec / 1000000);
}

static void begin_line(struct line *line, bool json, enum log_level level, const char *message) {
        char time_text[40];

        line->len = 0;
        line->full = false;
        format_time(time_text, sizeof(time_text));
        if (!json) {
                append_string(line, time_text);
                append_string(line, " ");
                append_string(line, level_names[level]);
                append_string(line, " ");
                append_string(line, message);
                return;
        }
        append_string(line, "{\"level\":\"");
        append_string(line, level_names[level]);
        append_string(line, "\",\"ts\":\"");
        append_string(line, time_text);
        append_string(line, "\",\"msg\":");
        append_quoted(line, text_from(message));
}

static void end_line(struct line *line, bool json, uint64_t n_dropped) {
        int n = 0;

        if (n_dropped > 0)
                n = snprintf(line->data + line->len, CLOSING_MAX_BYTES,
                             json ? ",\"dropped_lines\":%llu" : " dropped_lines=%llu",
                             (unsigned long long)n_dropped);
        line->len += (size_t)n;
        if (json)
                line->data[line->len++] = '}';
        line->data[line->len++] = '\n';
}

void log_line(enum log_level level, const char *message, const struct log_field *fields,
              size_t n_fields) {
        bool json = !is_readable;
        uint64_t n_dropped;
        struct line line;

        if (!log_enabled(level))
                return;
        begin_line(&line, json, level, message);
        for (size_t i = 0; i < n_fields; i++)
                append_field(&line, json, &fields[i]);
        n_dropped = sink_take_unreported();
        end_line(&line, json, n_dropped);
        sink_put(line.data, line.len, n_dropped);
}

static void log_grpc(gpr_log_func_args *args) {
        /* What a peer does wrong is an error to core; to us it is a warning. */
        enum log_level level =
                args->severity == GPR_LOG_SEVERITY_ERROR && !is_grpc_quiet ? LOG_WARN : LOG_DEBUG;
        const char *slash = strrchr(args->file, '/');

        LOG(level, "grpc", LOG_STRING("detail", args->message),
            LOG_STRING("source", slash ? slash + 1 : args->file), LOG_NUMBER("line", args->line));
}

void log_quiet_grpc(bool quiet) {
        is_grpc_quiet = quiet;
}

bool log_enabled(enum log_level level) {
        return level >= least_level;
}

bool log_read_level(struct text word, enum log_level *ret) {
        for (enum log_level level = 0; level < N_LOG_LEVELS; level++) {
                if (text_equal_fold(word, text_from(level_names[level]))) {
                        *ret = level;
                        return true;
                }
        }
        return false;
}

void log_init(enum log_level least, bool readable) {
        least_level = least;
        is_readable = readable;
        gpr_set_log_function(log_grpc);
        gpr_set_log_verbosity(least == LOG_DEBUG ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
}
