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

#include "wire/value_print.h"
#include "yaml/item.h"
#include "yaml/parser.h"
#include "yaml/scalar.h"

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
        struct parser parser;
        struct arena *arena;
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

static int refuse(struct reader *rd, struct place at, const char *what, struct text about) {
        return parser_refuse(&rd->parser, at, what, about);
}

static int remember(struct reader *rd, struct text name, struct item item) {
        size_t i = 0;

        while (i < rd->n_anchors && !text_equal(rd->anchors[i].name, name))
                i++;
        if (i == YAML_ANCHORS_MAX)
                return refuse(rd, item.place, "too many anchors", TEXT(""));
        if (!rd->anchors)
                rd->anchors = ARENA_ARRAY(rd->arena, YAML_ANCHORS_MAX, struct anchor);
        if (!rd->anchors)
                return -ENOMEM;
        rd->anchors[i] = (struct anchor) { text_copy(rd->arena, name), item };
        if (i == rd->n_anchors)
                rd->n_anchors++;
        return 0;
}

static struct container *innermost(struct reader *rd) {
        return rd->n_open ? &rd->open[rd->n_open - 1] : NULL;
}

static bool wants_key(struct reader *rd) {
        const struct container *in = innermost(rd);

        return in && in->item.kind == VALUE_MAP && !in->has_key;
}

