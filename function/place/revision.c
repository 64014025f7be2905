/* SPDX-License-Identifier: Apache-2.0 */
#include "place/revision.h"

#include "base/arena.h"
#include "base/base32.h"
#include "wire/value_print.h"

enum { N_MEMBERS = 5 };

static const struct text members[N_MEMBERS] = { TEXT_INIT("model"), TEXT_INIT("baseRefs"),
                                                TEXT_INIT("template"), TEXT_INIT("worker"),
                                                TEXT_INIT("parallelism") };

/* The texts that are hashed are as large as the pods, and only needed here. */
static bool digest(struct value spec, struct arena *arena, char ret[BASE32_DIGITS]) {
        const struct arena_mark mark = arena_mark(arena);
        struct text printed[N_MEMBERS];
        struct value found[N_MEMBERS];

        value_pick(spec, members, N_MEMBERS, found);
        for (size_t i = 0; i < N_MEMBERS; i++) {
                struct builder b;

                builder_init(&b, arena);
                value_print(found[i], &b);
                printed[i] = builder_done(&b);
        }
        if (arena_failed(arena))
                return false;
        base32_16(printed, N_MEMBERS, ret);
        arena_rewind(arena, mark);
        return true;
}

struct text revision_of(struct value spec, struct arena *arena) {
        char digits[BASE32_DIGITS];

        if (!digest(spec, arena, digits))
                return (struct text) { 0 };
        return text_copy(arena, (struct text) { .data = digits, .len = sizeof(digits) });
}

struct text revision_of_node(const struct node *pods, struct arena_mark mark, struct arena *arena) {
        char digits[BASE32_DIGITS];
        struct text bytes;

        if (node_encode(pods, arena, &bytes) < 0 || !digest(value_of_struct(bytes), arena, digits))
                return (struct text) { 0 };
        arena_rewind(arena, mark);
        return text_copy(arena, (struct text) { .data = digits, .len = sizeof(digits) });
}

static struct value named(struct value list, const char *name) {
        struct value_iter it = value_iterate(list);
        struct value element;

        while (value_next(&it, NULL, &element)) {
                if (text_equal(value_get_text(element, "name"), text_from(name)))
                        return element;
        }
        return (struct value) { 0 };
}

struct text revision_written(struct value pod_spec) {
        struct value main = named(value_get(pod_spec, TEXT("containers")), "main");

        return value_get_text(named(value_get(main, TEXT("env")), REVISION_VARIABLE), "value");
}

/* Every pod that is composed tolerates something, and most have an image. */
static bool is_ours(struct value template) {
        struct value main = named(value_get(template, TEXT("containers")), "main");

        return value_count(value_get(template, TEXT("tolerations"))) > 0 ||
               value_get(main, TEXT("image")).kind == VALUE_STRING;
}

struct text revision_observed(struct value spec, struct text recorded, struct arena *arena) {
        struct value template = value_get(spec, TEXT("template"));
        struct text written = revision_written(template);

        if (!text_is_empty(written))
                return written;
        return is_ours(template) ? revision_of(spec, arena) : recorded;
}

void revision_keep_pods(struct node *spec, struct value observed) {
        for (size_t i = 0; i < N_MEMBERS; i++)
                node_set_value(spec, members[i].data, value_get(observed, members[i]));
}
