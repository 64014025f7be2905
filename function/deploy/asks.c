/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/asks.h"

#include "base/arena.h"

void asks_add_rivals(struct asked *asked, const struct order *order, const struct assignment *held,
                     size_t n_held, const struct decision *decision, struct arena *arena) {
        const struct plan *plan = &decision->plan;
        struct text *rivals = ARENA_ARRAY(arena, n_held + plan->n_assignments, struct text);
        bool all = !deploy_is_settled(order->deployment, held, n_held);
        size_t n = 0;

        /* Which pods change is only known once the model and the environments have been read. */
        for (size_t i = 0; rivals && all && i < n_held; i++)
                rivals[n++] = held[i].observed.environment;
        for (size_t i = 0; rivals && i < plan->n_assignments; i++) {
                if (plan->assignments[i].fate != FATE_DROPPED && !plan->assignments[i].settled)
                        rivals[n++] = plan->assignments[i].planned.environment;
        }
        asked->rivals = rivals;
        asked->n_rivals = text_unique(rivals, n);
}

/* Its own environments, and who else reserves where something is open. */
static struct asked of_plan(const struct plan *plan, struct arena *arena) {
        struct text *names = ARENA_ARRAY(arena, plan->n_assignments, struct text);
        struct text *rivals = ARENA_ARRAY(arena, plan->n_assignments, struct text);
        struct asked asked = { .what = ASK_ALWAYS, .environments = names, .rivals = rivals };

        for (size_t i = 0; names && rivals && i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];

                if (a->fate == FATE_DROPPED)
                        continue;
                names[asked.n_environments++] = a->planned.environment;
                if (!a->settled)
                        rivals[asked.n_rivals++] = a->planned.environment;
        }
        asked.n_environments = text_unique(names, asked.n_environments);
        asked.n_rivals = text_unique(rivals, asked.n_rivals);
        if (asked.n_rivals > 0)
                asked.what |= ASK_RIVALS;
        return asked;
}

/* What keeps a rollout waiting, as bits of enum ask. */
static unsigned int rollouts_wait_for(const struct plan *plan) {
        unsigned int what = 0;

        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];

                if (a->rollout != ROLLOUT_WAITS)
                        continue;
                what |= a->missing > 0 ? ASK_POOLS : 0U;
                what |= a->beyond_quota ? ASK_QUOTAS : 0U;
        }
        return what;
}

struct asked asks_of_decision(const struct decision *decision, struct arena *arena) {
        struct asked asked = of_plan(&decision->plan, arena);
        struct text only = { 0 };
        int environments = fits_environments(&decision->fits, &only);

        if (!decision->parked)
                asked.what |= rollouts_wait_for(&decision->plan);
        if (!decision->parked && (decision->wanting || decision->short_replicas > 0)) {
                asked.what |= ASK_ENVIRONMENTS | (environments > 0 ? ASK_POOLS : 0U);
                if (decision->quota.limited ||
                    decision->rejections.furthest[REASON_QUOTA_EXCEEDED] > 0)
                        asked.what |= ASK_QUOTAS;
        }
        if ((asked.what & ASK_POOLS) && environments == 1)
                asked.pools_of = only;
        return asked;
}
