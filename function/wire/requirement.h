/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requirement - the Requirements message of a response, made and read
 */
#ifndef WIRE_REQUIREMENT_H
#define WIRE_REQUIREMENT_H

#include "wire/encode.h"

/* Which objects to fetch; names and labels as Crossplane's ResourceSelector has them. */
struct requirement {
        struct text key;
        struct text api_version;
        struct text kind;
        struct text match_name;          /* by name when not empty; else by labels */
        const struct text *label_keys;   /* n_labels of each, sorted by key; */
        const struct text *label_values; /* none: every object (an empty MatchLabels is sent) */
        size_t n_labels;
        struct text namespace_; /* empty: cluster scoped, or all namespaces */
};

/*
 * requirement_encode() - the fields of a Requirements message
 * @requirements: n of them; of equal keys the last one is sent
 * @in_extra:     in the old field too
 * @ret:          to be initialised
 *
 * Errors: -ENOMEM  arena spent
 */
int requirement_encode(const struct requirement *requirements, size_t n, bool in_extra,
                       struct arena *arena, struct parts *ret);

enum requirement_field {
        REQUIREMENTS_EXTRA = 1,
        REQUIREMENTS_RESOURCES = 2,
};

/*
 * requirement_read() - one of the two maps of a Requirements message
 * @bytes: have passed guard_response()
 * @ret:   set on success, sorted by key; of equal keys the last one
 *
 * Errors: -ENOMEM  arena spent
 */
int requirement_read(struct text bytes, enum requirement_field field, struct arena *arena,
                     struct requirement **ret, size_t *ret_n);

#endif
