/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shuffle - the same RunFunctionRequest with its fields in another order
 *
 * What protobuf and JSON call the same: fields of messages, entries of maps,
 * items of answers. Lists keep their order.
 */
#ifndef TEST_LIB_SHUFFLE_H
#define TEST_LIB_SHUFFLE_H

#include "base/text.h"

/* shuffle_request() - another order for each seed; the arena owns it. */
struct text shuffle_request(struct text request, uint64_t seed, struct arena *arena);

/* shuffle_maps() - the same for entries of maps alone, which is how Go's encoder writes it. */
struct text shuffle_maps(struct text request, uint64_t seed, struct arena *arena);

#endif
