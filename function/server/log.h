/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - lines on stderr
 *
 * One JSON object a line, or readable text. No call waits for a line to be
 * formatted or written: sink.h has a thread for that. When it cannot keep up, lines are
 * dropped, and the next one that gets through says how many were. Nothing of a
 * payload and no credential is ever given to it.
 */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, N_LOG_LEVELS };

struct log_field {
        const char *key;  /* a literal */
        struct text text; /* left out when empty, unless is_number */
        double number;
        bool is_number;
};

#define LOG_TEXT(name, value) ((struct log_field) { .key = (name), .text = (value) })
#define LOG_STRING(name, value) ((struct log_field) { .key = (name), .text = text_from(value) })
#define LOG_NUMBER(name, value)                                                                    \
        ((struct log_field) { .key = (name), .number = (double)(value), .is_number = true })

/*
 * log_init() - how to write; call it before the first thread and before grpc_init()
 * @least:    lines below this level are left out
 * @readable: text for a person, not JSON
 *
 * gRPC's own lines go the same way from here on.
 */
void log_init(enum log_level least, bool readable);

/* log_read_level() - "debug", "info", "warn" or "error", in any case; false: another word */
bool log_read_level(struct text word, enum log_level *ret);

/* log_quiet_grpc() - from now on gRPC's lines are debug lines, or not any more. */
void log_quiet_grpc(bool quiet);

/* log_enabled() - would a line of this level be written? */
bool log_enabled(enum log_level level);

/*
 * log_line() - one line; longer than 4 KiB it is cut, but still a JSON object
 * @message: a literal; the texts of fields are copied
 */
void log_line(enum log_level level, const char *message, const struct log_field *fields,
              size_t n_fields);

#define LOG(level, message, ...)                                                                   \
        log_line((level), (message), (const struct log_field[]) { __VA_ARGS__ },                   \
                 sizeof((const struct log_field[]) { __VA_ARGS__ }) / sizeof(struct log_field))

#endif
