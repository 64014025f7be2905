/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/why.h"

#include "base/arena.h"
#include "base/quantity.h"

static bool is_in(const struct reservation *r, const struct sub_pool *s) {
        return text_equal(r->environment, s->environment->name) &&
               text_equal(r->pool, s->pool->name) && text_equal(r->mig_profile, s->mig_profile);
}

const struct assignment *why_assignment(const struct explanation *e,
                                        const struct sub_pool *sub_pool) {
        const struct plan *plan = &e->decision.plan;
        const struct assignment *found = NULL;

        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];

                if (is_in(&a->planned, sub_pool) && (!found || found->fate != FATE_STAYS))
                        found = a;
        }
        return found;
}

/* It was weighed before anything was placed; what was placed may have used up a quota since. */
static struct verdict last_verdict(const struct explanation *e, const struct weighed *w) {
        const struct rejections *r = &e->decision.rejections;

        for (size_t i = 0; w->verdict.reason == REASON_FITS && i < r->n_items; i++) {
                if (r->items[i].sub_pool == w->sub_pool && r->items[i].profile == w->profile)
                        return r->items[i].verdict;
        }
        return w->verdict;
}

enum reason why_furthest(const struct explanation *e, const struct weighed *w, size_t n) {
        enum reason furthest = REASON_FITS;

        for (size_t i = 0; i < n; i++) {
                enum reason reason = last_verdict(e, &w[i]).reason;

                if (reason == REASON_FITS)
                        return REASON_FITS;
                if (reason > furthest)
                        furthest = reason;
        }
        return furthest;
}

struct text why_verdict(const struct explanation *e, const struct weighed *w, size_t n) {
        const struct assignment *a = why_assignment(e, w->sub_pool);
        enum reason furthest = why_furthest(e, w, n);

        if (a) {
                switch (a->fate) {
                case FATE_STAYS:
                        return a->fresh ? TEXT("placed") : TEXT("kept");
                case FATE_LEAVES:
                        return TEXT("leaving");
                case FATE_DROPPED:
                        return TEXT("released");
                }
        }
        /* Without the others' reservations room is unknown. */
        if (!e->weighing.whole_fleet &&
            (furthest == REASON_FITS || furthest >= REASON_QUOTA_EXCEEDED))
                return TEXT("not needed");
        return furthest == REASON_FITS ? TEXT("fits") : text_from(reason_name(furthest));
}

static struct text count(int64_t n, const char *what, struct arena *arena) {
        return text_format(arena, n == 1 ? "%lld %s" : "%lld %ss", (long long)n, what);
}

static struct text memory(int64_t bytes, struct arena *arena) {
        if (bytes == INT64_MAX)
                return TEXT("unknown");
        return bytes == 0 ? TEXT("none") : quantity_about_bytes(bytes, arena);
}

/* ---- what was taken -------------------------------------------------------------------------- */

static bool is_fresh(const struct explanation *e, const struct weighed *w) {
        const struct assignment *a = why_assignment(e, w->sub_pool);

        return a && a->fate == FATE_STAYS && a->fresh && w->verdict.reason == REASON_FITS &&
               text_equal(a->planned.serving_profile, w->profile->name);
}

struct text why_on_nodes(int64_t nodes, struct arena *arena) {
        if (nodes < 2)
                return (struct text) { 0 };
        return text_format(arena, " on each of %lld nodes", (long long)nodes);
}

/* "2 replicas of 1 unit as nvidia.com/gpu" */
static struct text describe(const struct reservation *r, struct arena *arena) {
        return text_format(arena, "%.*s of %.*s%.*s as %.*s",
                           TEXT_ARG(count(r->reserved, "replica", arena)),
                           TEXT_ARG(count(r->units_per_node, "unit", arena)),
                           TEXT_ARG(why_on_nodes(r->nodes, arena)), TEXT_ARG(r->resource_name));
}

