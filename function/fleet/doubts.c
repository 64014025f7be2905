/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/doubts.h"

#include "fleet/engine.h"

/* Source: KServe v0.20, config/llmisvcconfig/config-llm-template.yaml */
#define SERVED_PORT "8000"

/* The engine's own arguments come after the pool's, and the last one counts. */
static bool find(const struct doubts_of *of, const struct engine_flag *flag,
                 struct engine_setting *ret) {
        return engine_find(of->engine_args, flag, ret) || engine_find(of->pool_args, flag, ret);
}

static void append_idle(const struct doubts_of *of, struct builder *b) {
        if (of->used >= of->units)
                return;
        builder_string(b, b->len > 0 ? "; " : "");
        builder_i64(b, of->units - of->used);
        builder_string(b, " of the ");
        builder_i64(b, of->units);
        builder_string(b, " units of a pod are idle: its parallelism uses ");
        builder_i64(b, of->used);
}

static void append_port(const struct doubts_of *of, struct builder *b) {
        struct engine_setting setting;

        if (!find(of, &engine_port, &setting) || text_equal(setting.value, TEXT(SERVED_PORT)))
                return;
        builder_string(b, b->len > 0 ? "; " : "");
        builder_string(b, "--port ");
        builder_text(b, setting.value);
        builder_string(b, " is not where KServe probes and sends requests: that is " SERVED_PORT);
}

static void append_utilization(const struct doubts_of *of, struct builder *b) {
        struct engine_setting setting;
        struct quantity part;
        struct fault unused;

        if (of->share_replicas < 2 || !find(of, &engine_utilization, &setting) ||
            quantity_parse(setting.value, &part, &unused) < 0 ||
            part.nano * of->share_replicas <= 1000000000)
                return;
        builder_string(b, b->len > 0 ? "; " : "");
        builder_string(b, "--gpu-memory-utilization ");
        builder_text(b, setting.value);
        builder_string(b, " is more than the share of each of the ");
        builder_i64(b, of->share_replicas);
        builder_string(b, " pods on a GPU: the next one finds no memory");
}

struct text doubts_about(const struct doubts_of *of, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        append_idle(of, &b);
        append_port(of, &b);
        append_utilization(of, &b);
        return builder_done(&b);
}

struct text doubts_of_model(const struct model *model, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_text(&b, model->unread);
        for (size_t i = 0; i < model->n_profiles; i++) {
                const struct serving_profile *p = &model->profiles[i];
                struct doubts_of of = {
                        .engine_args = p->args,
                        .units = p->gpus_per_node,
                        .used = model_units_used(p),
                        .share_replicas = 1,
                };
                struct text doubts = doubts_about(&of, arena);

                if (text_is_empty(doubts))
                        continue;
                builder_string(&b, b.len > 0 ? "; " : "");
                builder_text(&b, p->path);
                builder_string(&b, ": ");
                builder_text(&b, doubts);
        }
        return builder_done(&b);
}
