/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a RunFunctionRequest, against protobuf-c's tree and through the whole function. */
#include <errno.h>

#include "fuzz.h"
#include "lib/whole.h"
#include "promises.h"
#include "wire/guard.h"

static void check_lookups(const struct request *request) {
        for (size_t i = 0; i < request->n_required; i++)
                MUST(request_required(request, request->required[i].key) == &request->required[i]);
        for (size_t i = 0; i < request->observed.n_resources; i++)
                MUST(state_resource(&request->observed, request->observed.resources[i].name) ==
                     &request->observed.resources[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text bytes = fuzz_text(data, size), ours, theirs;
        struct request request;
        struct fault fault;
        struct arena arena;

        arena_init(&arena, SIZE_MAX);
        if (guard_request(bytes, &fault) == 0) {
                MUST(request_read(bytes, &arena, &request, &fault) == 0);
                MUST(whole_agrees_on_request(bytes, &request, &arena, &ours, &theirs));
                check_lookups(&request);
        } else {
                int r = request_read(bytes, &arena, &request, &fault);

                MUST(r == 0 || r == -EBADMSG);
        }
        promises_hold(bytes, &arena, NULL);
        arena_release(&arena);
        return 0;
}
