/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events come one after the other; the containers that are open lie in
 * a stack of fixed height, so nothing here recurses. A container keeps its items
 * until the document ends, because a merge key may ask for them.
 */
#include "yaml/read.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <yaml.h>

#include "wire/value_print.h"
#include "yaml/item.h"
#include "yaml/scalar.h"

enum { FILE_NAME_MAX = 120, ABOUT_MAX = 60 };

/* A map or a list whose end has not come yet. */
struct container {
        struct item item;
        struct text anchor;
        bool has_key; /* of a map: key is read, its value is not */
        struct item key;
};

struct anchor {
        struct text name;
        struct item item;
};

struct reader {
        yaml_parser_t parser;
        struct text bytes;
        const char *file;
        struct arena *arena;
        struct fault *fault;
        struct container open[YAML_DEPTH_MAX]; /* outermost first */
        size_t n_open;
        struct anchor *anchors; /* of this document */
        size_t n_anchors;
        size_t alias_weight;
        struct item root;
        struct value *objects;
        uint32_t n_objects, cap_objects;
        bool keeps_places;
        struct item *places; /* of the objects, when they are kept */
        uint32_t n_places, cap_places;
        const struct text *skipped; /* members that are passed over */
        size_t n_skipped;
        size_t skipped_depth; /* levels of one that is open */
};

static struct place place_of(yaml_mark_t mark) {
        return (struct place) { (uint32_t)mark.line + 1, (uint32_t)mark.column + 1 };
}

static int refuse(struct reader *r, struct place at, const char *what, struct text about) {
        size_t len = strlen(r->file);
        const char *file = len > FILE_NAME_MAX ? r->file + len - FILE_NAME_MAX : r->file;

        about = text_shown(about, ABOUT_MAX);
        fault_set(r->fault, "%s:%u:%u: %s%s%.*s%s", file, at.line, at.column, what,
                  about.len ? " \"" : "", TEXT_ARG(about), about.len ? "\"" : "");
        return -EINVAL;
}

static int remember(struct reader *r, struct text name, struct item item) {
        size_t i = 0;

        while (i < r->n_anchors && !text_equal(r->anchors[i].name, name))
                i++;
        if (i == YAML_ANCHORS_MAX)
                return refuse(r, item.place, "too many anchors", TEXT(""));
        if (!r->anchors)
                r->anchors = ARENA_ARRAY(r->arena, YAML_ANCHORS_MAX, struct anchor);
        if (!r->anchors)
                return -ENOMEM;
        r->anchors[i] = (struct anchor) { text_copy(r->arena, name), item };
        if (i == r->n_anchors)
                r->n_anchors++;
        return 0;
}

static struct container *innermost(struct reader *r) {
        return r->n_open ? &r->open[r->n_open - 1] : NULL;
}

static bool wants_key(struct reader *r) {
        const struct container *in = innermost(r);

        return in && in->item.kind == VALUE_MAP && !in->has_key;
}

