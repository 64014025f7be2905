/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_internal - what the parts of the command "plan" share
 */
#ifndef CLI_PLAN_INTERNAL_H
#define CLI_PLAN_INTERNAL_H

#include "cli/draw.h"
#include "cli/output.h"
#include "gpu/cut.h"

enum plan_form { PLAN_TEXT, PLAN_JSON, PLAN_YAML, PLAN_MIG_PARTED };

/* What is wanted, each with what it is called in answers. */
struct plan_wants {
        struct cut_want items[CUT_WANTS_MAX];
        struct text names[CUT_WANTS_MAX]; /* "40Gi", "team-a/gemma" */
        size_t n;
};

/* How the GPUs are cut today. */
struct plan_today {
        struct cut_layout items[CUT_LAYOUTS_MAX / 2];
        size_t n;
        int64_t gpus;     /* of all of them, and those that are not divided */
        int64_t *devices; /* of each GPU its item, -1: not divided; gpus of them */
};

/* What an answer is made of. */
struct plan_answer {
        const struct cut_task *task;
        const struct cut_plan *plan;
        const struct plan_wants *wants;
        const struct plan_today *today;
        bool has_today;
        int64_t per_node; /* GPUs; 0: not said, all are one node's */
        struct draw_style style;
        struct arena *arena;
};

/*
 * plan_read_list() - memory or profile[:count] joined by commas: "40Gi:3,1g.10gb+me"
 * @wants: grows
 *
 * Errors: -EINVAL  and the sentence names the word
 */
int plan_read_list(struct text list, struct plan_wants *wants, struct fault *fault);

/*
 * plan_read_deployments() - a want for each ModelDeployment among objects, with its model
 * @product: of its serving profiles the first counts that some slice of it holds; else the first
 *
 * Errors: -EINVAL  a mistake in an object, or a model that is not there
 *         -ENOMEM
 */
int plan_read_deployments(const struct objects *objects, const struct gpu_product *product,
                          struct arena *arena, struct plan_wants *wants, struct fault *fault);

/* Where it stands how GPUs are cut today. */
struct plan_source {
        const char *path;
        const char *config; /* of a mig-parted file; NULL: its only one */
        const struct gpu_product *product;
        int64_t gpus;     /* of all nodes, for a mig-parted file; 0: not known */
        int64_t per_node; /* 0: all are one node's */
};

/*
 * plan_read_today() - an InferenceEnvironment's pools with the product, or a mig-parted file
 *
 * Errors: -EINVAL  unreadable, or it does not say how the GPUs are cut
 *         -ENOMEM
 */
int plan_read_today(const struct plan_source *source, struct arena *arena, struct plan_today *ret,
                    struct fault *fault);

/* plan_is_complete() - has every want all its units? */
bool plan_is_complete(const struct plan_answer *a);

/* plan_write() - the answer in any form. Errors: -ENOMEM */
int plan_write(const struct plan_answer *a, enum plan_form form, struct builder *b);

#endif
