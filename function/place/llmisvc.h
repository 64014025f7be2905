/* SPDX-License-Identifier: Apache-2.0 */
/*
 * llmisvc - the LLMInferenceService of a placement
 */
#ifndef PLACE_LLMISVC_H
#define PLACE_LLMISVC_H

#include "deploy/plan.h"

/*
 * llmisvc_manifest() - a complete manifest
 * @name, namespace_: of the service
 *
 * Only fields that serving.kserve.io/v1alpha1 and v1alpha2 share.
 * Source: KServe v0.20, pkg/apis/serving/v1alpha2
 */
struct node *llmisvc_manifest(const struct placement *placement, const struct settings *settings,
                              struct text name, struct text namespace_, struct arena *arena);

/* llmisvc_labels(), llmisvc_annotations() - the metadata that tells whose service it is. */
struct node *llmisvc_labels(const struct placement *placement, struct arena *arena);
struct node *llmisvc_annotations(const struct placement *placement, struct arena *arena);

#endif
