/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request - a RunFunctionRequest as plain structs
 *
 * The envelope of what is observed (which resources there are, under which
 * names, how ready), and of the desired composite, is decoded into the arena;
 * objects stay Struct bytes behind a struct value. Desired resources and answers
 * are not copied.
 * Everything is borrowed from the request's bytes and the arena.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "base/fault.h"
#include "wire/value.h"

enum ready {
        READY_UNSPECIFIED = 0,
        READY_TRUE = 1,
        READY_FALSE = 2,
};

/* ready_when() - READY_TRUE or READY_FALSE */
enum ready ready_when(bool ready);

struct resource {
        struct text name;    /* the key in the map; empty for a composite */
        struct value object; /* absent when the message has no resource */
        enum ready ready;
        struct text raw; /* the body of the Resource message */
};

struct state {
        struct resource composite;
        struct resource *resources; /* sorted by name, each name once */
        size_t n_resources;
        struct text raw; /* the body of the State message */
};

/*
 * An object that was asked for. It stays closed until it is checked: what is chosen by can
 * be read before.
 */
struct answer_item {
        struct text namespace_, name;
        struct value labels;
        struct value object; /* absent while it is closed */
        struct value closed; /* absent once it is open */
};

/* An answer to a requirement: the key is resolved. Without items: nothing was found. */
struct answer_set {
        struct text key;
        struct answer_item *items; /* sorted by namespace, then name */
        size_t n_items;
};

struct request {
        struct text tag;       /* empty when there is no meta */
        bool has_capabilities; /* the caller lists what it can do: Crossplane v2.2 and later */
        struct state observed;
        struct state desired;
        struct value input;          /* absent or a map */
        struct value context;        /* absent or a map */
        struct answer_set *required; /* required_resources and extra_resources, sorted by key */
        size_t n_required;           /* a key of both: required_resources wins */
};

/*
 * request_read() - bytes to struct request
 * @bytes: have passed guard_request(), with whatever verdict; must outlive *ret
 *
 * Errors: -ENOMEM    arena spent
 *         -EBADMSG   not a RunFunctionRequest after all
 */
int request_read(struct text bytes, struct arena *arena, struct request *ret, struct fault *fault);

/*
 * request_read_only() - the same with only those observed resources that @reads wants, and of
 *                       what is desired only the composite
 * @bytes: have passed guard_request_only() with the same @reads
 *
 * Answers are closed: the objects of their items are absent until they are opened. Desired
 * resources are in desired.raw, to be passed through.
 */
int request_read_only(struct text bytes, bool (*reads)(struct text name), struct arena *arena,
                      struct request *ret, struct fault *fault);

/*
 * request_desired() - the body of a State message as desired state: objects stay where they lie
 *
 * Errors: -ENOMEM, -EBADMSG  as request_read()
 */
int request_desired(struct text raw, struct arena *arena, struct state *ret);

/* request_suspect() - mark every object that is open: guard_request_only() said GUARD_BROKEN. */
void request_suspect(struct request *request);

/* request_required() - the answer to key, or NULL while it is unresolved. */
const struct answer_set *request_required(const struct request *request, struct text key);

/* request_peek() - the object of an answer's item, open or not: to choose by, not to pass through.
 */
struct value request_peek(const struct answer_item *item);

/*
 * request_open_item() - check the object of an answer's item, and show it
 *
 * Nothing is left to do for one that is open.
 *
 * Errors: -EBADMSG, -E2BIG  as guard_struct(); the object stays absent
 */
int request_open_item(struct answer_item *item, struct fault *fault);

/* request_open() - the same for all items; NULL has none. */
int request_open(const struct answer_set *answer, struct fault *fault);

/* request_resource() - the resource of that name, or NULL. */
const struct resource *request_resource(const struct state *state, struct text name);

#endif