/* Its units went to another deployment: say too what is missing now. */
static struct text say_released(const struct weighed *w, const struct assignment *a,
                                struct arena *arena) {
        const struct rejection rejection = { .sub_pool = w->sub_pool,
                                             .profile = w->profile,
                                             .verdict = w->verdict };
        const struct text parts[] = { a->why, TEXT("; "), explain_rejection(&rejection, arena) };

        return w->verdict.reason == REASON_FITS ? a->why : text_join(arena, parts, 3);
}

/* Why it has fewer replicas than are wanted. What is closed is asked for neither quota nor room. */
static struct text say_short(const struct explanation *e, const struct sub_pool *s,
                             struct arena *arena) {
        const struct share *quota = &e->decision.quota;

        if (e->decision.closed && s->environment->not_ready)
                return TEXT("; it takes no more while the environment's Ready condition is not "
                            "True");
        if (e->decision.closed && s->pool->schedulable != SCHEDULABLE_ALWAYS)
                return TEXT("; it takes no more while the pool's schedulable is not Always");
        if (quota->limited)
                return text_format(arena, "; ResourceQuota %.*s allows %.*s",
                                   TEXT_ARG(quota->quota),
                                   TEXT_ARG(count(quota->limit, "unit", arena)));
        return TEXT("; for more there is no room");
}

static struct text say_placement(const struct explanation *e, const struct weighed *w,
                                 const struct assignment *a, struct arena *arena) {
        const struct reservation *r = &a->planned;

        if (a->fate == FATE_LEAVES)
                return a->why;
        if (a->fate == FATE_DROPPED)
                return say_released(w, a, arena);
        if (!a->fresh)
                return text_format(arena, "%.*s; what is placed is not moved%.*s",
                                   TEXT_ARG(describe(r, arena)),
                                   TEXT_ARG(r->reserved < e->deployment.replicas
                                                    ? say_short(e, w->sub_pool, arena)
                                                    : TEXT("")));
        return text_format(arena, "%.*s; memory left over per unit: %.*s, units still free: %lld",
                           TEXT_ARG(describe(r, arena)),
                           TEXT_ARG(memory(w->choice.left_over, arena)),
                           (long long)w->choice.free_after);
}

/* ---- what fits and was not taken ------------------------------------------------------------- */

/* What it was compared with: what was taken in its environment, else the last one taken. */
static const struct weighed *find_taken(const struct explanation *e, const struct weighed *w) {
        const struct weighed *last = NULL;

        for (size_t i = 0; i < e->weighing.n; i++) {
                const struct weighed *other = &e->weighing.items[i];

                if (!is_fresh(e, other))
                        continue;
                if (other->sub_pool->environment == w->sub_pool->environment)
                        return other;
                if (!last || choice_compare(&other->choice, &last->choice, NULL) > 0)
                        last = other;
        }
        return last;
}

static bool has_assignment(const struct explanation *e, const struct environment *environment) {
        const struct plan *plan = &e->decision.plan;

        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];

                if (a->fate == FATE_STAYS && !a->fresh &&
                    text_equal(a->planned.environment, environment->name))
                        return true;
        }
        return false;
}

/* "pool whole", or "pool eu-1/whole" of another environment */
static struct text name_of(const struct weighed *taken, const struct weighed *w,
                           struct arena *arena) {
        const struct sub_pool *s = taken->sub_pool;

        if (s->environment == w->sub_pool->environment)
                return s->pool == w->sub_pool->pool && !text_is_empty(s->mig_profile)
                               ? s->mig_profile
                               : s->pool->name;
        return text_format(arena, "%.*s/%.*s", TEXT_ARG(s->environment->name),
                           TEXT_ARG(s->pool->name));
}

static struct text cost_of(const struct weighed *w) {
        struct text cost = w->sub_pool->pool->cost;

        return text_is_empty(cost) ? TEXT("no costPerUnitHour") : cost;
}

