/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discover_yaml - an InferenceEnvironment of what was found, with comments
 *
 * A comment stands beside what nodes cannot tell.
 */
#ifndef CLI_DISCOVER_YAML_H
#define CLI_DISCOVER_YAML_H

#include "cli/declaring.h"

struct discovery {
        struct text name; /* of the environment */
        const struct hosts *hosts;
        const struct groups *groups;
        const struct declared *pools;
        size_t n_pools;
};

/* discover_yaml() - append it. Errors: -ENOMEM */
int discover_yaml(const struct discovery *d, struct arena *arena, struct builder *b);

#endif
