/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shuffle - the same RunFunctionRequest with its fields in another order
 *
 * What protobuf and JSON call the same: fields of messages, entries of maps,
 * items of answers. Lists keep their order.
 */
#ifndef TEST_GOLDEN_SHUFFLE_H
#define TEST_GOLDEN_SHUFFLE_H

#include "base/text.h"

/* shuffle_request() - another order for each seed; the arena owns it. */
struct text shuffle_request(struct text request, uint64_t seed, struct arena *arena);

#endif
