/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every multiset of profiles of every product, against brute force: all ways to
 * cut a GPU are walked, slice after slice, and what they add up to is what fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/layout.h"

/* Counts as one number: five bits for each profile, of which a product has eleven at most. */
enum { COUNT_BITS = 5, CUTS_MAX = 100000 };

struct walk {
        const struct gpu_product *product;
        int64_t counts[LAYOUT_KINDS_MAX];
        uint64_t *cuts; /* the multisets that can be placed, sorted */
        size_t n_cuts;
        size_t n_asked, n_fit;
};

static uint64_t number_of(const struct walk *w) {
        uint64_t number = 0;

        for (size_t i = 0; i < w->product->n_profiles; i++)
                number |= (uint64_t)w->counts[i] << (COUNT_BITS * i);
        return number;
}

static bool has(const struct gpu_profile *profile, const char *attribute) {
        return text_ends_with(profile->name, text_from(attribute));
}

/* What is not geometry. */
static bool keeps_rules(const struct walk *w) {
        int64_t n_owners = 0, n_all = 0, n_with_engines = 0, n_compute = 0;

        for (size_t i = 0; i < w->product->n_profiles; i++) {
                const struct gpu_profile *profile = &w->product->profiles[i];

                if (w->counts[i] > profile->max_instances)
                        return false;
                n_compute += w->counts[i] * profile->compute_slices;
                n_all += has(profile, "+me.all") ? w->counts[i] : 0;
                n_owners += has(profile, "+me") || has(profile, "+me.all") ? w->counts[i] : 0;
                n_with_engines += has(profile, "-me") ? 0 : w->counts[i];
        }
        assert_true(n_compute <= w->product->compute_slices);
        return n_owners <= 1 && (n_all == 0 || n_with_engines == 1);
}

/* Slice by slice from the first to the last: leaves it free, or starts an instance there. */
static void cut_from(struct walk *w, int slice) {
        if (slice == w->product->memory_slices) {
                if (keeps_rules(w)) {
                        assert_true(w->n_cuts < CUTS_MAX);
                        w->cuts[w->n_cuts++] = number_of(w);
                }
                return;
        }
        cut_from(w, slice + 1);
        for (size_t i = 0; i < w->product->n_profiles; i++) {
                const struct gpu_profile *profile = &w->product->profiles[i];

                if (!memchr(profile->placements, slice, profile->n_placements))
                        continue;
                w->counts[i]++;
                cut_from(w, slice + profile->memory_slices);
                w->counts[i]--;
        }
}

static int compare(const void *a, const void *b) {
        uint64_t x, y;

        memcpy(&x, a, sizeof(x));
        memcpy(&y, b, sizeof(y));
        return (x > y) - (x < y);
}

/* Every way to take up to n_left more slices of this profile and those behind it. */
static void ask_from(struct walk *w, size_t at, int n_left) {
        uint64_t number;
        struct layout layout;
        struct fault fault;
        bool fits, can;

        if (at < w->product->n_profiles) {
                for (int n = 0; n <= n_left; n++) {
                        w->counts[at] = n;
                        ask_from(w, at + 1, n_left - n);
                }
                w->counts[at] = 0;
                return;
        }
        number = number_of(w);
        can = bsearch(&number, w->cuts, w->n_cuts, sizeof(number), compare) != NULL;
        fits = layout_place(w->product, w->counts, &layout, &fault) == 0;
        w->n_asked++;
        w->n_fit += fits;
        if (fits == can)
                return;
        for (size_t i = 0; i < w->product->n_profiles; i++) {
                if (w->counts[i] > 0)
                        print_message("%lld x %.*s\n", (long long)w->counts[i],
                                      TEXT_ARG(w->product->profiles[i].name));
        }
        fail_msg("%.*s: brute force says %s", TEXT_ARG(w->product->name), can ? "yes" : "no");
}

/* One slice more than the GPU has memory slices, where that says more than one less. */
static void test_every_multiset(void **state) {
        static uint64_t cuts[CUTS_MAX];
        struct walk w;

        (void)state;
        for (size_t i = 0; (w.product = catalog_product(i)); i++) {
                int most = 0;

                if (w.product->n_profiles == 0)
                        continue;
                for (size_t j = 0; j < w.product->n_profiles; j++) {
                        if (w.product->profiles[j].max_instances > most)
                                most = w.product->profiles[j].max_instances;
                }
                w.cuts = cuts;
                w.n_cuts = w.n_asked = w.n_fit = 0;
                memset(w.counts, 0, sizeof(w.counts));
                cut_from(&w, 0);
                qsort(cuts, w.n_cuts, sizeof(cuts[0]), compare);
                ask_from(&w, 0, most + 1);
                print_message("%.*s: %zu of %zu fit\n", TEXT_ARG(w.product->name), w.n_fit,
                              w.n_asked);
                assert_true(w.n_fit > w.product->n_profiles);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_multiset) };

        return cmocka_run_group_tests_name("exhaustive", tests, NULL, NULL);
}
