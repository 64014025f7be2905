/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/shape.h"

#include "base/arena.h"
#include "fleet/check.h"
#include "fleet/grammar.h"
#include "wire/value_print.h"

/* A string, which may be empty, held to a grammar; a NULL one takes everything. */
static void check_string(struct reader *rd, const struct member *f, bool (*is_right)(struct text),
                         const char *what) {
        struct text ignored;

        if (f->value.kind != VALUE_STRING) {
                reader_text(rd, f, &ignored); /* says what it must be */
                return;
        }
        if (is_right && !is_right(value_bytes(f->value)))
                reader_refuse(rd, f, "%.*s is not %s", TEXT_ARG(value_brief(f->value, rd->arena)),
                              what);
        else if (text_contains(value_bytes(f->value), TEXT("{{")))
                reader_refuse(rd, f, "%.*s holds \"{{\", which does not reach the pod",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
}

static bool is_empty_string(const struct member *f) {
        return f->value.kind == VALUE_STRING && f->value.len == 0;
}

static void refuse_unknown_members(struct reader *rd, const struct member *f,
                                   const struct shape *map) {
        struct text *names = ARENA_ARRAY(rd->arena, map->n, struct text);

        for (size_t i = 0; names && i < map->n; i++)
                names[i] = text_from(map->shape[i].name);
        if (names)
                reader_refuse_unknown(rd, f, names, map->n);
}

static void check_map(struct reader *rd, const struct member *f, const struct shape *map) {
        size_t n_before = rd->n_mistakes;

        if (!reader_map(rd, f))
                return;
        refuse_unknown_members(rd, f, map);
        for (size_t i = 0; i < map->n; i++) {
                const struct shape *shape = &map->shape[i];
                struct member member = member_get(f, shape->name);

                if (!member_is_absent(&member) && !is_empty_string(&member))
                        shape_check(rd, &member, shape);
                else if (shape->needed)
                        reader_refuse(rd, &member,
                                      is_empty_string(&member) ? "must not be empty"
                                                               : "is required");
        }
        if (map->check && rd->n_mistakes == n_before)
                map->check(rd, f);
}

static void check_list(struct reader *rd, const struct member *f, const struct shape *element) {
        struct value_iter it = value_iterate(f->value);
        struct value item;

        if (!reader_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member member = member_element(f, i, item);

                if (member_is_absent(&member))
                        reader_refuse(rd, &member, "must not be null");
                else
                        shape_check(rd, &member, element);
        }
}

void shape_check(struct reader *rd, const struct member *f, const struct shape *shape) {
        struct quantity quantity;
        struct value labels;
        struct text text;
        unsigned int word;
        int64_t number;
        bool boolean;

        switch (shape->kind) {
        case SHAPE_TEXT:
                check_string(rd, f, NULL, "");
                break;
        case SHAPE_NAME:
                check_string(rd, f, grammar_dns_subdomain, "a name for an object");
                break;
        case SHAPE_DATA_KEY:
                check_string(rd, f, grammar_data_key, "a key of a Secret or ConfigMap");
                break;
        case SHAPE_LABEL_KEY:
                check_string(rd, f, grammar_label_key, "a label key");
                break;
        case SHAPE_LABEL_VALUE:
                check_string(rd, f, grammar_label_value, "a label value");
                break;
        case SHAPE_LABELS:
                check_labels(rd, f, &labels);
                break;
        case SHAPE_BOOL:
                reader_bool(rd, f, &boolean);
                break;
        case SHAPE_INTEGER:
                reader_integer(rd, f, shape->min, shape->max, &number);
                break;
        case SHAPE_WORD:
                reader_word(rd, f, shape->words, shape->n, &word);
                break;
        case SHAPE_QUANTITY:
                reader_quantity(rd, f, &text, &quantity);
                break;
        case SHAPE_MAP:
                check_map(rd, f, shape);
                break;
        case SHAPE_LIST:
                check_list(rd, f, shape->shape);
                break;
        }
}
