/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - the flags of vLLM that follow from where it is placed
 */
#ifndef FLEET_ENGINE_H
#define FLEET_ENGINE_H

#include "wire/value.h"

struct engine_flag {
        struct text name;
        struct text short_name; /* empty: none */
        size_t least;           /* bytes of the name that are enough */
};

extern const struct engine_flag engine_tensor;      /* --tensor-parallel-size */
extern const struct engine_flag engine_pipeline;    /* --pipeline-parallel-size */
extern const struct engine_flag engine_data;        /* --data-parallel-size */
extern const struct engine_flag engine_expert;      /* --enable-expert-parallel; takes no value */
extern const struct engine_flag engine_no_expert;   /* --no-enable-expert-parallel; likewise */
extern const struct engine_flag engine_port;        /* --port */
extern const struct engine_flag engine_utilization; /* --gpu-memory-utilization */

/* Where a flag is set. */
struct engine_setting {
        size_t index;      /* of the argument that holds the value */
        struct value item; /* that argument */
        struct text value; /* empty where there is none */
};

/*
 * engine_find() - the last of the arguments that sets the flag, which is the one that counts
 * @args: a list of strings, or absent
 * @ret:  set when there is one; may be NULL
 *
 * vLLM takes "--flag=value" and "--flag" "value", underscores for dashes, and as
 * much of a flag as no other begins with. Of "--data-parallel-size" that is all of it.
 */
bool engine_find(struct value args, const struct engine_flag *flag, struct engine_setting *ret);

#endif
