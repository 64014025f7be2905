/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/parser.h"

#include <errno.h>
#include <string.h>

enum { FILE_NAME_MAX = 120, ABOUT_MAX = 60 };

static struct place place_of(yaml_mark_t mark) {
        return (struct place) { (uint32_t)mark.line + 1, (uint32_t)mark.column + 1 };
}

struct place parser_place(const yaml_event_t *event) {
        return place_of(event->start_mark);
}

int parser_refuse(struct parser *p, struct place at, const char *what, struct text about) {
        size_t len = p->file ? strlen(p->file) : 0;
        const char *quote = text_is_empty(about) ? "" : "\"";
        const char *space = text_is_empty(about) ? "" : " ";

        about = text_shown(about, ABOUT_MAX);
        if (!p->file)
                fault_set(p->fault, "line %u: %s%s%s%.*s%s", at.line, what, space, quote,
                          TEXT_ARG(about), quote);
        else
                fault_set(p->fault, "%s:%u:%u: %s%s%s%.*s%s",
                          len > FILE_NAME_MAX ? p->file + len - FILE_NAME_MAX : p->file, at.line,
                          at.column, what, space, quote, TEXT_ARG(about), quote);
        return -EINVAL;
}

/* libyaml says only the offset of a byte that is no character. */
static struct place place_at(struct text bytes, size_t offset) {
        struct place at = { 1, 1 };

        for (size_t i = 0; i < offset && i < bytes.len; i++) {
                at.column++;
                if (bytes.data[i] == '\n')
                        at = (struct place) { at.line + 1, 1 };
        }
        return at;
}

static int not_yaml(struct parser *p) {
        const yaml_parser_t *yaml = &p->yaml;
        struct text none = { 0 };

        if (yaml->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        if (yaml->error != YAML_READER_ERROR)
                return parser_refuse(p, place_of(yaml->problem_mark), yaml->problem, none);
        if (p->file)
                return parser_refuse(p, place_at(p->bytes, yaml->problem_offset), yaml->problem,
                                     none);
        fault_set(p->fault, "byte %zu: %s", yaml->problem_offset, yaml->problem);
        return -EINVAL;
}

static int read_events(struct parser *p, int (*take)(void *, const yaml_event_t *), void *context) {
        bool done = false;

        while (!done) {
                yaml_event_t event;
                int r;

                if (!yaml_parser_parse(&p->yaml, &event))
                        return not_yaml(p);
                done = event.type == YAML_STREAM_END_EVENT;
                r = take(context, &event);
                yaml_event_delete(&event);
                /* What did not fit may look like a mistake: an anchor without its name. */
                if (arena_failed(p->arena))
                        return -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

int parser_read(struct parser *p, int (*take)(void *context, const yaml_event_t *event),
                void *context) {
        int r;

        if (!yaml_parser_initialize(&p->yaml))
                return -ENOMEM;
        if (!p->file)
                yaml_parser_set_encoding(&p->yaml, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(
                &p->yaml, (const unsigned char *)(p->bytes.len ? p->bytes.data : ""), p->bytes.len);
        r = read_events(p, take, context);
        yaml_parser_delete(&p->yaml);
        return r;
}
