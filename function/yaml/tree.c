/* SPDX-License-Identifier: Apache-2.0 */
/* Each value is allocated once, for its list or map may have a million of them. */
#include "yaml/tree.h"

#include <errno.h>

#include "yaml/parser.h"

/* A map or a list whose end has not come yet. */
struct container {
        struct tree *tree;
        const struct tree **end; /* where the next value is linked */
        struct text key;         /* of a map: its value is not read yet */
        bool has_key;
};

struct growing {
        struct parser parser;
        struct container open[TREE_DEPTH_MAX]; /* outermost first */
        size_t n_open;
        const struct tree *root;
        bool has_document;
};

static int refuse(struct growing *g, const yaml_event_t *event, const char *what) {
        return parser_refuse(&g->parser, parser_place(event), what, (struct text) { 0 });
}

static bool is_decorated(const yaml_event_t *event) {
        if (event->type == YAML_SCALAR_EVENT)
                return event->data.scalar.anchor || event->data.scalar.tag;
        if (event->type == YAML_SEQUENCE_START_EVENT)
                return event->data.sequence_start.anchor || event->data.sequence_start.tag;
        if (event->type == YAML_MAPPING_START_EVENT)
                return event->data.mapping_start.anchor || event->data.mapping_start.tag;
        return event->type == YAML_ALIAS_EVENT;
}

static struct text scalar_text(struct growing *g, const yaml_event_t *event) {
        return text_copy(g->parser.arena, (struct text) { (const char *)event->data.scalar.value,
                                                          event->data.scalar.length });
}

/* A value goes where the stream is: behind the last one of its container. */
static struct tree *add(struct growing *g, const yaml_event_t *event, enum tree_kind kind) {
        struct container *in = g->n_open > 0 ? &g->open[g->n_open - 1] : NULL;
        struct tree *t = ARENA_NEW(g->parser.arena, struct tree);

        if (!t)
                return NULL;
        t->kind = kind;
        t->line = parser_place(event).line;
        if (!in) {
                g->root = t;
                return t;
        }
        t->key = in->key;
        in->has_key = false;
        *in->end = t;
        in->end = &t->next;
        return t;
}

static int open_container(struct growing *g, const yaml_event_t *event, enum tree_kind kind) {
        struct tree *t;

        if (g->n_open == TREE_DEPTH_MAX)
                return refuse(g, event, "nested too deeply");
        t = add(g, event, kind);
        if (!t)
                return -ENOMEM;
        g->open[g->n_open++] = (struct container) { .tree = t, .end = &t->first };
        return 0;
}

static int add_scalar(struct growing *g, const yaml_event_t *event) {
        struct tree *t = add(g, event, TREE_SCALAR);

        if (!t)
                return -ENOMEM;
        t->text = scalar_text(g, event);
        t->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return 0;
}

static int take_key(struct growing *g, const yaml_event_t *event) {
        struct container *in = &g->open[g->n_open - 1];

        if (event->type != YAML_SCALAR_EVENT)
                return refuse(g, event, "a key is a text");
        in->key = scalar_text(g, event);
        in->has_key = true;
        return 0;
}

static bool wants_key(const struct growing *g) {
        const struct container *in = g->n_open > 0 ? &g->open[g->n_open - 1] : NULL;

        return in && in->tree->kind == TREE_MAP && !in->has_key;
}

static int take(void *context, const yaml_event_t *event) {
        struct growing *g = context;
        bool ends = event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;

        if (is_decorated(event))
                return refuse(g, event, "anchors, aliases and tags are not read: write it out");
        if (event->type == YAML_DOCUMENT_START_EVENT && g->has_document)
                return refuse(g, event, "a second document begins");
        g->has_document |= event->type == YAML_DOCUMENT_START_EVENT;
        if (ends)
                g->n_open--;
        else if (wants_key(g))
                return take_key(g, event);
        else if (event->type == YAML_SCALAR_EVENT)
                return add_scalar(g, event);
        else if (event->type == YAML_MAPPING_START_EVENT)
                return open_container(g, event, TREE_MAP);
        else if (event->type == YAML_SEQUENCE_START_EVENT)
                return open_container(g, event, TREE_LIST);
        return 0;
}

int tree_read(struct text yaml, struct arena *arena, const struct tree **ret, struct fault *fault) {
        struct growing g = { .parser = { .bytes = yaml, .arena = arena, .fault = fault } };
        int r = parser_read(&g.parser, take, &g);

        if (r == 0)
                *ret = g.root;
        return r;
}

size_t tree_count(const struct tree *of) {
        size_t n = 0;

        for (const struct tree *t = of->first; t; t = t->next)
                n++;
        return n;
}

struct text tree_plain(const struct tree *scalar) {
        return scalar->quoted ? (struct text) { 0 } : scalar->text;
}

struct text tree_brief(const struct tree *t) {
        if (t->kind != TREE_SCALAR)
                return TEXT("{...}");
        return t->text.len > 0 ? t->text : TEXT("null");
}
