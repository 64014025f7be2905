/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input - the function's input, found among manifests
 *
 * It stands in a step of a Composition, or alone as an object of kind Input.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "fleet/settings.h"
#include "yaml/read.h"

struct input {
        struct text composition; /* the name of its Composition; empty: it stands alone */
        struct text step;        /* the name of its step there */
        struct settings settings;
};

struct inputs {
        struct input *items; /* by Composition, those that stand alone first */
        size_t n;
};

/*
 * input_find() - the inputs that environments are counted with
 * @manifests: where to look; other objects are passed over
 * @cluster:   where the mig-parted files lie that the inputs name
 * @ret:       set on success; lives in the arena and borrows from both
 *
 * Of Compositions for InferenceEnvironments the first step with an input of ours;
 * where there is none, of those for ModelDeployments the first that decides. A
 * mig-parted ConfigMap that is not in cluster is reported by the pools that need it.
 *
 * Errors: -EINVAL  a mistake in an input; the sentence names where it stands
 *         -ENOMEM
 */
int input_find(const struct objects *manifests, const struct objects *cluster, struct arena *arena,
               struct inputs *ret, struct fault *fault);

/*
 * input_choose() - the one that an environment is counted with
 * @environment: its compositionRef decides where there are several
 * @ret:         set on success; NULL when there is none at all
 *
 * Errors: -EINVAL  several, and nothing says which
 */
int input_choose(const struct inputs *inputs, struct value environment, const struct input **ret,
                 struct fault *fault);

#endif
