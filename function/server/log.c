/* SPDX-License-Identifier: Apache-2.0 */
#include "server/log.h"

#include <errno.h>
#include <grpc/support/log.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * A pipe that poll() calls writable takes PIPE_BUF bytes without waiting, and in
 * one piece. O_NONBLOCK would do as well, but it belongs to the open file, which
 * a shell may share with us.
 */
enum { LINE_MAX_BYTES = PIPE_BUF, VALUE_MAX_BYTES = 1024 };

static struct {
        pthread_mutex_t lock;
        bool debug;
        atomic_bool quiet_grpc;
        uint64_t n_dropped; /* since the last line that got through */
        uint64_t n_dropped_ever;
        bool is_cut; /* what was written last is a part of a line */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct line {
        char data[LINE_MAX_BYTES];
        size_t len;
        bool full; /* something did not fit */
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

/* All or nothing, and always room for what closes the line. */
static void append(struct line *line, const char *bytes, size_t len) {
        if (len > sizeof(line->data) - 2 - line->len) {
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

static void append_character(struct line *line, struct text t, size_t len) {
        char escaped[8];

        if (len == 0) {
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

static bool write_now(const struct line *line) {
        struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
        ssize_t n;

        if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
                return false;
        if (state.is_cut && write(STDERR_FILENO, "\n", 1) != 1)
                return false;
        n = write(STDERR_FILENO, line->data, line->len);
        state.is_cut = n > 0 && n < (ssize_t)line->len; /* a file, and the disk is full */
        return n == (ssize_t)line->len;
}

void log_line(enum log_level level, const char *message, const struct log_field *fields,
              size_t n_fields) {
        bool json = !state.debug;
        struct line line;

        if (!log_enabled(level))
                return;
        begin_line(&line, json, level, message);
        for (size_t i = 0; i < n_fields; i++)
                append_field(&line, json, &fields[i]);

        pthread_mutex_lock(&state.lock);
        if (state.n_dropped > 0) {
                struct log_field dropped = LOG_NUMBER("dropped_lines", state.n_dropped);

                append_field(&line, json, &dropped);
        }
        if (json)
                line.data[line.len++] = '}';
        line.data[line.len++] = '\n';
        if (write_now(&line)) {
                state.n_dropped = 0;
        } else {
                state.n_dropped++;
                state.n_dropped_ever++;
        }
        pthread_mutex_unlock(&state.lock);
}

uint64_t log_n_dropped(void) {
        uint64_t n;

        pthread_mutex_lock(&state.lock);
        n = state.n_dropped_ever;
        pthread_mutex_unlock(&state.lock);
        return n;
}

static void log_grpc(gpr_log_func_args *args) {
        /* What a peer does wrong is an error to core; to us it is a warning. */
        enum log_level level = args->severity == GPR_LOG_SEVERITY_ERROR && !state.quiet_grpc
                                       ? LOG_WARN
                                       : LOG_DEBUG;
        const char *slash = strrchr(args->file, '/');

        LOG(level, "grpc", LOG_STRING("detail", args->message),
            LOG_STRING("source", slash ? slash + 1 : args->file), LOG_NUMBER("line", args->line));
}

void log_quiet_grpc(bool quiet) {
        state.quiet_grpc = quiet;
}

bool log_enabled(enum log_level level) {
        return level != LOG_DEBUG || state.debug;
}

void log_init(bool debug) {
        state.debug = debug;
        gpr_set_log_function(log_grpc);
        gpr_set_log_verbosity(debug ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
}
