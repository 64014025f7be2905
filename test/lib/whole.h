/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whole - the same bytes as protobuf-c's whole tree says them
 *
 * The oracle of the views in wire/: it decodes everything, into a tree of its
 * own, with code that somebody else wrote. What is compared is canonical JSON.
 */
#ifndef TEST_LIB_WHOLE_H
#define TEST_LIB_WHOLE_H

#include "wire/request.h"

/*
 * whole_agrees() - do the tree and the view say the same of a Struct?
 * @bytes:    have passed guard_struct()
 * @ret_ours, ret_theirs: canonical JSON, for sentences
 */
bool whole_agrees(struct text bytes, struct arena *arena, struct text *ret_ours,
                  struct text *ret_theirs);

/* whole_agrees_on_request() - the same of a RunFunctionRequest that request_read() has read. */
bool whole_agrees_on_request(struct text bytes, const struct request *request, struct arena *arena,
                             struct text *ret_ours, struct text *ret_theirs);

#endif
