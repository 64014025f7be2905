/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a RunFunctionRequest, against protobuf-c's tree and through the whole function. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "lib/whole.h"
#include "promises.h"
#include "wire/guard.h"

static void check_lookups(const struct request *request) {
        for (size_t i = 0; i < request->n_required; i++)
                MUST(request_required(request, request->required[i].key) == &request->required[i]);
        for (size_t i = 0; i < request->observed.n_resources; i++)
                MUST(request_resource(&request->observed, request->observed.resources[i].name) ==
                     &request->observed.resources[i]);
}

/* The same bytes with nothing in them that the guard steps over for its name. */
static struct text rename_managed_fields(struct text bytes, struct arena *arena) {
        static const char name[] = "managedFields", other[] = "managedfields";
        union {
                const char *in;
                char *out;
        } copy = { .in = text_copy(arena, bytes).data };
        char *at = copy.out, *end;

        if (bytes.len == 0)
                return bytes;
        end = at + bytes.len;
        while ((at = memmem(at, (size_t)(end - at), name, strlen(name))))
                memcpy(at, other, strlen(other));
        return (struct text) { .data = copy.in, .len = bytes.len };
}

static void check_against_whole(struct text bytes, struct arena *arena) {
        struct text looked_at = rename_managed_fields(bytes, arena), ours, theirs;
        struct request request;
        struct fault fault;

        if (guard_request(looked_at, &fault) != 0)
                return; /* broken where we do not read, or where protobuf-c cuts a string */
        MUST(request_read(looked_at, arena, &request, &fault) == 0);
        MUST(whole_agrees_on_request(looked_at, &request, arena, &ours, &theirs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text bytes = fuzz_text(data, size);
        struct request request;
        struct fault fault;
        struct arena arena;

        arena_init(&arena, SIZE_MAX);
        if (guard_request(bytes, &fault) >= 0) {
                MUST(request_read(bytes, &arena, &request, &fault) == 0);
                check_lookups(&request);
                check_against_whole(bytes, &arena);
        } else {
                int r = request_read(bytes, &arena, &request, &fault);

                MUST(r == 0 || r == -EBADMSG);
        }
        promises_hold(bytes, &arena, NULL);
        arena_release(&arena);
        return 0;
}
