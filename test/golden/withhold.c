/* SPDX-License-Identifier: Apache-2.0 */
#include "withhold.h"

#include <errno.h>

#include "base/arena.h"
#include "wire/field.h"

/* RunFunctionRequest, and an entry of its maps */
enum { FIELD_EXTRA_RESOURCES = 6, FIELD_REQUIRED_RESOURCES = 8, FIELD_KEY = 1 };

static bool is_line_of(struct text lines, struct text line) {
        while (!text_is_empty(lines)) {
                size_t end = text_index(lines, '\n');

                if (text_equal(text_slice(lines, 0, end), line))
                        return true;
                lines = text_slice(lines, end + 1, lines.len);
        }
        return false;
}

static bool is_withheld(const struct field *field, struct text keys) {
        struct text rest = field->bytes;
        struct field member;

        if (field->number != FIELD_EXTRA_RESOURCES && field->number != FIELD_REQUIRED_RESOURCES)
                return false;
        while (field_next(&rest, &member)) {
                if (member.number == FIELD_KEY)
                        return is_line_of(keys, member.bytes);
        }
        return false;
}

static int call_without(void *ctx, const char *target, struct text request, struct arena *arena,
                        struct text *ret, struct fault *fault) {
        const struct withholding *w = ctx;
        struct text rest = request;
        struct field field;
        struct builder b;

        builder_init(&b, arena);
        while (field_next(&rest, &field)) {
                if (!is_withheld(&field, w->keys))
                        builder_text(&b, field.record);
        }
        request = builder_done(&b);
        if (arena_failed(arena))
                return -ENOMEM;
        return w->to->call(w->to->ctx, target, request, arena, ret, fault);
}

struct cli_transport withhold(struct withholding *withholding) {
        return (struct cli_transport) { .call = call_without, .ctx = withholding };
}
