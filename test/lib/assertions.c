/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/assertions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/json.h"

void assertions_same(struct text got, struct text want, const char *file, int line) {
        if (text_equal(got, want))
                return;
        print_error("\"%.*s\"\nis not\n\"%.*s\"\n", TEXT_ARG(got), TEXT_ARG(want));
        _fail(file, line);
}

void assertions_json(struct value got, const char *want, const char *file, int line) {
        struct arena arena;

        arena_init(&arena, SIZE_MAX);
        assertions_same(json_print(&arena, got), json_print(&arena, json_value(&arena, want)), file,
                        line);
        arena_release(&arena);
}
