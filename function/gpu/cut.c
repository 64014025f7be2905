/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/cut.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "gpu/integer.h"
#include "gpu/profile.h"

/* Wants that the same profiles can serve are one kind. */
struct kind {
        uint32_t profiles; /* a bit for each; LAYOUT_KINDS_MAX of them */
        int64_t count;
};

struct cutter {
        const struct cut_task *task;
        struct arena *arena;
        struct cut_layout *layouts; /* those to cut, then today's; gpus: the most of them */
        size_t n_layouts, n_new;
        uint32_t *eligible;  /* of each want */
        uint32_t considered; /* the profiles that layouts are made of */
        struct kind *kinds;
        size_t n_kinds;
        int64_t goal; /* GPUs that the plan takes */
};

_Static_assert(LAYOUT_KINDS_MAX == 32, "a bit for each profile");

#define GIB (INT64_C(1) << 30)

/* ---- which profile serves what --------------------------------------------------------------- */

static int64_t gib_of(const struct gpu_profile *profile) {
        return catalog_memory_from_name(profile->name);
}

/* Profiles with attributes are used only where they are asked for. */
static bool is_plain(const struct gpu_profile *profile) {
        struct profile_name name;

        return profile_parse(profile->name, &name) && text_is_empty(name.attributes);
}

static uint32_t eligible_for(const struct gpu_product *product, const struct cut_want *want) {
        const struct gpu_profile *exact;
        uint32_t bits = 0;

        if (!text_is_empty(want->profile)) {
                exact = catalog_profile(product, want->profile);
                return exact ? UINT32_C(1) << (exact - product->profiles) : 0;
        }
        for (size_t i = 0; i < product->n_profiles; i++) {
                if (is_plain(&product->profiles[i]) &&
                    gib_of(&product->profiles[i]) * GIB >= want->memory_bytes)
                        bits |= UINT32_C(1) << i;
        }
        return bits;
}

bool cut_holds(const struct gpu_product *product, const struct cut_want *want) {
        return eligible_for(product, want) != 0;
}

static int find_eligible(struct cutter *c) {
        const struct gpu_product *product = c->task->product;

        c->eligible = ARENA_ARRAY(c->arena, c->task->n_wants, uint32_t);
        c->kinds = ARENA_ARRAY(c->arena, c->task->n_wants, struct kind);
        if (!c->eligible || !c->kinds)
                return -ENOMEM;
        for (size_t i = 0; i < product->n_profiles; i++)
                c->considered |= is_plain(&product->profiles[i]) ? UINT32_C(1) << i : 0;
        for (size_t i = 0; i < c->task->n_wants; i++) {
                c->eligible[i] = eligible_for(product, &c->task->wants[i]);
                c->considered |= c->eligible[i];
        }
        return 0;
}

/* The kinds, with these units of each want. */
static void count_kinds(struct cutter *c, const int64_t *units) {
        c->n_kinds = 0;
        for (size_t i = 0; i < c->task->n_wants; i++) {
                size_t k = 0;

                if (units[i] == 0)
                        continue;
                while (k < c->n_kinds && c->kinds[k].profiles != c->eligible[i])
                        k++;
                if (k == c->n_kinds)
                        c->kinds[c->n_kinds++] = (struct kind) { .profiles = c->eligible[i] };
                c->kinds[k].count += units[i];
        }
}

/* ---- layouts --------------------------------------------------------------------------------- */

static bool can_place(const struct cutter *c, const int64_t *counts) {
        struct layout layout;
        struct fault ignored;

        return layout_place(c->task->product, counts, &layout, &ignored) == 0;
}

static int add_layout(struct cutter *c, const int64_t *counts, int64_t gpus) {
        if (c->n_layouts == CUT_LAYOUTS_MAX)
                return -ERANGE;
        memcpy(c->layouts[c->n_layouts].counts, counts, sizeof(c->layouts->counts));
        c->layouts[c->n_layouts++].gpus = gpus;
        return 0;
}

/* Nothing can be added to it. */
static bool is_maximal(const struct cutter *c, int64_t *counts) {
        bool is_full = true;

        for (size_t i = 0; i < c->task->product->n_profiles && is_full; i++) {
                if (!(c->considered >> i & 1))
                        continue;
                counts[i]++;
                is_full = !can_place(c, counts);
                counts[i]--;
        }
        return is_full;
}

