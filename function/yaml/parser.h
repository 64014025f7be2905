/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser - libyaml's events, one after the other, and what is wrong with one
 *
 * libyaml takes its memory from the system: at most a small multiple of the bytes,
 * whose number the caller limits.
 */
#ifndef YAML_PARSER_H
#define YAML_PARSER_H

#include <yaml.h>

#include "base/fault.h"
#include "yaml/item.h"

struct parser {
        yaml_parser_t yaml;
        struct text bytes;
        const char *file; /* for sentences; NULL: they name only the line */
        struct arena *arena;
        struct fault *fault;
};

/*
 * parser_read() - every event of a stream
 * @p:    bytes, file, arena and fault are set; lives as long as the reading
 * @take: called with context for each event; a negative result ends the reading
 *
 * Errors: take's; -EINVAL: not YAML, and the fault is set; -ENOMEM: also where an arena is
 * spent, whatever take made of that
 */
int parser_read(struct parser *p, int (*take)(void *context, const yaml_event_t *event),
                void *context);

/*
 * parser_refuse() - says what is wrong at a place, with a quoted text behind it unless it is empty
 *
 * "file:line:column: what", or "line 3: what". Returns -EINVAL.
 */
int parser_refuse(struct parser *p, struct place at, const char *what, struct text about);

/* parser_place() - where an event begins. */
struct place parser_place(const yaml_event_t *event);

#endif
