/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any lines as the arguments of an engine, through everything that evaluates them
 * on their way: what is not refused arrives as it was written.
 *
 * The start script of KServe's presets hands them to a shell's eval, behind a
 * template that sees nothing but "{{". The shell here knows only what our quoting
 * may use and aborts on the rest; test/unit/place/arguments.c asks a real one.
 */
#include <errno.h>
#include <string.h>

#include "fleet/check.h"
#include "fuzz.h"
#include "place/pod.h"
#include "wire/node.h"
#include "wire/utf8.h"

/* ---- the shell ------------------------------------------------------------------------------- */

/* What an unquoted word may be made of; in none of them a shell sees a meaning. */
static bool is_plain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c != '\0' && strchr("-_=./:,@%+", c));
}

/* The next word of the line, without its quotes. */
static bool next_word(struct text *line, struct arena *arena, struct text *ret) {
        struct builder word;
        bool quoted = false, any = false;
        size_t i = 0;

        builder_init(&word, arena);
        while (i < line->len && line->data[i] == ' ')
                i++;
        for (; i < line->len && (quoted || line->data[i] != ' '); i++) {
                char c = line->data[i];

                any = true;
                if (c == '\'') {
                        quoted = !quoted;
                } else if (quoted) {
                        builder_char(&word, c);
                } else if (c == '\\') {
                        MUST(++i < line->len && line->data[i] == '\'');
                        builder_char(&word, '\'');
                } else {
                        MUST(is_plain(c));
                        builder_char(&word, c);
                }
        }
        MUST(!quoted);
        *line = text_slice(*line, i, line->len);
        *ret = builder_done(&word);
        return any;
}

/* ---- the arguments --------------------------------------------------------------------------- */

static struct value lines_of(struct text input, struct arena *arena) {
        struct node *map = node_map(arena), *list = node_add_list(map, "args");
        struct text bytes;

        while (input.len > 0) {
                size_t end = text_index(input, '\n');

                node_append_string(list, text_slice(input, 0, end));
                input = text_slice(input, end + 1, input.len);
        }
        MUST(node_encode(map, arena, &bytes) == 0);
        return value_get(value_of_struct(bytes), TEXT("args"));
}

/* All arguments as eval gets them: one line. */
static struct text line_of(struct value args, struct arena *arena) {
        struct value_iter it = value_iterate(args);
        struct builder line;
        struct value arg;

        builder_init(&line, arena);
        while (value_next(&it, NULL, &arg)) {
                builder_text(&line, pod_argument(value_text(arg), arena));
                builder_char(&line, ' ');
        }
        return builder_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text input = fuzz_text(data, size), line, word;
        struct value args, taken = { 0 }, arg;
        struct reader rd = { 0 };
        struct value_iter it;
        struct arena arena;

        if (utf8_check(input) != UTF8_GOOD)
                return 0;
        arena_init(&arena, SIZE_MAX);
        rd.arena = &arena;
        args = lines_of(input, &arena);
        check_args(&rd, MEMBER_OF(member_root(args, TEXT("args"))), &taken);
        MUST((rd.n_mistakes > 0) == (taken.kind == VALUE_ABSENT));
        line = line_of(taken, &arena);
        MUST(!text_contains(line, TEXT("{{")));
        it = value_iterate(taken);
        while (value_next(&it, NULL, &arg)) {
                MUST(next_word(&line, &arena, &word));
                MUST(text_equal(word, value_text(arg)));
        }
        MUST(!next_word(&line, &arena, &word));
        arena_release(&arena);
        return 0;
}