/* A finished value goes where the stream is: a list, a map's value, or the whole document. */
static int put(struct reader *r, struct item item) {
        struct container *in = innermost(r);
        struct item *slot;

        if (!in) {
                r->root = item;
                return 0;
        }
        if (in->has_key) {
                item.key = in->key.key;
                item.merges = in->key.merges;
                item.place = in->key.place;
                in->has_key = false;
        }
        slot = item_extend(r->arena, &in->item.items, &in->item.n_items, &in->item.cap_items,
                           sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        *slot = item;
        in->item.weight += item.weight + (uint32_t)item.key.len;
        if (in->item.height <= item.height)
                in->item.height = (uint16_t)(item.height + 1);
        return 0;
}

static int put_anchored(struct reader *r, struct item item, struct text anchor) {
        if (anchor.len) {
                int rc = remember(r, anchor, item);

                if (rc < 0)
                        return rc;
        }
        return put(r, item);
}

static int open_container(struct reader *r, enum value_kind kind, const yaml_char_t *anchor,
                          struct place at) {
        if (r->n_open == YAML_DEPTH_MAX)
                return refuse(r, at, "nested too deeply", TEXT(""));
        r->open[r->n_open++] = (struct container) {
                .item = item_container(kind, at),
                .anchor = text_copy(r->arena, text_from((const char *)anchor)),
        };
        return 0;
}

static int close_container(struct reader *r) {
        struct container *in = &r->open[--r->n_open];
        struct complaint complaint;
        int rc = item_close(&in->item, r->arena, &complaint);

        if (rc == -EINVAL)
                return refuse(r, complaint.place, complaint.what, complaint.about);
        if (rc < 0)
                return rc;
        return put_anchored(r, in->item, in->anchor);
}

static int read_alias(struct reader *r, const yaml_event_t *event) {
        struct text name = text_from((const char *)event->data.alias.anchor);
        struct place at = place_of(event->start_mark);
        size_t i = 0;
        struct item item;

        while (i < r->n_anchors && !text_equal(r->anchors[i].name, name))
                i++;
        if (i == r->n_anchors)
                return refuse(r, at, "no anchor before this alias:", name);
        item = r->anchors[i].item;
        r->alias_weight += item.weight;
        if (r->alias_weight > YAML_ALIAS_MAX)
                return refuse(r, at, "aliases stand for too much:", name);
        if (r->n_open + item.height > YAML_DEPTH_MAX)
                return refuse(r, at, "nested too deeply through alias", name);
        item.place = at;
        return put(r, item);
}

enum { TAG_NONE, TAG_STRING, TAG_OTHER };

static int tag_of(const yaml_char_t *tag) {
        struct text name = text_from((const char *)tag);

        if (!tag)
                return TAG_NONE;
        if (text_equal(name, TEXT("!")) || text_equal(name, TEXT(YAML_STR_TAG)))
                return TAG_STRING;
        return TAG_OTHER;
}

static int read_key(struct reader *r, struct value scalar, bool plain, struct place at) {
        struct container *in = innermost(r);
        struct builder b;

        if (scalar.kind == VALUE_NULL)
                return refuse(r, at, "a key is null", TEXT(""));
        in->key = (struct item) { .place = at };
        if (scalar.kind == VALUE_STRING) {
                in->key.key = value_bytes(scalar);
                in->key.merges = plain && text_equal(value_bytes(scalar), TEXT("<<"));
        } else {
                builder_init(&b, r->arena);
                value_print(scalar, &b);
                in->key.key = builder_done(&b);
        }
        in->has_key = true;
        return 0;
}

static int read_scalar(struct reader *r, const yaml_event_t *event) {
        const char *bytes = (const char *)event->data.scalar.value;
        struct text text = text_copy(r->arena, (struct text) { bytes, event->data.scalar.length });
        bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        int tag = tag_of(event->data.scalar.tag);
        struct place at = place_of(event->start_mark);
        struct value value = value_of_string(text);

        if (text.len != event->data.scalar.length)
                return -ENOMEM;
        if (text.len && memchr(text.data, '\0', text.len))
                return refuse(r, at, "a string holds a NUL character", TEXT(""));
        if (plain && tag != TAG_STRING)
                value = scalar_resolve(text);
        if (tag == TAG_OTHER &&
            !scalar_has_tag(value, text_from((const char *)event->data.scalar.tag)))
                return refuse(r, at, "not a value of type",
                              text_from((const char *)event->data.scalar.tag));
        if (value.kind == VALUE_NUMBER && !isfinite(value.number))
                return refuse(r, at, "JSON has no number", text);
        if (wants_key(r))
                return read_key(r, value, plain, at);
        return put_anchored(r, item_scalar(value, text, at, r->arena),
                            text_from((const char *)event->data.scalar.anchor));
}

static int add_place(struct reader *r, const struct item *object) {
        struct item *slot =
                item_extend(r->arena, &r->places, &r->n_places, &r->cap_places, sizeof(*slot));

        if (!slot)
                return -ENOMEM;
        *slot = *object;
        return 0;
}

static int add_object(struct reader *r, const struct item *object) {
        struct value *slot =
                item_extend(r->arena, &r->objects, &r->n_objects, &r->cap_objects, sizeof(*slot));
        struct text bytes;
        int rc;

        if (!slot)
                return -ENOMEM;
        rc = node_encode(object->node, r->arena, &bytes);
        if (rc < 0)
                return rc;
        *slot = value_of_struct(bytes);
        return r->keeps_places ? add_place(r, object) : 0;
}

/* The items of what "kubectl get -o yaml" prints for several objects, else NULL. */
static const struct item *list_items(const struct item *map) {
        const struct item *kind = item_member(map, TEXT("kind"));
        const struct item *items = item_member(map, TEXT("items"));

        if (!kind || !items || items->kind != VALUE_LIST ||
            !text_ends_with(kind->text, TEXT("List")))
                return NULL;
        return items;
}

static int close_document(struct reader *r) {
        const struct item *root = &r->root, *list;

        if (root->kind == VALUE_NULL || root->kind == VALUE_ABSENT)
                return 0;
        if (root->kind != VALUE_MAP)
                return refuse(r, root->place, "an object is a map; this document is",
                              text_from(value_kind_name(root->kind)));
        list = list_items(root);
        if (!list)
                return add_object(r, root);
        for (size_t i = 0; i < list->n_items; i++) {
                int rc;

                if (list->items[i].kind != VALUE_MAP)
                        return refuse(r, list->items[i].place, "an item of a list is no object",
                                      TEXT(""));
                rc = add_object(r, &list->items[i]);
                if (rc < 0)
                        return rc;
        }
        return 0;
}

/* Does the value of this member, or what is in it, not count? */
static bool is_skipped(struct reader *r, const yaml_event_t *event) {
        bool begins =
                event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
        struct container *in = innermost(r);

        if (r->skipped_depth > 0) {
                bool ends = event->type == YAML_MAPPING_END_EVENT ||
                            event->type == YAML_SEQUENCE_END_EVENT;

                r->skipped_depth += begins;
                r->skipped_depth -= ends;
                return true;
        }
        if (r->n_skipped == 0 || !in || !in->has_key)
                return false;
        for (size_t i = 0; i < r->n_skipped; i++) {
                if (!text_equal(r->skipped[i], in->key.key))
                        continue;
                in->has_key = false;
                r->skipped_depth = begins;
                return true;
        }
        return false;
}

static int take_event(struct reader *r, const yaml_event_t *event) {
        struct place at = place_of(event->start_mark);

        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                r->root = (struct item) { 0 };
                r->n_anchors = r->alias_weight = 0;
                return 0;
        case YAML_DOCUMENT_END_EVENT:
                return close_document(r);
        case YAML_SCALAR_EVENT:
                return read_scalar(r, event);
        case YAML_ALIAS_EVENT:
                if (wants_key(r))
                        return refuse(r, at, "a key must be written out", TEXT(""));
                return read_alias(r, event);
        case YAML_SEQUENCE_START_EVENT:
                if (wants_key(r))
                        return refuse(r, at, "a key cannot be a list", TEXT(""));
                return open_container(r, VALUE_LIST, event->data.sequence_start.anchor, at);
        case YAML_MAPPING_START_EVENT:
                if (wants_key(r))
                        return refuse(r, at, "a key cannot be a map", TEXT(""));
                return open_container(r, VALUE_MAP, event->data.mapping_start.anchor, at);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return close_container(r);
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
                return 0;
        }
        BUG("libyaml has no other events");
}

