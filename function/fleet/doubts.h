/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doubts - what is composed as it is written, although it can hardly be meant
 *
 * Reported, not refused: GPUs that no process uses, a port that KServe does not
 * probe, more of a shared GPU than one share.
 */
#ifndef FLEET_DOUBTS_H
#define FLEET_DOUBTS_H

#include "fleet/model.h"

/* What the engine of one pod is started with. */
struct doubts_of {
        struct value pool_args, engine_args; /* lists of strings, or absent */
        int64_t units;                       /* that the pod has; 0: not known */
        int64_t used;                        /* of these, by its parallelism */
        int64_t share_replicas;              /* pods on one time-sliced GPU; 1: not shared */
};

/* doubts_about() - sentences with "; " between them; empty: there is none. */
struct text doubts_about(const struct doubts_of *of, struct arena *arena);

/*
 * doubts_of_model() - those of all serving profiles, with their paths, and what is written but not
 * read; empty: there is none
 */
struct text doubts_of_model(const struct model *model, struct arena *arena);

#endif
