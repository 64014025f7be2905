/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call - the caller's side: bytes of a request made, bytes of a response read
 *
 * What Crossplane does with a function, for those who stand in its place:
 * render and the tests. Nothing here is used while serving.
 */
#ifndef RENDER_CALL_H
#define RENDER_CALL_H

#include "wire/request.h"
#include "wire/response.h"

/* An object to send. A value that was read elsewhere is sent by node_value(). */
struct call_object {
        struct text name;    /* its key; not sent for the composite and for items of an answer */
        struct node *object; /* a map; NULL: the Resource has none */
        enum ready ready;
};

/* The answer to one requirement; without items: nothing was found. */
struct call_answer {
        struct text key;
        const struct call_object *items;
        size_t n_items;
};

/* All members may be left zero. Maps are sent sorted by key; a key twice: the last one counts. */
struct call_request {
        struct text tag;
        bool has_capabilities; /* say what Crossplane v2.2 says that it can do */
        struct call_object composite;
        const struct call_object *resources; /* observed */
        size_t n_resources;
        struct text desired; /* the body of a State message, such as call_response.desired.raw */
        struct node *input;  /* a map, or NULL */
        struct text context; /* the body of a Struct, such as value_bytes(call_response.context) */
        const struct call_answer *required;
        size_t n_required;
        const struct call_answer *extra; /* in the old field, for functions that ask there */
        size_t n_extra;
};

/*
 * call_encode() - the bytes of the RunFunctionRequest
 * @ret: set on success; lives in the arena
 *
 * Equal calls give equal bytes, also when resources and answers are shuffled.
 *
 * Errors: -ENOMEM  arena spent, now or earlier
 */
int call_encode(const struct call_request *call, struct arena *arena, struct text *ret);

/*
 * What a function answered. Of a foreign function enums may hold values that
 * have no name here, and a requirement may be incomplete.
 */
struct call_response {
        struct text tag;
        int64_t ttl_seconds;  /* 0: none; parts of a second are dropped */
        struct state desired; /* .raw is what the next step gets */
        struct value context; /* absent or a map; value_bytes() is what the next step gets */
        struct condition *conditions;
        size_t n_conditions;
        struct result *results;
        size_t n_results;
        struct requirement *requirements; /* sorted by key, each key once */
        size_t n_requirements;
        struct requirement *extra; /* those of the old field */
        size_t n_extra;
};

/*
 * call_read() - bytes of any function's RunFunctionResponse to struct call_response
 * @bytes: need not have been checked: guard_response() is called here; must outlive *ret
 * @ret:   set on success; lives as long as the arena and bytes
 *
 * Errors: -EBADMSG, -E2BIG  as guard_response()
 *         -ENOMEM           arena spent
 */
int call_read(struct text bytes, struct arena *arena, struct call_response *ret,
              struct fault *fault);

#endif
