/* SPDX-License-Identifier: Apache-2.0 */
#include "promises.h"

#include <errno.h>
#include <string.h>

#include "function.h"
#include "fuzz.h"
#include "lib/in_pieces.h"
#include "place/names.h"
#include "render/call.h"
#include "wire/field.h"
#include "wire/guard.h"

static size_t bound(struct text request) {
        return PROMISED_AT_LEAST + PROMISED_PER_BYTE * request.len;
}

static int call(struct text request, struct arena *arena, struct text *ret_answer) {
        struct call_summary summary;
        struct payload payload = { 0 };
        struct fault fault = { .message = "" };
        int r = function_run(request, arena, &payload, &summary, &fault);

        *ret_answer = (struct text) { 0 };
        if (r < 0) {
                MUST(r == -EBADMSG || r == -E2BIG || r == -ENOMEM);
                MUST(fault.message[0] != '\0');
                return r;
        }
        MUST(payload.len <= FUNCTION_RESPONSE_MAX);
        arena->budget_bytes = SIZE_MAX; /* joining is ours */
        *ret_answer = text_join(arena, payload.parts, payload.n_parts);
        MUST(ret_answer->len == payload.len);
        return 0;
}

/* Names that this function gives to what it composes. */
static bool may_be_ours(struct text name) {
        return names_is_ours(name) || text_equal(name, TEXT("capacity")) ||
               text_equal(name, TEXT("provider-config")) || text_equal(name, TEXT("in-use"));
}

static bool is_too_large(const struct call_response *answer) {
        return answer->n_results > 0 &&
               text_starts_with(answer->results[0].message, TEXT("the response has "));
}

/* ---- what others desire ---------------------------------------------------------------------- */

enum { STATE_COMPOSITE = 1, STATE_RESOURCES = 2, RESOURCE_OBJECT = 1 };

static bool any_field(struct text message, uint32_t number, bool (*is)(struct text body)) {
        struct field field;

        while (field_next(&message, &field)) {
                if (field_is(&field, number) && is(field.bytes))
                        return true;
        }
        return false;
}

static bool is_broken(struct text object) {
        struct fault fault;

        return guard_struct(object, &fault) < 0;
}

static bool resource_is_broken(struct text resource) {
        return any_field(resource, RESOURCE_OBJECT, is_broken);
}

static bool entry_is_broken(struct text entry) {
        return any_field(entry, ENTRY_VALUE, resource_is_broken);
}

/*
 * It is handed on unread, so an answer is broken where that is: also in a resource
 * that another one of its name replaces.
 */
static bool hands_on_broken(const struct state *desired) {
        return any_field(desired->raw, STATE_COMPOSITE, resource_is_broken) ||
               any_field(desired->raw, STATE_RESOURCES, entry_is_broken);
}

static void check_answer(struct text request_bytes, struct text answer, struct arena *arena) {
        struct call_response response;
        struct request request;
        struct fault fault;

        MUST(request_read(request_bytes, arena, &request, &fault) == 0);
        if (hands_on_broken(&request.desired))
                return;
        MUST(call_read(answer, arena, &response, &fault) == 0);
        MUST(text_equal(response.tag, request.tag));
        if (is_too_large(&response))
                return;
        for (size_t i = 0; i < request.desired.n_resources; i++) {
                const struct resource *before = &request.desired.resources[i];
                const struct resource *after = request_resource(&response.desired, before->name);

                MUST(after);
                MUST(text_equal(after->raw, before->raw) || may_be_ours(before->name));
        }
}

static void check_same(struct text request, int first, struct text answer, struct arena *arena) {
        struct text again;

        if (arena->chunks) /* what an earlier request left there */
                memset(arena->next, 0xa5, (size_t)(arena->end - arena->next));
        MUST(call(request, arena, &again) == first);
        MUST(text_equal(again, answer));
}

/* In pieces, and without what is stepped over; for each request of one size, but not for all. */
static void check_in_pieces(struct text request, int first, struct text answer,
                            struct arena *arena) {
        size_t size = 1 + text_hash(TEXT_HASH_SEED, request) % 100;
        struct text again;

        MUST(in_pieces_run(request, size, arena, &again) == first);
        MUST(text_equal(again, answer));
}

static void check_denied(struct text request, uint64_t n_allocations) {
        uint64_t n = 1 + text_hash(TEXT_HASH_SEED, request) % n_allocations;
        struct arena arena;
        struct text answer;

        arena_init(&arena, SIZE_MAX);
        arena.countdown = n;
        MUST(call(request, &arena, &answer) == -ENOMEM);
        arena_release(&arena);
}

bool promises_hold(struct text request, struct arena *own, struct text *ret) {
        struct arena arena, other;
        uint64_t n_allocations;
        struct text answer;
        int r;

        arena_init(&arena, bound(request));
        arena.countdown = UINT64_MAX;
        r = call(request, &arena, &answer);
        MUST(r != -ENOMEM);
        n_allocations = UINT64_MAX - arena.countdown;
        arena_init(&other, bound(request));
        MUST(arena_alloc(&other, 1024));
        arena_reset(&other, SIZE_MAX);
        check_same(request, r, answer, &other);
        arena_reset(&other, SIZE_MAX);
        check_in_pieces(request, r, answer, &other);
        arena_release(&other);
        if (r == 0) {
                check_answer(request, answer, &arena);
                check_denied(request, n_allocations - 1); /* without the one that joins */
        }
        if (r == 0 && ret)
                *ret = text_copy(own, answer);
        arena_release(&arena);
        return r == 0;
}
