/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_check.h"

#include <errno.h>

#include "fleet/doubts.h"
#include "fleet/model.h"
#include "fleet/reader.h"

static struct text list_mistakes(const struct mistakes *mistakes, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < mistakes->n; i++) {
                if (i > 0)
                        builder_string(&b, "; ");
                builder_text(&b, mistakes->items[i]);
        }
        if (mistakes->n_more > 0)
                builder_text(&b, text_format(arena, "; and %zu more", mistakes->n_more));
        return builder_done(&b);
}

/* Of a spec that is none, nothing can be said but that. */
static struct text reason_for(struct value xr) {
        return value_get(xr, TEXT("spec")).kind == VALUE_MAP ? TEXT("Invalid")
                                                             : TEXT("InvalidSpec");
}

int stage_check(struct call *call) {
        struct condition condition = { .type = TEXT("ModelValid"),
                                       .status = CONDITION_TRUE,
                                       .reason = TEXT("Valid") };
        struct mistakes mistakes = { 0 };
        struct model model;
        int r = model_check(call->xr, call->arena, &model, &mistakes);

        if (r < 0 && r != -EINVAL)
                return r;
        if (r == -EINVAL) {
                condition.status = CONDITION_FALSE;
                condition.reason = reason_for(call->xr);
                condition.message = list_mistakes(&mistakes, call->arena);
        } else {
                condition.message = doubts_of_model(&model, call->arena);
        }
        response_condition(&call->response, condition);
        call_report_transition(call, &condition);
        call->response.composite_ready = ready_when(r == 0);
        return 0;
}