/* libyaml tells only the offset of a byte that is no character. */
static struct place place_at(struct text bytes, size_t offset) {
        struct place at = { 1, 1 };

        for (size_t i = 0; i < offset && i < bytes.len; i++) {
                at.column++;
                if (bytes.data[i] == '\n')
                        at = (struct place) { at.line + 1, 1 };
        }
        return at;
}

static int parser_refuses(struct reader *r) {
        const yaml_parser_t *p = &r->parser;
        struct text none = { 0 };

        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        if (p->error == YAML_READER_ERROR)
                return refuse(r, place_at(r->bytes, p->problem_offset), p->problem, none);
        return refuse(r, place_of(p->problem_mark), p->problem, none);
}

static int read_events(struct reader *r) {
        bool done = false;

        while (!done) {
                yaml_event_t event;
                int rc;

                if (!yaml_parser_parse(&r->parser, &event))
                        return parser_refuses(r);
                done = event.type == YAML_STREAM_END_EVENT;
                rc = is_skipped(r, &event) ? 0 : take_event(r, &event);
                yaml_event_delete(&event);
                /* What did not fit may look like a mistake: an anchor without its name. */
                if (arena_failed(r->arena))
                        return -ENOMEM;
                if (rc < 0)
                        return rc;
        }
        return 0;
}

static int read_stream(struct reader *r, struct text bytes, const char *file, struct fault *fault) {
        int rc;

        r->bytes = bytes;
        r->file = file;
        r->fault = fault;
        if (bytes.len > YAML_FILE_MAX)
                return refuse(r, (struct place) { 1, 1 }, "the file is too large", TEXT(""));
        if (!yaml_parser_initialize(&r->parser))
                return -ENOMEM;
        yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes.data, bytes.len);
        rc = read_events(r);
        yaml_parser_delete(&r->parser);
        return rc;
}

int yaml_read_without(struct text bytes, const char *file, const struct text *names, size_t n,
                      struct arena *arena, struct objects *ret, struct fault *fault) {
        struct reader *r = ARENA_NEW(arena, struct reader);
        int rc;

        if (!r)
                return -ENOMEM;
        r->arena = arena;
        r->skipped = names;
        r->n_skipped = n;
        rc = read_stream(r, bytes, file, fault);
        if (rc < 0)
                return rc;
        *ret = (struct objects) { r->objects, r->n_objects };
        return 0;
}

int yaml_read(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
              struct fault *fault) {
        return yaml_read_without(bytes, file, NULL, 0, arena, ret, fault);
}

int yaml_read_placed(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
                     const struct item **ret_places, struct fault *fault) {
        struct reader *r = ARENA_NEW(arena, struct reader);
        int rc;

        if (!r)
                return -ENOMEM;
        r->arena = arena;
        r->keeps_places = true;
        rc = read_stream(r, bytes, file, fault);
        if (rc < 0)
                return rc;
        *ret = (struct objects) { r->objects, r->n_objects };
        *ret_places = r->places;
        return 0;
}
