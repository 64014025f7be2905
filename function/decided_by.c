/* SPDX-License-Identifier: Apache-2.0 */
#include "decided_by.h"

#include "base/arena.h"
#include "base/base32.h"
#include "place/observe.h"

/* A resource's spec and labels, without what Crossplane writes there itself. */
static uint64_t hash_declared(struct value object) {
        static const struct text in_spec[] = { TEXT_INIT("crossplane"), TEXT_INIT("resourceRefs") };
        static const struct text in_labels[] = { TEXT_INIT("crossplane.io/composite"),
                                                 TEXT_INIT("crossplane.io/claim-name"),
                                                 TEXT_INIT("crossplane.io/claim-namespace") };
        uint64_t spec = value_hash_without(value_get(object, TEXT("spec")), in_spec, 2);
        uint64_t labels = value_hash_without(value_at(object, "metadata.labels"), in_labels, 3);

        return spec ^ (labels << 1 | labels >> 63);
}

static void add_hash(struct builder *b, uint64_t hash) {
        builder_hex(b, hash, 16);
        builder_char(b, ' ');
}

static void add_environments(struct builder *b, const struct deploy_request *request) {
        for (size_t i = 0; i < request->n_environments; i++) {
                const struct environment *environment = &request->environments[i];

                builder_json(b, environment->name);
                add_hash(b, hash_declared(environment->written));
                builder_char(b, environment->not_ready ? '-' : '+');
        }
}

/* What is placed already: any change of it is looked at with all that there is. */
static void add_assignments(struct builder *b, const struct plan *plan) {
        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];
                const struct reservation *r = &a->planned;

                if (a->fate == FATE_DROPPED)
                        continue;
                builder_json(b, a->suffix);
                builder_i64(b, r->reserved);
                builder_char(b, '/');
                builder_i64(b, r->used);
                builder_char(b, r->served ? 's' : '-');
                builder_char(b, r->leaving ? 'l' : '-');
                builder_char(b, assignment_is_ready(a) ? 'r' : '-');
                builder_char(b, a->frozen ? 'f' : '-');
        }
}

/*
 * As long as it is the same, the reservations of the fleet would be read in
 * vain. Forging it in one's own status delays that deployment alone.
 */
struct text decided_by_digits(const struct decided_by_of *of) {
        const struct call *call = of->call;
        struct text parts[] = { { 0 }, fits_token(of->fits, call->arena) };
        char *digits = arena_alloc(call->arena, BASE32_DIGITS);
        struct builder b;

        builder_init(&b, call->arena);
        add_hash(&b, hash_declared(call->xr));
        add_hash(&b, hash_declared(requirements_model_object(of->answers)));
        add_hash(&b, value_hash(call->request.input));
        add_hash(&b, requirements_mig_parted_hash(of->answers));
        add_environments(&b, of->request);
        add_assignments(&b, of->plan);
        parts[0] = builder_done(&b);
        if (!digits || arena_failed(call->arena))
                return (struct text) { 0 };
        base32_16(parts, 2, digits);
        return (struct text) { digits, BASE32_DIGITS };
}

struct text decided_by_observed(const struct call *call) {
        return value_text(value_at(call->xr, "status.decidedBy"));
}

/* Scheduled as a decision to wait left it; what froze the deployment since is no such. */
bool decided_by_scheduled(const struct call *call, struct condition *ret) {
        static const struct text reasons[] = { TEXT_INIT("InsufficientCapacity"),
                                               TEXT_INIT("NoMatchingPool"),
                                               TEXT_INIT("PartiallyScheduled") };
        struct value observed = observe_condition(call->xr, TEXT("Scheduled"));

        *ret = (struct condition) { .type = TEXT("Scheduled"),
                                    .status = CONDITION_FALSE,
                                    .reason = value_get_text(observed, "reason"),
                                    .message = value_get_text(observed, "message") };
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
                if (text_equal(ret->reason, reasons[i]))
                        return true;
        }
        return false;
}
