/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revision - a digest of all that shapes the pods of a service
 *
 * Where it changes, KServe replaces pods. It is of the members of an LLMInferenceService's spec
 * that become pods (model, baseRefs, template, worker, parallelism), and not of how many there
 * are, how they roll and who reaches them. The container main carries it as a variable, which
 * the digest leaves out: so a Deployment tells which pods it has.
 */
#ifndef PLACE_REVISION_H
#define PLACE_REVISION_H

#include "base/arena.h"
#include "wire/node.h"

#define REVISION_VARIABLE "GPU_PLACEMENT_REVISION"

/* revision_of() - of a service's spec, or of a map with those members alone. */
struct text revision_of(struct value spec, struct arena *arena);

/*
 * revision_of_node() - the same of a map that was composed for this only
 * @mark: from before; what was allocated since is gone, pods too
 *
 * Empty without memory.
 */
struct text revision_of_node(const struct node *pods, struct arena_mark mark, struct arena *arena);

/* revision_written() - what main of a PodSpec says; empty: nothing. */
struct text revision_written(struct value pod_spec);

/*
 * revision_observed() - of a service as it was composed
 * @recorded: what its reservation says
 *
 * What was composed before there were revisions says none, and has that of its pods. A template
 * that is not as we compose them tells nothing: what is recorded counts, and nothing recorded
 * takes it for current.
 */
struct text revision_observed(struct value spec, struct text recorded, struct arena *arena);

/* revision_keep_pods() - into spec the members of the observed one that shape pods. */
void revision_keep_pods(struct node *spec, struct value observed);

#endif
