/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline - the steps of a Composition, called as Crossplane calls them
 *
 * Plain inputs to plain answers; no files. Requirements are answered from the
 * objects given, in as many iterations as Crossplane allows.
 *
 * Source: crossplane v2.4.0, internal/xfn/required_resources.go and
 * internal/controller/apiextensions/composite/composition_functions.go.
 */
#ifndef RENDER_PIPELINE_H
#define RENDER_PIPELINE_H

#include "render/call.h"
#include "yaml/read.h"

struct explanation; /* call.h */

/* The name of a Function, and the last part of its package, that mean this program. */
#define PIPELINE_FUNCTION "function-gpu-placement"

/* A function that does not settle its requirements in as many calls has failed. */
enum { PIPELINE_CALLS_MAX = 6 };

/* How the bytes of a RunFunctionRequest reach a function and those of its answer come back. */
struct cli_transport {
        int (*call)(void *ctx, const char *target, struct text request, struct arena *arena,
                    struct text *ret, struct fault *fault);
        void *ctx;
};

/* To function_run() of this process; the target is not looked at. */
extern const struct cli_transport pipeline_in_process;

/* pipeline_explaining() - the same; *ret is set to how the last call that decided came to it. */
struct cli_transport pipeline_explaining(struct explanation *ret);

struct pipeline_input {
        struct value composite;
        struct value composition;
        bool has_functions; /* else every step is a call of this function */
        struct objects functions;
        struct objects required; /* what the cluster holds */
        struct objects observed; /* composed resources, with their composition-resource-name */
};

struct pipeline_step {
        struct text name;
        struct call_response response; /* of its last call */
        size_t n_calls;
};

struct pipeline_output {
        struct pipeline_step *steps; /* ours, in order, up to a fatal one */
        size_t n_steps;
        struct text *skipped; /* a sentence for each step of another function */
        size_t n_skipped;
        struct text fatal; /* the sentence that Crossplane would say; empty: none */
};

/*
 * pipeline_run() - call every step that is ours
 * @target: where, for the transport
 * @arena:  owns *ret, which also borrows from in
 * @ret:    set on success; a fatal result is a success
 * @fault:  set on failure
 *
 * Errors: -EINVAL  the Composition is not one for this composite, or an observed
 *                  resource does not say which one it is
 *         -EPROTO  an answer could not be read, or its requirements never settled
 *         -ENOMEM  arena spent
 *         those of the transport
 */
int pipeline_run(const struct pipeline_input *in, const struct cli_transport *transport,
                 const char *target, struct arena *arena, struct pipeline_output *ret,
                 struct fault *fault);

#endif
