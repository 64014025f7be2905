/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - what is passed through to pods, held to Kubernetes' rules
 *
 * The admission of an LLMInferenceService accepts nearly anything here and the
 * pods fail much later, far from where it was written. Each function notes every
 * mistake with its path, sets *ret only when there was none, and does nothing
 * for a field that is not written.
 */
#ifndef FLEET_CHECK_H
#define FLEET_CHECK_H

#include "fleet/reader.h"

/* check_tolerations() - a list of core/v1 Tolerations. */
void check_tolerations(struct reader *rd, const struct member *f, struct value *ret);

/* check_labels() - a map of label keys to label values, 64 at most. */
void check_labels(struct reader *rd, const struct member *f, struct value *ret);

/* check_selector() - {matchLabels: {...}}; *ret is the inner map. matchExpressions are refused. */
void check_selector(struct reader *rd, const struct member *f, struct value *ret);

/* Bytes: quoting makes an argument up to four times as long, and Linux takes 128 KiB. */
enum { CHECK_ARGUMENT_MAX = 32000 };

/*
 * check_args() - a list of command line arguments
 *
 * They pass a template once and a shell twice: `{{`, `$`, backquotes and line
 * breaks would not arrive as written. Nor would "--flag value" in one string: it
 * is one argument, and the engine has no such flag.
 */
void check_args(struct reader *rd, const struct member *f, struct value *ret);

/*
 * check_shown_name() - what a pool or a serving profile is called; its absence is a mistake
 *
 * The name ends up in labels, keys of data and annotations, wherever a hash does
 * not stand for it.
 */
void check_shown_name(struct reader *rd, const struct member *f, struct text *ret);

/* check_model_name() - what a model is served as: KServe pastes it into a shell. Needed. */
void check_model_name(struct reader *rd, const struct member *f, struct text *ret);

/* check_hub_repo() - a repository of the Hugging Face hub. Needed. */
void check_hub_repo(struct reader *rd, const struct member *f, struct text *ret);

/* check_hub_revision() - a branch, tag or commit of one. */
void check_hub_revision(struct reader *rd, const struct member *f, struct text *ret);

/*
 * check_weights() - a URI of weights, with a scheme that an LLMInferenceService takes. Needed.
 * Source: KServe v0.20, pkg/controller/v1alpha2/llmisvc/workload_storage.go
 */
void check_weights(struct reader *rd, const struct member *f, struct text *ret);

/* check_image() - a container image. */
void check_image(struct reader *rd, const struct member *f, struct text *ret);

/* check_resource_name() - an extended resource: "nvidia.com/gpu". */
void check_resource_name(struct reader *rd, const struct member *f, struct text *ret);

/* check_object_name() - a name that most Kubernetes objects may have (a DNS-1123 subdomain). */
void check_object_name(struct reader *rd, const struct member *f, struct text *ret);

/* check_namespace() - a DNS-1123 label. */
void check_namespace(struct reader *rd, const struct member *f, struct text *ret);

/* check_api_version() - "group/version". */
void check_api_version(struct reader *rd, const struct member *f, struct text *ret);

/* check_data_key() - a key of a Secret or a ConfigMap. */
void check_data_key(struct reader *rd, const struct member *f, struct text *ret);

#endif
