/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layouts.csv: which layouts fit one GPU, from NVIDIA's and SageMaker HyperPod's
 * configurations, the MIG User Guide, and the published placements at their edges.
 * A verdict "unknown" is tried but not held to anything.
 *
 * verdicts LAYOUTS
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/layout.h"

enum column { GPU, VERDICT, WHY_NOT, KNOWN_AS, LAYOUT, N_COLUMNS };

static const char *path;

static bool next_row(FILE *file, char *line, size_t size, struct text *ret) {
        struct text rest;

        if (!fgets(line, (int)size, file))
                return false;
        rest = text_from(line);
        assert_true(text_ends_with(rest, TEXT("\"\n")));
        for (int i = 0; i < LAYOUT; i++) {
                size_t comma = text_index(rest, ',');

                ret[i] = text_slice(rest, 0, comma);
                rest = text_slice(rest, comma + 1, rest.len);
        }
        assert_int_equal(rest.data[0], '"');
        ret[LAYOUT] = text_slice(rest, 1, rest.len - 2);
        return true;
}

/* Which rule refuses it, in the words of the table; empty when it fits. */
static struct text why_not(struct text gpu, struct text layout, struct fault *fault) {
        static const struct {
                const char *part, *word;
        } rules[] = {
                { "but one GPU holds", "most" },
                { "media engines", "media" },
                { "memory slices", "memory" },
                { "from overlapping", "overlap" },
        };
        const struct gpu_product *product;
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        int64_t counts[LAYOUT_KINDS_MAX];
        struct layout found;
        size_t n;

        assert_in_range(catalog_find(gpu, &product, 1), 1, 2);
        assert_int_equal(layout_read(layout, wishes, &n, fault), 0);
        if (layout_count(product, wishes, n, counts))
                return TEXT("profile");
        if (layout_place(product, counts, &found, fault) == 0)
                return TEXT("");
        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
                if (strstr(fault->message, rules[i].part))
                        return text_from(rules[i].word);
        }
        return TEXT("for no reason of these");
}

static void test_verdicts(void **state) {
        FILE *file = fopen(path, "r");
        size_t n_fit = 0, n_do_not = 0, n_unknown = 0;
        char line[256];

        (void)state;
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        assert_string_equal(line, "gpu,verdict,why not,known as,layout\n");
        for (struct text row[N_COLUMNS]; next_row(file, line, sizeof(line), row);) {
                struct fault fault;
                struct text why = why_not(row[GPU], row[LAYOUT], &fault);

                if (text_equal(row[VERDICT], TEXT("unknown"))) {
                        n_unknown++;
                        continue;
                }
                n_fit += text_is_empty(why);
                n_do_not += !text_is_empty(why);
                if (!text_equal(why, row[WHY_NOT]) ||
                    !text_equal(row[VERDICT], why.len ? TEXT("does not") : TEXT("fits")))
                        fail_msg("%.*s %.*s is \"%.*s\"", TEXT_ARG(row[GPU]), TEXT_ARG(row[LAYOUT]),
                                 TEXT_ARG(why));
        }
        fclose(file);
        print_message("%zu fit, %zu do not, %zu unknown\n", n_fit, n_do_not, n_unknown);
        assert_true(n_fit == 169 && n_do_not == 85 && n_unknown == 1);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_verdicts) };

        if (argc != 2)
                return 2;
        path = argv[1];
        return cmocka_run_group_tests_name("verdicts", tests, NULL, NULL);
}
