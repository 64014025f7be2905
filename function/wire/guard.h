/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard - is this a RunFunctionRequest that is safe to read?
 *
 * Looks at raw bytes before anything else does: iteratively, without
 * allocating, in time linear in their number. What passes can be read by
 * wire/request and wire/value without a bound of their own.
 */
#ifndef WIRE_GUARD_H
#define WIRE_GUARD_H

#include "base/fault.h"
#include "base/text.h"

/* JSON levels of one Struct; a Kubernetes object needs about 20. */
enum { GUARD_DEPTH_MAX = 100 };

/* Elements (map entries, list elements, repeated messages) of one request. */
enum { GUARD_ELEMENTS_MAX = 4 * 1000 * 1000 };

/*
 * Instead of 0: as safe to read, but a string of a Struct has a NUL byte or is not UTF-8.
 * That is for the reader of that object to refuse (fleet/broken.h), not a reason to
 * refuse a call, which reads many.
 */
enum { GUARD_BROKEN = 1 };

/*
 * guard_request() - check the bytes of a RunFunctionRequest
 * @fault: set on failure
 *
 * Checked in all that is read: tags and wire types, every length inside its
 * parent, depth, the number of elements, UTF-8 and no NUL in names and keys, at most
 * one of each singular message field (observed, desired, meta, input, context,
 * State.composite, Resource.resource, ...). The objects of desired resources
 * are only passed through: they are stepped over by length, after the same checks of
 * the messages around them and of their names. Unknown fields, credentials and
 * schemas are stepped over, and metadata.managedFields of every object too.
 *
 * Returns 0 or GUARD_BROKEN.
 * Errors: -EBADMSG  one of these does not hold; the sentence names the field
 *         -E2BIG    a limit: depth, elements
 */
int guard_request(struct text bytes, struct fault *fault);

/*
 * guard_request_only() - the same for a reader that does not want all of it
 * @reads: whether it wants the observed resource of that name
 *
 * The objects of other observed resources are stepped over, and so are those that
 * were asked for: request_open() checks each that is read.
 */
int guard_request_only(struct text bytes, bool (*reads)(struct text name), struct fault *fault);

/* guard_struct() - the same checks for the body of one google.protobuf.Struct. */
int guard_struct(struct text bytes, struct fault *fault);

/* guard_response() - the same checks for a RunFunctionResponse; its desired objects are read too.
 */
int guard_response(struct text bytes, struct fault *fault);

#endif
