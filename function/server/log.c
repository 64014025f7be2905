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
        VALUE_MAX_BYTES = 1024,
        CLOSING_MAX_BYTES = 64, /* what ends a line always fits */
};

static enum log_level least_level = LOG_INFO;
static bool is_readable;
static atomic_bool is_grpc_quiet;

/* What a thread leaves of a line for the thread that formats it; fields follow. */
struct head {
        enum log_level level;
        struct timespec at;
        const char *message;
};

/* A field as it is left there: numbers as they are, of a text its length; its bytes follow. */
struct left {
        const char *key;
        double number;
        size_t len;
        bool is_number;
};

struct record {
        char bytes[SINK_LINE_MAX];
        size_t len;
};

struct line {
        struct sink_line *out;
        bool full; /* something did not fit */
};

static const char *const level_names[N_LOG_LEVELS] = { "debug", "info", "warn", "error" };

/* All or nothing. */
static void append(struct line *line, const char *bytes, size_t len) {
        struct sink_line *out = line->out;

        if (len > sizeof(out->data) - CLOSING_MAX_BYTES - out->len) {
                line->full = true;
                return;
        }
        memcpy(out->data + out->len, bytes, len);
        out->len += len;
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
        size_t before = line->out->len;

        append_string(line, json ? ",\"" : " ");
        append_string(line, field->key);
        append_string(line, json ? "\":" : "=");
        append_value(line, field);
        if (line->full) {
                line->out->len = before;
                line->full = false;
        }
}

static void format_time(const struct timespec *at, char *ret, size_t size) {
        struct tm utc;
        size_t len;

        gmtime_r(&at->tv_sec, &utc);
        len = strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(ret + len, size - len, ".%03ldZ", at->tv_nsec / 1000000);
}

static void begin_line(struct line *line, bool json, const struct head *head) {
        char time_text[40];

        format_time(&head->at, time_text, sizeof(time_text));
        if (!json) {
                append_string(line, time_text);
                append_string(line, " ");
                append_string(line, level_names[head->level]);
                append_string(line, " ");
                append_string(line, head->message);
                return;
        }
        append_string(line, "{\"level\":\"");
        append_string(line, level_names[head->level]);
        append_string(line, "\",\"ts\":\"");
        append_string(line, time_text);
        append_string(line, "\",\"msg\":");
        append_quoted(line, text_from(head->message));
}

static void end_line(struct sink_line *out, bool json, uint64_t n_dropped) {
        int n = 0;

        if (n_dropped > 0)
                n = snprintf(out->data + out->len, CLOSING_MAX_BYTES,
                             json ? ",\"dropped_lines\":%llu" : " dropped_lines=%llu",
                             (unsigned long long)n_dropped);
        out->len += (size_t)n;
        if (json)
                out->data[out->len++] = '}';
        out->data[out->len++] = '\n';
}

/* ---- from the thread that has a line to the one that formats it -------------------------------
 */

/* All or nothing, as in the line. */
static void leave_field(struct record *record, const struct log_field *field) {
        struct text text = text_slice(field->text, 0, VALUE_MAX_BYTES);
        const struct left left = { .key = field->key,
                                   .number = field->number,
                                   .len = text.len,
                                   .is_number = field->is_number };

        if (sizeof(left) + text.len > sizeof(record->bytes) - record->len)
                return;
        memcpy(record->bytes + record->len, &left, sizeof(left));
        record->len += sizeof(left);
        if (text.len > 0)
                memcpy(record->bytes + record->len, text.data, text.len);
        record->len += text.len;
}

static void format(const char *bytes, size_t len, uint64_t n_dropped, struct sink_line *ret) {
        struct line line = { .out = ret };
        const bool json = !is_readable;
        struct head head;
        size_t at = sizeof(head);

        ret->len = 0;
        memcpy(&head, bytes, sizeof(head));
        begin_line(&line, json, &head);
        while (at < len) {
                struct left left;

                memcpy(&left, bytes + at, sizeof(left));
                at += sizeof(left);
                append_field(&line, json,
                             &(struct log_field) { .key = left.key,
                                                   .text = { .data = bytes + at, .len = left.len },
                                                   .number = left.number,
                                                   .is_number = left.is_number });
                at += left.len;
        }
        end_line(ret, json, n_dropped);
}

void log_line(enum log_level level, const char *message, const struct log_field *fields,
              size_t n_fields) {
        struct head head = { .level = level, .message = message };
        struct record record;

        if (!log_enabled(level))
                return;
        clock_gettime(CLOCK_REALTIME, &head.at);
        memcpy(record.bytes, &head, sizeof(head));
        record.len = sizeof(head);
        for (size_t i = 0; i < n_fields; i++) {
                if (fields[i].is_number || !text_is_empty(fields[i].text))
                        leave_field(&record, &fields[i]);
        }
        sink_put(&(struct sink_record) {
                .bytes = record.bytes, .len = record.len, .format = format });
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
