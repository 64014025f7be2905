/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflection - grpc.reflection.v1 and v1alpha ServerReflection, bytes to bytes
 *
 * Source: grpc-proto, grpc/reflection/v1/reflection.proto; both versions have the
 * same messages.
 */
#ifndef SERVER_REFLECTION_H
#define SERVER_REFLECTION_H

#include "base/arena.h"
#include "base/text.h"

struct descriptors;

/*
 * reflection_answer() - the ServerReflectionResponse to a ServerReflectionRequest
 * @request: anything; bytes that are no request get an answer that says so
 * @arena:   takes the answer
 *
 * Returns the empty text when the arena is spent.
 */
struct text reflection_answer(const struct descriptors *d, struct text request,
                              struct arena *arena);

#endif