/* A finished value goes where the stream is: a list, a map's value, or the whole document. */
static int put(struct reader *rd, struct item item) {
        struct container *in = innermost(rd);
        struct item *slot;

        if (!in) {
                rd->root = item;
                return 0;
        }
        if (in->has_key) {
                item.key = in->key.key;
                item.merges = in->key.merges;
                item.place = in->key.place;
                in->has_key = false;
        }
        slot = item_extend(rd->arena, &in->item.items, &in->item.n_items, &in->item.cap_items,
                           sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        *slot = item;
        in->item.weight += item.weight + (uint32_t)item.key.len;
        if (in->item.height <= item.height)
                in->item.height = (uint16_t)(item.height + 1);
        return 0;
}

static int put_anchored(struct reader *rd, struct item item, struct text anchor) {
        if (anchor.len) {
                int r = remember(rd, anchor, item);

                if (r < 0)
                        return r;
        }
        return put(rd, item);
}

static int open_container(struct reader *rd, enum value_kind kind, const yaml_char_t *anchor,
                          struct place at) {
        if (rd->n_open == YAML_DEPTH_MAX)
                return refuse(rd, at, "nested too deeply", TEXT(""));
        rd->open[rd->n_open++] = (struct container) {
                .item = item_container(kind, at),
                .anchor = text_copy(rd->arena, text_from((const char *)anchor)),
        };
        return 0;
}

static int close_container(struct reader *rd) {
        struct container *in = &rd->open[--rd->n_open];
        struct complaint complaint;
        int r = item_close(&in->item, rd->arena, &complaint);

        if (r == -EINVAL)
                return refuse(rd, complaint.place, complaint.what, complaint.about);
        if (r < 0)
                return r;
        return put_anchored(rd, in->item, in->anchor);
}

static int read_alias(struct reader *rd, const yaml_event_t *event) {
        struct text name = text_from((const char *)event->data.alias.anchor);
        struct place at = parser_place(event);
        size_t i = 0;
        struct item item;

        while (i < rd->n_anchors && !text_equal(rd->anchors[i].name, name))
                i++;
        if (i == rd->n_anchors)
                return refuse(rd, at, "no anchor before this alias:", name);
        item = rd->anchors[i].item;
        rd->alias_weight += item.weight;
        if (rd->alias_weight > YAML_ALIAS_MAX)
                return refuse(rd, at, "aliases stand for too much:", name);
        if (rd->n_open + item.height > YAML_DEPTH_MAX)
                return refuse(rd, at, "nested too deeply through alias", name);
        item.place = at;
        return put(rd, item);
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

static int read_key(struct reader *rd, struct value scalar, bool plain, struct place at) {
        struct container *in = innermost(rd);
        struct builder b;

        if (scalar.kind == VALUE_NULL)
                return refuse(rd, at, "a key is null", TEXT(""));
        in->key = (struct item) { .place = at };
        if (scalar.kind == VALUE_STRING) {
                in->key.key = value_bytes(scalar);
                in->key.merges = plain && text_equal(value_bytes(scalar), TEXT("<<"));
        } else {
                builder_init(&b, rd->arena);
                value_print(scalar, &b);
                in->key.key = builder_done(&b);
        }
        in->has_key = true;
        return 0;
}

static int read_scalar(struct reader *rd, const yaml_event_t *event) {
        const char *bytes = (const char *)event->data.scalar.value;
        struct text text = text_copy(rd->arena, (struct text) { bytes, event->data.scalar.length });
        bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        int tag = tag_of(event->data.scalar.tag);
        struct place at = parser_place(event);
        struct value value = value_of_string(text);

        if (text.len != event->data.scalar.length)
                return -ENOMEM;
        if (text.len && memchr(text.data, '\0', text.len))
                return refuse(rd, at, "a string holds a NUL character", TEXT(""));
        if (plain && tag != TAG_STRING)
                value = scalar_resolve(text);
        if (tag == TAG_OTHER &&
            !scalar_has_tag(value, text_from((const char *)event->data.scalar.tag)))
                return refuse(rd, at, "not a value of type",
                              text_from((const char *)event->data.scalar.tag));
        if (value.kind == VALUE_NUMBER && !isfinite(value.number))
                return refuse(rd, at, "JSON has no number", text);
        if (wants_key(rd))
                return read_key(rd, value, plain, at);
        return put_anchored(rd, item_scalar(value, text, at, rd->arena),
                            text_from((const char *)event->data.scalar.anchor));
}

static int add_place(struct reader *rd, const struct item *object) {
        struct item *slot =
                item_extend(rd->arena, &rd->places, &rd->n_places, &rd->cap_places, sizeof(*slot));

        if (!slot)
                return -ENOMEM;
        *slot = *object;
        return 0;
}

static int add_object(struct reader *rd, const struct item *object) {
        struct value *slot = item_extend(rd->arena, &rd->objects, &rd->n_objects, &rd->cap_objects,
                                         sizeof(*slot));
        struct text bytes;
        int r;

        if (!slot)
                return -ENOMEM;
        r = node_encode(object->node, rd->arena, &bytes);
        if (r < 0)
                return r;
        *slot = value_of_struct(bytes);
        return rd->keeps_places ? add_place(rd, object) : 0;
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

static int close_document(struct reader *rd) {
        const struct item *root = &rd->root, *list;

        if (root->kind == VALUE_NULL || root->kind == VALUE_ABSENT)
                return 0;
        if (root->kind != VALUE_MAP)
                return refuse(rd, root->place, "an object is a map; this document is",
                              text_from(value_kind_name(root->kind)));
        list = list_items(root);
        if (!list)
                return add_object(rd, root);
        for (size_t i = 0; i < list->n_items; i++) {
                int r;

                if (list->items[i].kind != VALUE_MAP)
                        return refuse(rd, list->items[i].place, "an item of a list is no object",
                                      TEXT(""));
                r = add_object(rd, &list->items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Does the value of this member, or what is in it, not count? */
static bool is_skipped(struct reader *rd, const yaml_event_t *event) {
        bool begins =
                event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
        struct container *in = innermost(rd);

        if (rd->skipped_depth > 0) {
                bool ends = event->type == YAML_MAPPING_END_EVENT ||
                            event->type == YAML_SEQUENCE_END_EVENT;

                rd->skipped_depth += begins;
                rd->skipped_depth -= ends;
                return true;
        }
        if (rd->n_skipped == 0 || !in || !in->has_key)
                return false;
        for (size_t i = 0; i < rd->n_skipped; i++) {
                if (!text_equal(rd->skipped[i], in->key.key))
                        continue;
                in->has_key = false;
                rd->skipped_depth = begins;
                return true;
        }
        return false;
}

static int take_event(struct reader *rd, const yaml_event_t *event) {
        struct place at = parser_place(event);

        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                rd->root = (struct item) { 0 };
                rd->n_anchors = rd->alias_weight = 0;
                return 0;
        case YAML_DOCUMENT_END_EVENT:
                return close_document(rd);
        case YAML_SCALAR_EVENT:
                return read_scalar(rd, event);
        case YAML_ALIAS_EVENT:
                if (wants_key(rd))
                        return refuse(rd, at, "a key must be written out", TEXT(""));
                return read_alias(rd, event);
        case YAML_SEQUENCE_START_EVENT:
                if (wants_key(rd))
                        return refuse(rd, at, "a key cannot be a list", TEXT(""));
                return open_container(rd, VALUE_LIST, event->data.sequence_start.anchor, at);
        case YAML_MAPPING_START_EVENT:
                if (wants_key(rd))
                        return refuse(rd, at, "a key cannot be a map", TEXT(""));
                return open_container(rd, VALUE_MAP, event->data.mapping_start.anchor, at);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return close_container(rd);
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
                return 0;
        }
        BUG("libyaml has no other events");
}

static int take(void *context, const yaml_event_t *event) {
        struct reader *rd = context;

        return is_skipped(rd, event) ? 0 : take_event(rd, event);
}

static int read_stream(struct reader *rd, struct text bytes, const char *file,
                       struct fault *fault) {
        rd->parser.bytes = bytes;
        rd->parser.file = file;
        rd->parser.arena = rd->arena;
        rd->parser.fault = fault;
        if (bytes.len > YAML_FILE_MAX)
                return refuse(rd, (struct place) { 1, 1 }, "the file is too large", TEXT(""));
        return parser_read(&rd->parser, take, rd);
}

int yaml_read_without(struct text bytes, const char *file, const struct text *names, size_t n,
                      struct arena *arena, struct objects *ret, struct fault *fault) {
        struct reader *rd = ARENA_NEW(arena, struct reader);
        int r;

        if (!rd)
                return -ENOMEM;
        rd->arena = arena;
        rd->skipped = names;
        rd->n_skipped = n;
        r = read_stream(rd, bytes, file, fault);
        if (r < 0)
                return r;
        *ret = (struct objects) { rd->objects, rd->n_objects };
        return 0;
}

int yaml_read(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
              struct fault *fault) {
        return yaml_read_without(bytes, file, NULL, 0, arena, ret, fault);
}

int yaml_read_placed(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
                     const struct item **ret_places, struct fault *fault) {
        struct reader *rd = ARENA_NEW(arena, struct reader);
        int r;

        if (!rd)
                return -ENOMEM;
        rd->arena = arena;
        rd->keeps_places = true;
        r = read_stream(rd, bytes, file, fault);
        if (r < 0)
                return r;
        *ret = (struct objects) { rd->objects, rd->n_objects };
        *ret_places = rd->places;
        return 0;
}
