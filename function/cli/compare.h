/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - what environments declare, held against real nodes
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/hosts.h"
#include "cli/inspect.h"

/* Who hears of differences: of a pool by its index, of the environment as a whole by SIZE_MAX. */
struct compare_report {
        void *ctx;
        void (*tell)(void *ctx, size_t pool, bool is_error, struct text sentence);
};

/*
 * compare_environment() - a sentence for each difference
 * @environment: its resource names are set
 *
 * An error where pods would never start or get something else: a selector that finds
 * nothing, nodes without the resource, with another GPU, fewer units, less memory, or a
 * taint that nothing tolerates. Else only something is left out: more units or nodes,
 * GPUs that no pool covers, nodes that two pools select.
 *
 * Errors: -ENOMEM
 */
int compare_environment(const struct environment *environment, const struct hosts *hosts,
                        const struct compare_report *report, struct arena *arena);

/* compare_running() - nodes that the sub-pool's selector finds and that offer its resource. */
int64_t compare_running(const struct sub_pool *sub, const struct hosts *hosts);

/*
 * compare_nodes() - a finding for each difference of the environments among objects
 *
 * Of several only those of the source InCluster are compared. Errors: -ENOMEM
 */
int compare_nodes(struct inspection *in, const struct hosts *hosts);

#endif
