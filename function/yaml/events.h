/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events - a YAML file of a fixed shape, read from front to back
 *
 * One event is in hand at a time: a scalar, or the begin or end of a map or a
 * list. A reader of a value begins with its first event in hand and ends with its
 * last one. What has another shape is noted and stepped over; nothing recurses.
 * Anchors, aliases and tags are refused, so that a file is never larger than it
 * looks.
 *
 * libyaml takes its memory from the system: at most a small multiple of the
 * file, whose size the caller limits.
 */
#ifndef YAML_EVENTS_H
#define YAML_EVENTS_H

#include <stdbool.h>

#include "base/fault.h"

struct arena;
struct parser;

enum event { EVENT_SCALAR, EVENT_MAP, EVENT_LIST, EVENT_FILE_END };

struct events {
        struct parser *parser; /* libyaml's, and the event in hand */
        struct arena *arena;
        struct fault mistake; /* the first one since n_mistakes was 0 */
        size_t n_mistakes;
        int error; /* the first of -EINVAL, -ENOMEM: the file cannot be read on */
};

/*
 * events_begin() - before the first event of a file, with none in hand
 * @yaml:  UTF-8 without a byte order mark; outlives the reading
 * @arena: of the copies of keys, and of what grows
 *
 * events_end() follows, unless this fails. Errors: -ENOMEM
 */
int events_begin(struct events *e, struct text yaml, struct arena *arena);

/* events_end() - gives back what libyaml has taken; mistake and error stay. */
void events_end(struct events *e);

/* events_step() - takes the next event in hand; false when there is none that can be used. */
bool events_step(struct events *e);

/* events_skip() - steps over the value in hand, whatever it is. Returns false as events_step(). */
bool events_skip(struct events *e);

/* events_next_element() - the next one of the list in hand; false at its end, too. */
bool events_next_element(struct events *e);

/*
 * events_next_key() - the next key of the map in hand, and its value in hand
 * @ret: a copy in the arena
 *
 * Returns false at the map's end, too.
 */
bool events_next_key(struct events *e, struct text *ret);

/* events_holds() - is the begin of such a value, or the end of the file, in hand? */
bool events_holds(const struct events *e, enum event what);

/* events_open() - the same; where another value is in hand, notes that and steps over it. */
bool events_open(struct events *e, enum event what, const char *otherwise);

/* events_line() - where the event in hand stands, from 1. */
size_t events_line(const struct events *e);

/* events_scalar() - the text of the scalar in hand; lives until the next step. */
struct text events_scalar(const struct events *e);

/* events_plain() - the same where it has no quotes, as numbers and booleans have none; else empty.
 */
struct text events_plain(const struct events *e);

/* events_brief() - what is in hand, for a sentence. */
struct text events_brief(const struct events *e);

/* events_note() - a mistake in this line, of which the first one is kept. */
void events_note(struct events *e, const char *what);

/* events_note_about() - the same, with a quoted text behind it unless that is empty. */
void events_note_about(struct events *e, const char *what, struct text about);

/* events_note_at() - the same of another line. */
void events_note_at(struct events *e, size_t line, const char *what, struct text about);

/*
 * events_give_up() - the file cannot be read on, and this is why
 *
 * Every loop over events ends at its next step. Returns false.
 */
bool events_give_up(struct events *e, const char *what);
bool events_give_up_about(struct events *e, const char *what, struct text about);

/* events_extend() - room for one more of size bytes in an array that doubles; NULL: no memory. */
void *events_extend(struct events *e, void *items, size_t n, size_t *cap, size_t size);

#endif