/* All layouts that have the counts of the profiles above `i`: the large ones first. */
static int list_layouts(struct cutter *c, size_t i, int64_t *counts) {
        int r = 0;

        if (i == 0)
                return is_maximal(c, counts) ? add_layout(c, counts, c->task->gpus) : 0;
        i--;
        while (r == 0) {
                r = list_layouts(c, i, counts);
                counts[i]++;
                if (!(c->considered >> i & 1) || !can_place(c, counts))
                        break;
        }
        counts[i] = 0;
        return r;
}

/* As many slices of one profile as a GPU holds. */
static int list_uniform(struct cutter *c) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };
        int r = 0;

        for (size_t i = c->task->product->n_profiles; i-- > 0 && r == 0;) {
                if (!(c->considered >> i & 1))
                        continue;
                do
                        counts[i]++;
                while (can_place(c, counts));
                counts[i]--;
                if (counts[i] > 0)
                        r = add_layout(c, counts, c->task->gpus);
                counts[i] = 0;
        }
        return r;
}

static bool is_uniform(const int64_t *counts) {
        size_t n = 0;

        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++)
                n += counts[i] > 0;
        return n == 1;
}

static int64_t slices_of(const int64_t *counts) {
        int64_t n = 0;

        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++)
                n += counts[i];
        return n;
}

static int compare_layouts(const void *a, const void *b) {
        const struct cut_layout *left = a, *right = b;
        size_t n_left = 0, n_right = 0;
        int64_t slices = slices_of(left->counts) - slices_of(right->counts);

        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++) {
                n_left += left->counts[i] > 0;
                n_right += right->counts[i] > 0;
        }
        if (slices != 0)
                return slices < 0 ? -1 : 1;
        if (n_left != n_right)
                return n_left < n_right ? -1 : 1;
        return memcmp(right->counts, left->counts, sizeof(left->counts));
}

/* Few slices first, few kinds of them, so that of equal plans the simpler one is found. */
static int find_layouts(struct cutter *c) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };
        int r;

        c->layouts = ARENA_ARRAY(c->arena, CUT_LAYOUTS_MAX, struct cut_layout);
        if (!c->layouts)
                return -ENOMEM;
        if (c->task->product->n_profiles == 0)
                return 0;
        r = c->task->uniform ? list_uniform(c)
                             : list_layouts(c, c->task->product->n_profiles, counts);
        if (r < 0)
                return r;
        qsort(c->layouts, c->n_layouts, sizeof(*c->layouts), compare_layouts);
        c->n_new = c->n_layouts;
        for (size_t i = 0; i < c->task->n_today && r == 0; i++) {
                const struct cut_layout *today = &c->task->today[i];

                if (slices_of(today->counts) > 0 && today->gpus > 0 &&
                    (!c->task->uniform || is_uniform(today->counts)))
                        r = add_layout(c, today->counts, today->gpus);
        }
        return r;
}

/* ---- the program ----------------------------------------------------------------------------- */

/*
 * Columns: how many GPUs have each layout; then for each kind and profile, how many
 * units of the kind have a slice of it. With whole layouts the second ones are a
 * flow, and come out whole by themselves.
 */
struct draft {
        struct integer_program program;
        int64_t *costs, *rows;
        size_t n_slots; /* pairs of kind and profile */
        size_t cap_rows;
};

static size_t count_slots(const struct cutter *c) {
        size_t n = 0;

        for (size_t k = 0; k < c->n_kinds; k++)
                n += (size_t)__builtin_popcount(c->kinds[k].profiles);
        return n;
}

static int64_t *add_row(struct draft *d) {
        return d->rows + d->program.n_rows++ * (d->program.n + 1);
}

/* Every kind has its units, and no profile more units than slices. */
static void add_wants(const struct cutter *c, struct draft *d) {
        size_t slot = c->n_layouts;

        for (size_t k = 0; k < c->n_kinds; k++) {
                int64_t *row = add_row(d);

                for (int n = __builtin_popcount(c->kinds[k].profiles); n > 0; n--)
                        row[slot++] = 1;
                row[d->program.n] = c->kinds[k].count;
        }
        for (size_t i = 0; i < c->task->product->n_profiles; i++) {
                int64_t *row;

                if (!(c->considered >> i & 1))
                        continue;
                row = add_row(d);
                for (size_t j = 0; j < c->n_layouts; j++)
                        row[j] = c->layouts[j].counts[i];
                slot = c->n_layouts;
                for (size_t k = 0; k < c->n_kinds; k++) {
                        uint32_t below = c->kinds[k].profiles & ((UINT32_C(1) << i) - 1);

                        if (c->kinds[k].profiles >> i & 1)
                                row[slot + (size_t)__builtin_popcount(below)] = -1;
                        slot += (size_t)__builtin_popcount(c->kinds[k].profiles);
                }
        }
}

