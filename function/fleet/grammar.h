/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar - which names are names
 *
 * Each says whether the whole text is one. Kubernetes' grammars are those of
 * k8s.io/apimachinery v0.34, pkg/util/validation. The others are narrower than
 * need be on purpose: what they let through means nothing to a shell, to a
 * template or to JSON.
 */
#ifndef FLEET_GRAMMAR_H
#define FLEET_GRAMMAR_H

#include "base/text.h"

bool grammar_dns_label(struct text t);
bool grammar_dns_subdomain(struct text t);
bool grammar_label_key(struct text t);
bool grammar_label_value(struct text t);

/* grammar_data_key() - a key of a Secret or a ConfigMap. */
bool grammar_data_key(struct text t);

/* grammar_api_version() - "group/version". */
bool grammar_api_version(struct text t);

/* grammar_resource_name() - an extended resource. */
bool grammar_resource_name(struct text t);

/*
 * grammar_shown_name() - what people call pools and serving profiles
 *
 * 1 to 63 characters in any script, none of them a control character. The text
 * must be UTF-8.
 */
bool grammar_shown_name(struct text t);

/* grammar_model_name() - what an engine serves a model as: "google/gemma-3-27b-it". */
bool grammar_model_name(struct text t);

/* grammar_hub_repo() - "owner/name" or "name" on the Hugging Face hub. */
bool grammar_hub_repo(struct text t);

/* grammar_hub_revision() - a branch, tag or commit there. */
bool grammar_hub_revision(struct text t);

/* grammar_image() - a container image. */
bool grammar_image(struct text t);

/*
 * grammar_weights() - where weights are, behind the scheme
 * @scheme: hf, s3, pvc, oci or oci+native
 *
 * "owner/name[:revision]", "bucket/path", "claim[/path]", an image.
 */
bool grammar_weights(struct text scheme, struct text t);

/* grammar_variable() - an environment variable. */
bool grammar_variable(struct text t);

#endif
