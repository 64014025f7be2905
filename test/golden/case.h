/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case - a folder that says what goes in and what must come out
 *
 *      reason.txt     why this case is here, one sentence
 *      xr.yaml        the composite resource
 *      required.yaml  what the cluster holds (may be absent)
 *      observed.yaml  composed resources that exist (may be absent)
 *      input.yaml     the step's input (absent: an Input without members)
 *      withheld.txt   requirements, one a line, that are never answered (may be absent)
 *      want.yaml      the whole answer
 */
#ifndef TEST_GOLDEN_CASE_H
#define TEST_GOLDEN_CASE_H

#include "render/pipeline.h"

struct golden {
        const char *folder;
        struct text reason;
        struct pipeline_input input;
        struct text withheld; /* keys of requirements, one a line */
        struct text want;     /* empty when want.yaml is absent */
};

/* Errors: -EINVAL  a file is unreadable; -ENOMEM */
int case_read(const char *folder, struct arena *arena, struct golden *ret, struct fault *fault);

/* case_answer() - the YAML of the answer, of a function behind any transport. Errors as
 * pipeline_run(). */
int case_answer(const struct golden *golden, const struct cli_transport *transport,
                struct arena *arena, struct text *ret, struct fault *fault);

/* case_path() - a file of a case, NUL-terminated. */
const char *case_path(const char *folder, const char *file, struct arena *arena);

#endif
