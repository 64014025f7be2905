/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortfall is made up from the best environments that have no assignment.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

static bool stays_in(const struct deciding *d, const struct environment *environment) {
        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fate == FATE_STAYS && text_equal(a->planned.environment, environment->name))
                        return true;
        }
        return false;
}

/* A leaving assignment under the same key is replaced in place: one object, rolled by KServe. */
static void take_over(struct deciding *d, struct text suffix, struct service *ret_service) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];

                if (a->fate != FATE_LEAVES || !text_equal(a->suffix, suffix))
                        continue;
                *ret_service = a->service;
                a->fate = FATE_DROPPED;
                a->why = TEXT("replaced in place");
        }
}

static void add_assignment(struct deciding *d, const struct chooser *chooser,
                           const struct choice *choice) {
        struct assignment *a = &d->assignments[d->n];

        *a = (struct assignment) {
                .fate = FATE_STAYS,
                .fresh = true,
                .sub_pool = choice->sub_pool,
                .profile = choice->profile,
                .service = { .ready_replicas = -1, .replicas = -1 },
                .planned = choose_reservation(chooser, choice->sub_pool, choice->profile,
                                              choice->demand),
        };
        d->next_order++;
        a->suffix = plan_suffix(a->planned.environment, a->planned.nodes, d->arena);
        take_over(d, a->suffix, &a->service);
        d->n++;
}

static int compare_choices(const void *a, const void *b) {
        return choice_compare(a, b, NULL);
}

/* Would its keys be those of a service that nobody understands? That one stays as it is. */
static bool is_occupied(const struct deciding *d, const struct choice *choice) {
        const struct deploy_request *request = d->request;
        struct text suffix =
                plan_suffix(choice->sub_pool->environment->name, choice->demand.nodes, d->arena);

        return request->n_occupied > 0 && bsearch(&suffix, request->occupied, request->n_occupied,
                                                  sizeof(suffix), text_order) != NULL;
}

/* In this environment there is nothing to choose from. Only the first sentence is told. */
static void set_aside(struct deciding *d, const struct environment *environment, struct text why,
                      struct text detail) {
        const struct text parts[] = { TEXT("environment "), environment->name, why, detail };
        struct text sentence = { 0 };

        if (d->rejections.n_aside == 0)
                sentence = text_join(d->arena, parts, 4);
        rejections_set_aside(&d->rejections, sentence);
}

/* The best of one environment; ret->sub_pool is NULL when it has none, which is noted. */
static int choose_best(struct deciding *d, const struct environment *environment,
                       struct choice *ret) {
        const struct text nothing = { 0 };
        struct chooser chooser;
        int r;

        *ret = (struct choice) { 0 };
        if (!text_is_empty(environment->invalid)) {
                set_aside(d, environment, TEXT(" cannot be read: "), environment->invalid);
                return 0;
        }
        if (environment->n_sub_pools == 0) {
                set_aside(d, environment, TEXT(" declares no nodePools"), nothing);
                return 0;
        }
        chooser = deploy_chooser(d, NULL);
        r = choose_in(&chooser, environment, ret, &d->rejections);
        if (r < 0 || !ret->sub_pool || !is_occupied(d, ret))
                return r;
        set_aside(d, environment,
                  TEXT(" holds a service that neither a reservation nor an annotation explains; it "
                       "stays, and nothing is placed under its name"),
                  nothing);
        ret->sub_pool = NULL;
        return 0;
}

int deploy_fill(struct deciding *d) {
        const struct deploy_request *request = d->request;
        size_t wanted = (size_t)request->order.deployment->environments,
               stay = deploy_count(d, FATE_STAYS);
        struct choice *choices;
        size_t n_choices = 0;

        if (stay >= wanted)
                return 0;
        choices = ARENA_ARRAY(d->arena, request->n_environments, struct choice);
        if (!choices)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_environments; i++) {
                const struct environment *environment = &request->environments[i];
                int r;

                if (stays_in(d, environment))
                        continue;
                r = choose_best(d, environment, &choices[n_choices]);
                if (r < 0)
                        return r;
                n_choices += choices[n_choices].sub_pool != NULL;
        }
        if (n_choices > 1)
                qsort(choices, n_choices, sizeof(*choices), compare_choices);
        for (size_t i = 0; i < n_choices && stay < wanted; i++) {
                struct choice choice = choices[i];
                struct chooser chooser;

                /* Each was chosen for itself, and what one takes of a quota the next cannot. */
                if (i > 0 && d->allowance.n_quotas > 0) {
                        int r = choose_best(d, choice.sub_pool->environment, &choice);

                        if (r < 0)
                                return r;
                        if (!choice.sub_pool)
                                continue;
                }
                chooser = deploy_chooser(d, NULL);
                add_assignment(d, &chooser, &choice);
                stay++;
        }
        if (stay >= wanted)
                d->rejections = (struct rejections) { 0 };
        rejections_sort(&d->rejections);
        return 0;
}
