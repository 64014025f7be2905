/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes - protobuf messages of tests, put together by hand
 *
 * What is returned lives in the arena, or is the argument itself.
 */
#ifndef TEST_LIB_BYTES_H
#define TEST_LIB_BYTES_H

#include "wire/request.h"

/* bytes_field() - one field of bytes: tag, length, body. */
struct text bytes_field(struct arena *arena, uint32_t number, struct text body);

/* bytes_join() - one after the other. */
struct text bytes_join(struct arena *arena, struct text a, struct text b);

/* bytes_entry() - an entry of a map in field number: key and the message value. */
struct text bytes_entry(struct arena *arena, uint32_t number, struct text key, struct text value);

/* bytes_json() - the body of a Struct. */
struct text bytes_json(struct arena *arena, const char *json);

/* bytes_resource() - the body of a Resource that holds only an object. */
struct text bytes_resource(struct arena *arena, const char *json);

/* bytes_request() - what a RunFunctionRequest says; asserts that it is one. */
struct request bytes_request(struct arena *arena, struct text bytes);

#endif