/* At most `most` GPUs with the layouts from..to. */
static void add_most(struct draft *d, size_t from, size_t to, int64_t most) {
        int64_t *row = add_row(d);

        for (size_t j = from; j < to; j++)
                row[j] = -1;
        row[d->program.n] = -most;
}

static int begin_draft(const struct cutter *c, struct draft *ret) {
        size_t n_today = c->n_layouts - c->n_new;
        struct draft d = { .n_slots = count_slots(c) };

        d.program.n = c->n_layouts + d.n_slots;
        d.cap_rows = c->n_kinds + c->task->product->n_profiles + n_today + 2;
        d.costs = ARENA_ARRAY(c->arena, d.program.n, int64_t);
        d.rows = ARENA_ARRAY(c->arena, d.cap_rows * (d.program.n + 1), int64_t);
        if (!d.costs || !d.rows)
                return -ENOMEM;
        d.program.costs = d.costs;
        d.program.rows = d.rows;
        add_wants(c, &d);
        for (size_t j = c->n_new; j < c->n_layouts; j++)
                add_most(&d, j, j + 1, c->layouts[j].gpus);
        *ret = d;
        return 0;
}

static int64_t free_gib(const struct gpu_product *product, const struct cut_layout *layout) {
        int64_t taken = 0;

        for (size_t i = 0; i < product->n_profiles; i++)
                taken += layout->counts[i] * product->profiles[i].memory_slices;
        return (product->memory_slices - taken) * product->memory_gib / product->memory_slices;
}

static void set_stranded(const struct cutter *c, struct draft *d) {
        size_t slot = c->n_layouts;

        for (size_t j = 0; j < c->n_layouts; j++)
                d->costs[j] = free_gib(c->task->product, &c->layouts[j]);
        for (size_t k = 0; k < c->n_kinds; k++) {
                for (size_t i = 0; i < c->task->product->n_profiles; i++) {
                        if (c->kinds[k].profiles >> i & 1)
                                d->costs[slot++] = gib_of(&c->task->product->profiles[i]);
                }
        }
}

static void set_costs(struct draft *d, size_t n_counted, size_t n_layouts) {
        for (size_t j = 0; j < n_layouts; j++)
                d->costs[j] = j < n_counted;
}

/* The fewest GPUs for the kinds, below a number: values are NULL when that many do not do. */
static int fewest_gpus(const struct cutter *c, int64_t below, struct integer_solution *ret) {
        struct draft d;
        int r = begin_draft(c, &d);

        if (r < 0)
                return r;
        set_costs(&d, c->n_layouts, c->n_layouts);
        return integer_solve(&d.program, below, c->arena, ret);
}

