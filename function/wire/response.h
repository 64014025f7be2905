/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response - what a function answers, and its bytes
 *
 * The response starts as the request's desired state, context and tag, byte for
 * byte; what the stages add or replace is put over it.
 */
#ifndef WIRE_RESPONSE_H
#define WIRE_RESPONSE_H

#include "wire/node.h"
#include "wire/request.h"
#include "wire/requirement.h"

enum severity {
        SEVERITY_FATAL = 1,
        SEVERITY_WARNING = 2,
        SEVERITY_NORMAL = 3,
};

enum condition_status {
        CONDITION_UNKNOWN = 1,
        CONDITION_TRUE = 2,
        CONDITION_FALSE = 3,
};

struct condition {
        struct text type;
        enum condition_status status;
        struct text reason;
        struct text message; /* may be empty */
};

struct result {
        enum severity severity;
        struct text message;
        struct text reason; /* may be empty */
};

/* A desired resource that this function sets; it takes the place of one of the same name, */
struct desired {
        struct text name;
        struct node *object;
        enum ready ready;
        bool yields; /* or leaves it as the request has it, if there is an object in it */
};

struct response {
        struct arena *arena;
        int64_t ttl_seconds;        /* 0: none */
        struct node *status;        /* members put over the composite's status; NULL: untouched */
        enum ready composite_ready; /* UNSPECIFIED: as the request has it */
        struct desired *desired;    /* any order */
        size_t n_desired, cap_desired;
        struct condition *conditions;
        size_t n_conditions, cap_conditions;
        struct result *results;
        size_t n_results, cap_results;
        struct requirement *requirements; /* any order; sent sorted by key */
        size_t n_requirements, cap_requirements;
        bool has_claim;             /* conditions are for the XR's claim too */
        bool extra_resources;       /* send the requirements in the old field too */
        struct text context_key;    /* set in the context when context_value is not NULL */
        struct node *context_value; /* a map */
};

/* response_init() - an empty response: everything of the request is passed on. */
void response_init(struct response *r, struct arena *arena);

/*
 * Each appends a copy, messages as printable_text(); when the arena is spent,
 * response_encode() says so.
 */
void response_desire(struct response *r, struct desired desired);
void response_condition(struct response *r, struct condition condition);
void response_result(struct response *r, struct result result);
void response_require(struct response *r, struct requirement requirement);

/* The bytes of a message in parts: some in the arena, some in the request. Sent in order. */
struct payload {
        struct text *parts;
        size_t n_parts;
        size_t len; /* of all parts */
};

/*
 * response_encode() - the bytes of the RunFunctionResponse
 * @request: what is passed on comes from here, by reference
 * @ret:     set on success; lives as long as the arena and the request's bytes
 *
 * Desired composite: the request's Resource with its status merged and ready
 * set; apiVersion and kind are added from the observed composite where the
 * desired one lacks them. Equal input gives equal bytes.
 *
 * Errors: -ENOMEM  arena spent, now or earlier
 */
int response_encode(const struct response *r, const struct request *request, struct payload *ret);

#endif
