/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world made up from the input, reconciled a few times; what the function
 * desires is what it observes next. Each request also arrives damaged.
 */
#include <string.h>

#include "fuzz.h"
#include "promises.h"
#include "wire/guard.h"
#include "world.h"

enum { ROUNDS = 3, DAMAGES = 4 };

static void arrive_damaged(struct choice *choice, struct text request, struct arena *arena) {
        struct text copy = text_copy(arena, request);
        union {
                const char *in;
                char *out;
        } bytes = { .in = copy.data };

        for (unsigned int n = choose(choice, DAMAGES); n > 0 && copy.len > 0; n--) {
                size_t at = (choose(choice, 256) << 8 | choose(choice, 256)) % copy.len;

                if (choose_rarely(choice, 4))
                        copy.len = at;
                else
                        bytes.out[at] = (char)choose(choice, 256);
        }
        if (!text_equal(copy, request))
                promises_hold(copy, arena, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct choice choice = { .next = data, .end = data + size };
        struct call_response response;
        struct text request, answer;
        struct world world;
        struct fault fault;
        struct arena arena;

        arena_init(&arena, SIZE_MAX);
        world_make(&world, &choice, &arena);
        for (int round = 0; round < ROUNDS; round++) {
                MUST(call_encode(&world.call, &arena, &request) == 0);
                MUST(guard_request(request, &fault) == 0);
                MUST(promises_hold(request, &arena, &answer));
                arrive_damaged(&choice, request, &arena);
                MUST(call_read(answer, &arena, &response, &fault) == 0);
                world_observe(&world, &response);
        }
        arena_release(&arena);
        return 0;
}
