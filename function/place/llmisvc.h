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
 * llmisvc_manifest() - a complete manifest
 * @claim_template: of the devices of its pods (place/devices.h); empty: a device plugin's
 *
 * Only fields that serving.kserve.io/v1alpha1 and v1alpha2 share.
 * Source: KServe v0.20, pkg/apis/serving/v1alpha2
 */
struct node *llmisvc_manifest(const struct assignment *assignment, const struct settings *settings,
                              struct identity identity, struct text claim_template,
                              struct arena *arena);

/* llmisvc_labels(), llmisvc_annotations() - the metadata that tells whose service it is. */
struct node *llmisvc_labels(const struct assignment *assignment, struct arena *arena);
struct node *llmisvc_annotations(const struct assignment *assignment, struct arena *arena);

#endif