static struct text say_difference(enum choice_key key, const struct weighed *w,
                                  const struct weighed *taken, struct arena *arena) {
        struct text name = name_of(taken, w, arena);

        switch (key) {
        case CHOICE_PROFILE:
                return text_format(arena, "the model prefers %.*s, for which %.*s has room",
                                   TEXT_ARG(taken->profile->name), TEXT_ARG(name));
        case CHOICE_LEFT_OVER:
                return text_format(arena, "would waste %.*s of memory per unit; %.*s wastes %.*s",
                                   TEXT_ARG(memory(w->choice.left_over, arena)), TEXT_ARG(name),
                                   TEXT_ARG(memory(taken->choice.left_over, arena)));
        case CHOICE_COST:
                return text_format(arena, "costs more: %.*s, %.*s %.*s", TEXT_ARG(cost_of(w)),
                                   TEXT_ARG(name), TEXT_ARG(cost_of(taken)));
        case CHOICE_FREE:
                return text_format(arena, "is less full: keeps %.*s free, %.*s %lld",
                                   TEXT_ARG(count(w->choice.free_after, "unit", arena)),
                                   TEXT_ARG(name), (long long)taken->choice.free_after);
        case CHOICE_ORDER:
                return text_format(arena, "equal to %.*s, which is declared before it",
                                   TEXT_ARG(name));
        case CHOICE_MIG_PROFILE:
        case CHOICE_ENVIRONMENT:
                return text_format(arena, "equal to %.*s, whose name comes first", TEXT_ARG(name));
        case N_CHOICE_KEYS:
                break;
        }
        BUG("a key without a sentence");
}

static struct text say_not_taken(const struct explanation *e, const struct weighed *w,
                                 struct arena *arena) {
        const struct weighed *taken = find_taken(e, w);
        enum choice_key key = CHOICE_ENVIRONMENT;

        if (!e->weighing.whole_fleet)
                return (struct text) { 0 };
        if (has_assignment(e, w->sub_pool->environment))
                return TEXT("the environment has its assignment, which is not moved");
        if (taken && choice_compare(&taken->choice, &w->choice, &key) <= 0)
                return say_difference(key, w, taken, arena);
        if (e->decision.placed >= e->decision.wanted)
                return TEXT("no further environment is wanted");
        return TEXT("objects that the function does not know have the names of its resources");
}

/* ---- sentences ------------------------------------------------------------------------------- */

struct text why_sentence(const struct explanation *e, const struct weighed *w,
                         struct arena *arena) {
        const struct assignment *a = why_assignment(e, w->sub_pool);
        const struct rejection rejection = { .sub_pool = w->sub_pool,
                                             .profile = w->profile,
                                             .verdict = last_verdict(e, w) };

        if (a && text_equal(a->planned.serving_profile, w->profile->name))
                return say_placement(e, w, a, arena);
        if (rejection.verdict.reason == REASON_FITS)
                return say_not_taken(e, w, arena);
        if (!e->weighing.whole_fleet && rejection.verdict.reason >= REASON_QUOTA_EXCEEDED)
                return (struct text) { 0 };
        return explain_rejection(&rejection, arena);
}

struct text why_mismatch(const struct explanation *e, const struct weighed *w,
                         struct arena *arena) {
        const struct rejection rejection = { .sub_pool = w->sub_pool,
                                             .profile = w->profile,
                                             .verdict = last_verdict(e, w) };

        if (rejection.verdict.reason != REASON_SELECTOR_MISMATCH || why_assignment(e, w->sub_pool))
                return (struct text) { 0 };
        return explain_rejection(&rejection, arena);
}

struct text why_gone(const struct explanation *e, const struct assignment *a, struct arena *arena) {
        const struct reservation *r = &a->planned;

        for (size_t i = 0; i < e->weighing.n; i++) {
                if (is_in(r, e->weighing.items[i].sub_pool))
                        return (struct text) { 0 };
        }
        return text_format(arena, "%.*s/%.*s%s%.*s %s: %.*s", TEXT_ARG(r->environment),
                           TEXT_ARG(r->pool), text_is_empty(r->mig_profile) ? "" : " ",
                           TEXT_ARG(r->mig_profile),
                           a->fate == FATE_DROPPED  ? "is released"
                           : a->fate == FATE_LEAVES ? "is leaving"
                                                    : "stays as it is",
                           TEXT_ARG(a->why));
}
