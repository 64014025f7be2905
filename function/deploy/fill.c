/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortfall is made up from the best environments that have no assignment.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

static bool is_in_use(const struct deciding *d, struct text suffix) {
        const struct deploy_request *request = d->request;

        for (size_t i = 0; i < d->n; i++) {
                if (text_equal(d->assignments[i].suffix, suffix))
                        return true;
        }
        return request->n_occupied > 0 && bsearch(&suffix, request->occupied, request->n_occupied,
                                                  sizeof(suffix), text_order) != NULL;
}

/* Nothing takes another's keys, not even those of what goes in this answer. */
static struct text free_suffix(const struct deciding *d, struct text environment) {
        int64_t n = 1;
        struct text suffix = plan_suffix(environment, n, d->arena);

        while (is_in_use(d, suffix) && !arena_failed(d->arena))
                suffix = plan_suffix(environment, ++n, d->arena);
        return suffix;
}

/* As the reservation will be called, unless the name has to be cut: ties end with it. */
static struct chooser chooser_in(struct deciding *d, const struct environment *environment,
                                 struct text *ret_suffix) {
        struct chooser chooser = deploy_chooser(d, NULL);
        struct text suffix = free_suffix(d, environment->name);
        const struct text parts[] = { d->request->order.deployment->name, TEXT("-"), suffix };

        chooser.name = text_join(d->arena, parts, sizeof(parts) / sizeof(parts[0]));
        *ret_suffix = suffix;
        return chooser;
}

static void add_assignment(struct deciding *d, const struct choice *choice) {
        struct assignment *a = &d->assignments[d->n];
        struct text suffix;
        struct chooser chooser = chooser_in(d, choice->sub_pool->environment, &suffix);

        *a = (struct assignment) {
                .fate = FATE_STAYS,
                .fresh = true,
                .suffix = suffix,
                .sub_pool = choice->sub_pool,
                .profile = choice->profile,
                .service = { .ready_replicas = -1, .replicas = -1 },
                .planned = choose_reservation(&chooser, choice->sub_pool, choice->profile,
                                              choice->demand),
        };
        d->next_order++;
        d->n++;
}

static int compare_choices(const void *a, const void *b) {
        return choice_compare(a, b, NULL);
}

/*
 * Is there a service that no reservation or annotation explains? Nothing is placed beside it.
 * Suffixes are sorted: those of an environment follow its name.
 */
static bool is_occupied(const struct deciding *d, const struct environment *environment) {
        const struct text *occupied = d->request->occupied;
        size_t low = 0, high = d->request->n_occupied;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (text_compare(occupied[middle], environment->name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        /* "e1" and "e1-m2" come before "e10": another environment's names end the search. */
        for (; low < d->request->n_occupied && text_starts_with(occupied[low], environment->name);
             low++) {
                size_t n = environment->name.len;

                if (occupied[low].len > n && occupied[low].data[n] > '-')
                        break;
                if (plan_suffix_can_be_of(occupied[low], environment->name))
                        return true;
        }
        return false;
}

/* In this environment there is nothing to choose from. Only the first sentence is reported. */
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
        struct text suffix;
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
        chooser = chooser_in(d, environment, &suffix);
        r = choose_in(&chooser, environment, ret, &d->rejections);
        if (r < 0 || !ret->sub_pool || !is_occupied(d, environment))
                return r;
        set_aside(d, environment,
                  TEXT(" holds a service that neither a reservation nor an annotation explains; it "
                       "stays and is not rolled, and nothing is placed under its name"),
                  nothing);
        ret->sub_pool = NULL;
        return 0;
}

/* The best of each environment that has none that stays, in their order. */
static int list_choices(struct deciding *d, struct choice **ret, size_t *ret_n) {
        const struct deploy_request *request = d->request;
        struct choice *choices = ARENA_ARRAY(d->arena, request->n_environments, struct choice);
        size_t n = 0;

        if (!choices)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_environments; i++) {
                int r;

                if (deploy_stays_in(d, &request->environments[i]))
                        continue;
                r = choose_best(d, &request->environments[i], &choices[n]);
                if (r < 0)
                        return r;
                n += choices[n].sub_pool != NULL;
        }
        if (n > 1)
                qsort(choices, n, sizeof(*choices), compare_choices);
        *ret = choices;
        *ret_n = n;
        return 0;
}

int deploy_fill(struct deciding *d) {
        const struct deployment *deployment = d->request->order.deployment;
        size_t wanted = (size_t)deployment->environments, stay = 0, n_choices;
        struct choice *choices;
        int r;

        for (size_t i = 0; i < d->n; i++)
                stay += d->assignments[i].fate == FATE_STAYS &&
                        !deploy_is_asleep(d, &d->assignments[i]);
        if (stay >= wanted || deployment->replicas == 0)
                return 0;
        r = list_choices(d, &choices, &n_choices);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_choices && stay < wanted; i++) {
                struct choice choice = choices[i];

                /* Each was chosen for itself, and what one takes of a quota the next cannot. */
                if (i > 0 && d->allowance.n_quotas > 0)
                        r = choose_best(d, choice.sub_pool->environment, &choice);
                if (r < 0)
                        return r;
                if (!choice.sub_pool)
                        continue;
                add_assignment(d, &choice);
                stay++;
        }
        if (stay >= wanted)
                d->rejections = (struct rejections) { 0 };
        rejections_sort(&d->rejections);
        return 0;
}
