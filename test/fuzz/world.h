/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a cluster made up from choices, and the request that it leads to
 *
 * Mostly valid: pools that exist, slices that fit, models that name them. Here and
 * there a member is missing, has another type, or holds what no user should write.
 */
#ifndef TEST_FUZZ_WORLD_H
#define TEST_FUZZ_WORLD_H

#include "choice.h"
#include "render/call.h"

enum { WORLD_OBSERVED_MAX = 24, WORLD_ANSWERS_MAX = 24, WORLD_ITEMS_MAX = 12 };

struct world {
        struct arena *arena;
        struct choice *choice;
        struct call_request call;
        struct call_object observed[WORLD_OBSERVED_MAX];
        struct call_answer answers[WORLD_ANSWERS_MAX];
        struct call_object environments[WORLD_ITEMS_MAX];
        struct call_object reservations[WORLD_ITEMS_MAX];
        struct call_object model;
        struct call_object file;
};

/* world_make() - everything but what an earlier call composed; must not be moved afterwards. */
void world_make(struct world *w, struct choice *choice, struct arena *arena);

/* world_observe() - what the function desired now exists, and is as ready as is chosen. */
void world_observe(struct world *w, const struct call_response *response);

#endif
