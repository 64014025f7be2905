/* SPDX-License-Identifier: Apache-2.0 */
/*
 * llmisvc - the LLMInferenceService of a placement
 */
#ifndef PLACE_LLMISVC_H
#define PLACE_LLMISVC_H

#include "deploy/plan.h"

/* What a manifest is called and where it is. */
struct identity {
        struct text name;
        struct text namespace_;
};

/*
 * llmisvc_pods() - the members of its spec that shape pods (place/revision.h)
 * @claim_template: of their devices (place/devices.h); empty: a device plugin's
 * @revision:       what main says of them; empty: nothing
 */
struct node *llmisvc_pods(const struct assignment *assignment, struct text claim_template,
                          struct text revision, struct arena *arena);

/*
 * llmisvc_manifest() - a complete manifest
 * @spec: what llmisvc_pods() made, or the same members as they are observed; the rest is added
 *
 * Only fields that serving.kserve.io/v1alpha1 and v1alpha2 share, and with KServe 0.21 how it
 * rolls. Source: KServe v0.20, pkg/apis/serving/v1alpha2
 */
struct node *llmisvc_manifest(const struct assignment *assignment, const struct settings *settings,
                              struct identity identity, struct node *spec, struct arena *arena);

/* llmisvc_labels(), llmisvc_annotations() - the metadata that tells whose service it is. */
struct node *llmisvc_labels(const struct assignment *assignment, struct arena *arena);
struct node *llmisvc_annotations(const struct assignment *assignment, struct arena *arena);

#endif