/* Among plans with that number of GPUs: the fewest cut anew, then the least stranded. */
static int best_plan(const struct cutter *c, int64_t gpus, struct integer_solution *ret,
                     bool *ret_is_proven) {
        bool is_proven = true;
        struct draft d;
        int r = begin_draft(c, &d);

        if (r < 0)
                return r;
        add_most(&d, 0, c->n_layouts, gpus);
        if (c->n_layouts > c->n_new) {
                set_costs(&d, c->n_new, c->n_layouts);
                r = integer_solve(&d.program, INT64_MAX, c->arena, ret);
                if (r < 0)
                        return r;
                is_proven = ret->bound == ret->cost;
                add_most(&d, 0, c->n_new, ret->cost);
        }
        set_stranded(c, &d);
        r = integer_solve(&d.program, INT64_MAX, c->arena, ret);
        *ret_is_proven = is_proven && ret->bound == ret->cost;
        return r;
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Does what the wants have now fit the GPUs that there are? */
static int fits(struct cutter *c, const int64_t *units, bool *ret) {
        struct arena_mark mark = arena_mark(c->arena);
        struct integer_solution solution;
        int r;

        count_kinds(c, units);
        r = fewest_gpus(c, c->task->gpus + 1, &solution);
        *ret = r == 0 && solution.values;
        arena_rewind(c->arena, mark);
        return r;
}

/* Each want in its order has as many units as fit beside those before it. */
static int place_in_order(struct cutter *c, int64_t *units) {
        for (size_t i = 0; i < c->task->n_wants; i++)
                units[i] = 0;
        for (size_t i = 0; i < c->task->n_wants; i++) {
                int64_t low = 0, high = c->eligible[i] ? c->task->wants[i].count : 0;

                while (low < high) {
                        bool is_fit;
                        int r;

                        units[i] = low + (high - low + 1) / 2;
                        r = fits(c, units, &is_fit);
                        if (r < 0)
                                return r;
                        if (is_fit)
                                low = units[i];
                        else
                                high = units[i] - 1;
                }
                units[i] = low;
        }
        return 0;
}

static int64_t wanted_gib(const struct cutter *c, const struct cut_plan *plan) {
        int64_t bytes = 0;

        for (size_t i = 0; i < c->task->n_wants; i++) {
                const struct cut_want *want = &c->task->wants[i];

                bytes +=
                        plan->placed[i] * (text_is_empty(want->profile)
                                                   ? want->memory_bytes
                                                   : catalog_memory_from_name(want->profile) * GIB);
        }
        return bytes / GIB;
}

static int compare_shares(const void *a, const void *b) {
        const struct cut_share *left = a, *right = b;

        if (left->layout.gpus != right->layout.gpus)
                return left->layout.gpus > right->layout.gpus ? -1 : 1;
        return compare_layouts(&left->layout, &right->layout);
}

/* Equal layouts of today and anew are one share. */
static void add_share(struct cut_plan *plan, const struct cut_layout *layout, int64_t gpus,
                      bool is_kept) {
        struct cut_share *share = plan->shares;

        while (share < plan->shares + plan->n_shares &&
               memcmp(share->layout.counts, layout->counts, sizeof(layout->counts)) != 0)
                share++;
        if (share == plan->shares + plan->n_shares) {
                *share = (struct cut_share) { .layout = *layout };
                share->layout.gpus = 0;
                plan->n_shares++;
        }
        share->layout.gpus += gpus;
        share->kept += is_kept ? gpus : 0;
        plan->gpus += gpus;
        plan->anew += is_kept ? 0 : gpus;
}

static void read_values(const struct cutter *c, const int64_t *values, struct cut_plan *plan) {
        size_t slot = c->n_layouts;

        for (size_t j = 0; j < c->n_layouts; j++) {
                if (values[j] > 0)
                        add_share(plan, &c->layouts[j], values[j], j >= c->n_new);
                if (j >= c->n_new && values[j] < c->layouts[j].gpus) {
                        plan->left[plan->n_left] = c->layouts[j];
                        plan->left[plan->n_left++].gpus -= values[j];
                }
        }
        for (size_t k = 0; k < c->n_kinds; k++) {
                for (size_t i = 0; i < c->task->product->n_profiles; i++) {
                        if (c->kinds[k].profiles >> i & 1)
                                plan->used[i] += values[slot++];
                }
        }
        qsort(plan->shares, plan->n_shares, sizeof(*plan->shares), compare_shares);
}

/* What all wants would take that some slice can hold; then what fits of them. */
static int choose_units(struct cutter *c, struct cut_plan *plan) {
        struct arena_mark mark;
        struct integer_solution all;
        int r;

        for (size_t i = 0; i < c->task->n_wants; i++)
                plan->placed[i] = c->eligible[i] ? c->task->wants[i].count : 0;
        mark = arena_mark(c->arena);
        count_kinds(c, plan->placed);
        r = fewest_gpus(c, INT64_MAX, &all);
        arena_rewind(c->arena, mark);
        if (r < 0)
                return r;
        plan->gpus_all = plan->bound = all.bound;
        c->goal = all.cost;
        if (all.cost <= c->task->gpus)
                return 0;
        r = place_in_order(c, plan->placed);
        if (r < 0)
                return r;
        count_kinds(c, plan->placed);
        r = fewest_gpus(c, INT64_MAX, &all);
        c->goal = all.cost;
        plan->bound = all.bound;
        return r;
}

int cut_plan(const struct cut_task *task, struct arena *arena, struct cut_plan *ret) {
        struct cutter c = { .task = task, .arena = arena };
        struct integer_solution best;
        struct cut_plan plan = { 0 };
        int r = find_eligible(&c);

        if (r == 0)
                r = find_layouts(&c);
        if (r < 0)
                return r;
        plan.placed = ARENA_ARRAY(arena, task->n_wants, int64_t);
        plan.shares = ARENA_ARRAY(arena, c.n_layouts, struct cut_share);
        plan.left = ARENA_ARRAY(arena, task->n_today, struct cut_layout);
        if (!plan.placed || !plan.shares || !plan.left)
                return -ENOMEM;
        r = choose_units(&c, &plan);
        if (r < 0)
                return r;
        r = best_plan(&c, c.goal, &best, &plan.is_proven);
        if (r < 0)
                return r;
        if (!best.values)
                return -ERANGE;
        read_values(&c, best.values, &plan);
        plan.stranded_gib = best.cost - wanted_gib(&c, &plan);
        *ret = plan;
        return 0;
}
