/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/assertions.h"
#include "lib/promtext.h"
#include "server/prometheus.h"

static void samples(void **state) {
        const struct label labels[] = { { "pool", TEXT("a\"b\\c\nd") }, { "x", TEXT("") } };
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, 1 << 16);
        builder_init(&b, &arena);
        prometheus_single(&b, "m_total", "counter", "What it is.", 7);
        prometheus_number(&b, &(struct series) { "n", labels, 2 }, -1);
        prometheus_seconds(&b, &(struct series) { "s", NULL, 0 }, 1000000001);
        assert_text(builder_done(&b),
                    "# HELP m_total What it is.\n# TYPE m_total counter\nm_total 7\n"
                    "n{pool=\"a\\\"b\\\\c\\nd\",x=\"\"} -1\n"
                    "s 1.000000001\n");
        arena_release(&arena);
}

static void histogram(void **state) {
        static const char *const bounds[] = { "0.1", "1" };
        static const uint64_t counts[] = { 1, 0, 2 };
        const struct label label = { "l", TEXT("v") };
        const struct histogram_view view = { bounds, counts, 2, 1500000000, true };
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, 1 << 16);
        builder_init(&b, &arena);
        prometheus_histogram(&b, &(struct series) { "h", &label, 1 }, &view);
        assert_text(builder_done(&b), "h_bucket{l=\"v\",le=\"0.1\"} 1\n"
                                      "h_bucket{l=\"v\",le=\"1\"} 1\n"
                                      "h_bucket{l=\"v\",le=\"+Inf\"} 3\n"
                                      "h_sum{l=\"v\"} 1.500000000\n"
                                      "h_count{l=\"v\"} 3\n");
        arena_release(&arena);
}

/* The reader that judges our pages: what it must refuse. */
static void reader(void **state) {
        static const struct {
                const char *page;
                const char *want; /* a part of the complaint; NULL: none */
        } rows[] = {
#define HEAD "# HELP a_total x\n# TYPE a_total counter\n"
#define HISTOGRAM "# HELP h x\n# TYPE h histogram\n"
                { HEAD "a_total 1\n", NULL },
                { HEAD "a_total{b=\"\\\\\\n\\\"\"} 1.5\na_total{b=\"\"} 0\n", NULL },
                { HEAD "a_total 1", "newline" },
                { "a_total 1\n", "without HELP" },
                { HEAD "b_total 1\n", "without HELP" },
                { HEAD "a_total 1\n" HEAD, "comes twice" },
                { HEAD "a_total 1\na_total 2\n", "comes twice" },
                { HEAD "a_total one\n", "no number" },
                { HEAD "a_total  1\n", "no number" },
                { HEAD "a_total{b=\"\\x\"} 1\n", "cannot be read" },
                { HEAD "a_total{b=\"} 1\n", "cannot be read" },
                { HEAD "a_total{b} 1\n", "cannot be read" },
                { HEAD "a_total{1=\"\"} 1\n", "cannot be read" },
                { "# HELP a x\n# TYPE a counter\n", "_total" },
                { "# HELP a_total x\n# TYPE a_total gauge\n", "_total" },
                { "# HELP a x\n# TYPE a odd\n", "unknown type" },
                { "# HELP a\n", "a HELP" },
                { "# HELP a x\n# TYPE b gauge\n", "follow its HELP" },
                { HISTOGRAM "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
                  NULL },
                { HISTOGRAM "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n", "less than" },
                { HISTOGRAM "h_bucket{le=\"+Inf\"} 2\nh_count 3\n", "not the last bucket" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text complaint;
                struct arena arena;

                arena_init(&arena, 1 << 24);
                complaint = promtext_complaint(text_from(rows[i].page), &arena);
                if (rows[i].want ? !text_contains(complaint, text_from(rows[i].want))
                                 : !text_is_empty(complaint))
                        fail_msg("%s\"%.*s\", want %s", rows[i].page, TEXT_ARG(complaint),
                                 rows[i].want ? rows[i].want : "none");
                arena_release(&arena);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(samples),
                cmocka_unit_test(histogram),
                cmocka_unit_test(reader),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
