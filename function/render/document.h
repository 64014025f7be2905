/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document - what a pipeline answered, as the YAML stream of "crossplane composition render"
 *
 * First the composite, then composed resources by name, then results and context.
 * It shows what functions do; what Crossplane's own reconciler adds (resourceRefs,
 * the conditions Synced and Responsive, its events) is left out.
 */
#ifndef RENDER_DOCUMENT_H
#define RENDER_DOCUMENT_H

#include "render/pipeline.h"

struct document_options {
        bool full_composite; /* its spec, metadata and the status it came with too */
        bool results;
        bool context;
        bool answers; /* for each step what Crossplane keeps to itself: readiness, TTL, requirements
                       */
};

/*
 * document_write() - append the stream to b
 * @arena: for what is needed on the way
 *
 * Conditions carry one fixed time; those that the composite had and no step
 * answers stay. Ready is what Crossplane would make of the answers.
 *
 * Errors: -ENOMEM
 */
int document_write(const struct pipeline_input *in, const struct pipeline_output *out,
                   struct document_options options, struct builder *b, struct arena *arena);

#endif
