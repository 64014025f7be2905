/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/events.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"

/* What is deeper than any file's shape is only stepped over, and no further than this. */
enum { DEPTH_MAX = 16, ABOUT_SHOWN_MAX = 60 };

struct parser {
        yaml_parser_t yaml;
        yaml_event_t event; /* in hand */
};

int events_begin(struct events *e, struct text yaml, struct arena *arena) {
        *e = (struct events) { .arena = arena, .parser = ARENA_NEW(arena, struct parser) };
        if (!e->parser || !yaml_parser_initialize(&e->parser->yaml))
                return -ENOMEM;
        yaml_parser_set_encoding(&e->parser->yaml, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&e->parser->yaml,
                                     (const unsigned char *)(yaml.len ? yaml.data : ""), yaml.len);
        return 0;
}

void events_end(struct events *e) {
        yaml_event_delete(&e->parser->event);
        yaml_parser_delete(&e->parser->yaml);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

size_t events_line(const struct events *e) {
        return e->parser->event.start_mark.line + 1;
}

void events_note_at(struct events *e, size_t line, const char *what, struct text about) {
        if (e->n_mistakes++ > 0)
                return;
        if (text_is_empty(about))
                fault_set(&e->mistake, "line %zu: %s", line, what);
        else
                fault_set(&e->mistake, "line %zu: %s \"%.*s\"", line, what,
                          TEXT_ARG(text_shown(about, ABOUT_SHOWN_MAX)));
}

void events_note(struct events *e, const char *what) {
        events_note_at(e, events_line(e), what, (struct text) { 0 });
}

void events_note_about(struct events *e, const char *what, struct text about) {
        events_note_at(e, events_line(e), what, about);
}

bool events_give_up_about(struct events *e, const char *what, struct text about) {
        if (e->error == 0) {
                e->n_mistakes = 0;
                events_note_about(e, what, about);
                e->error = -EINVAL;
        }
        return false;
}

bool events_give_up(struct events *e, const char *what) {
        return events_give_up_about(e, what, (struct text) { 0 });
}

static bool out_of_memory(struct events *e) {
        e->error = -ENOMEM;
        return false;
}

static bool parser_gives_up(struct events *e) {
        const yaml_parser_t *p = &e->parser->yaml;

        if (p->error == YAML_MEMORY_ERROR)
                return out_of_memory(e);
        e->n_mistakes = 1;
        e->error = -EINVAL;
        if (p->error == YAML_READER_ERROR)
                fault_set(&e->mistake, "byte %zu: %s", p->problem_offset, p->problem);
        else
                fault_set(&e->mistake, "line %zu: %s", p->problem_mark.line + 1, p->problem);
        return false;
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool is_decorated(const yaml_event_t *event) {
        if (event->type == YAML_SCALAR_EVENT)
                return event->data.scalar.anchor || event->data.scalar.tag;
        if (event->type == YAML_SEQUENCE_START_EVENT)
                return event->data.sequence_start.anchor || event->data.sequence_start.tag;
        if (event->type == YAML_MAPPING_START_EVENT)
                return event->data.mapping_start.anchor || event->data.mapping_start.tag;
        return event->type == YAML_ALIAS_EVENT;
}

bool events_step(struct events *e) {
        if (e->error < 0)
                return false;
        yaml_event_delete(&e->parser->event);
        if (!yaml_parser_parse(&e->parser->yaml, &e->parser->event)) {
                memset(&e->parser->event, 0, sizeof(e->parser->event));
                return parser_gives_up(e);
        }
        if (is_decorated(&e->parser->event))
                return events_give_up(e, "anchors, aliases and tags are not read: write it out");
        return true;
}

bool events_holds(const struct events *e, enum event what) {
        static const yaml_event_type_t types[] = {
                [EVENT_SCALAR] = YAML_SCALAR_EVENT,
                [EVENT_MAP] = YAML_MAPPING_START_EVENT,
                [EVENT_LIST] = YAML_SEQUENCE_START_EVENT,
                [EVENT_FILE_END] = YAML_STREAM_END_EVENT,
        };

        return e->parser->event.type == types[what];
}

static bool ends_container(const struct events *e) {
        return e->parser->event.type == YAML_MAPPING_END_EVENT ||
               e->parser->event.type == YAML_SEQUENCE_END_EVENT;
}

bool events_skip(struct events *e) {
        size_t depth = 0;

        for (;;) {
                if (events_holds(e, EVENT_MAP) || events_holds(e, EVENT_LIST))
                        depth++;
                else if (ends_container(e))
                        depth--;
                if (depth > DEPTH_MAX)
                        return events_give_up(e, "nested too deeply");
                if (depth == 0)
                        return true;
                if (!events_step(e))
                        return false;
        }
}

bool events_next_element(struct events *e) {
        return events_step(e) && !ends_container(e);
}

struct text events_scalar(const struct events *e) {
        return (struct text) { (const char *)e->parser->event.data.scalar.value,
                               e->parser->event.data.scalar.length };
}

bool events_next_key(struct events *e, struct text *ret) {
        if (!events_step(e) || ends_container(e))
                return false;
        if (!events_holds(e, EVENT_SCALAR))
                return events_give_up(e, "a key is a text");
        *ret = text_copy(e->arena, events_scalar(e));
        if (arena_failed(e->arena))
                return out_of_memory(e);
        return events_step(e);
}

bool events_open(struct events *e, enum event what, const char *otherwise) {
        if (events_holds(e, what))
                return true;
        events_note(e, otherwise);
        events_skip(e);
        return false;
}

void *events_extend(struct events *e, void *items, size_t n, size_t *cap, size_t size) {
        size_t new_cap = *cap == 0 ? 1 : *cap * 2;

        if (n < *cap)
                return items;
        items = arena_grow(e->arena, items, *cap * size, new_cap * size);
        if (items)
                *cap = new_cap;
        else
                out_of_memory(e);
        return items;
}

struct text events_plain(const struct events *e) {
        if (!events_holds(e, EVENT_SCALAR) ||
            e->parser->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
                return (struct text) { 0 };
        return events_scalar(e);
}

struct text events_brief(const struct events *e) {
        if (!events_holds(e, EVENT_SCALAR))
                return TEXT("{...}");
        return e->parser->event.data.scalar.length > 0 ? events_scalar(e) : TEXT("null");
}
