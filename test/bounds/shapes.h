/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shapes - requests that are as bad as they can be, in any size
 */
#ifndef TEST_BOUNDS_SHAPES_H
#define TEST_BOUNDS_SHAPES_H

#include "render/call.h"

struct shape_of_request {
        const char *name;
        const char *why;
        struct text (*make)(size_t n, struct arena *arena); /* bytes grow with n */
        size_t n;                                           /* a size that takes some 100 kB */
};

extern const struct shape_of_request shapes_of_requests[];
extern const size_t n_shapes_of_requests;

#endif
