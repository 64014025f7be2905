/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a quantity: the laws that hold between two spellings of one number. */
#include <errno.h>
#include <string.h>

#include "base/quantity.h"
#include "fuzz.h"

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static void check_negative(struct text t, struct quantity q, struct arena *arena) {
        struct text parts[] = { TEXT("-"), t };
        struct quantity negative;
        struct fault fault;

        if (!is_digit(t.data[0]))
                return;
        MUST(quantity_parse(text_join(arena, parts, 2), &negative, &fault) == 0);
        MUST(negative.nano == -q.nano);
}

static void check_zeros(struct text t, struct quantity q, struct arena *arena) {
        struct text parts[] = { TEXT("00"), t };
        struct quantity same;
        struct fault fault;

        if (!is_digit(t.data[0]))
                return;
        MUST(quantity_parse(text_join(arena, parts, 2), &same, &fault) == 0);
        MUST(same.nano == q.nano);
}

static void check_whole(struct quantity q) {
        int64_t whole = quantity_whole(q);

        if (whole == INT64_MAX)
                return;
        MUST((int128)whole * 1000000000 >= q.nano);
        MUST(((int128)whole - 1) * 1000000000 < q.nano);
}

/* At most one decimal of the largest suffix, so nothing is lost. */
static void check_format(int64_t bytes, struct arena *arena) {
        struct text written = quantity_format_bytes(bytes, arena);
        struct quantity back;
        struct fault fault;

        MUST(quantity_parse(written, &back, &fault) == 0);
        MUST(quantity_whole(back) == bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text t = fuzz_text(data, size);
        struct quantity untouched = { .nano = 4711 }, q = untouched;
        struct fault fault = { .message = "" };
        struct arena arena;
        int r = quantity_parse(t, &q, &fault);

        arena_init(&arena, 64 * 1024 + 4 * size);
        if (r < 0) {
                MUST(r == -EINVAL && fault.message[0] != '\0' && fault.path[0] == '\0');
                MUST(quantity_compare(q, untouched) == 0);
        } else {
                check_negative(t, q, &arena);
                check_zeros(t, q, &arena);
                check_whole(q);
                if (quantity_whole(q) > 0)
                        check_format(quantity_whole(q), &arena);
        }
        arena_release(&arena);
        return 0;
}
