/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/deploy/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void world_init(struct world *w) {
        memset(w, 0, sizeof(*w));
        w->deployment = (struct deployment) { .namespace_ = TEXT("team"),
                                              .name = TEXT("chat"),
                                              .model_kind = TEXT("ClusterModel"),
                                              .model_name = TEXT("gemma"),
                                              .environments = 1,
                                              .replicas = 1,
                                              .min_replicas = 1 };
        w->profiles[0] = (struct serving_profile) { .name = TEXT("fp8"),
                                                    .nodes = 1,
                                                    .gpus_per_node = 1,
                                                    .tensor = 1,
                                                    .pipeline = 1,
                                                    .needs = { .memory_bytes = 40 * GIB } };
        w->profiles[1] = w->profiles[0];
        w->profiles[1].name = TEXT("bf16");
        w->profiles[1].needs.memory_bytes = 80 * GIB;
        w->model = (struct model) { .model_name = TEXT("google/gemma-3-27b-it"),
                                    .uri = TEXT("hf://google/gemma-3-27b-it"),
                                    .profiles = w->profiles,
                                    .n_profiles = 1 };
}

size_t world_environment(struct world *w, const char *name) {
        size_t i = w->n_environments++;

        assert_true(w->n_environments <= WORLD_ENVIRONMENTS);
        w->environments[i] = (struct environment) { .name = text_from(name), .pools = w->pools[i] };
        return i;
}

struct sub_pool *world_pool(struct world *w, const char *name, const char *mig_profile,
                            int64_t units_per_node, int64_t nodes, int64_t memory_gib) {
        size_t at = w->n_environments - 1;
        struct environment *environment = &w->environments[at];
        size_t i = environment->n_pools++;
        struct pool *pool = &w->pools[at][i];
        struct sub_pool *sub_pool = &w->sub_pools[at][i];

        assert_true(environment->n_pools <= WORLD_POOLS);
        *pool = (struct pool) { .environment = environment,
                                .name = text_from(name),
                                .nodes = nodes,
                                .share_replicas = 1,
                                .mig = *mig_profile != '\0',
                                .sub_pools = sub_pool,
                                .n_sub_pools = 1 };
        *sub_pool = (struct sub_pool) { .environment = environment,
                                        .pool = pool,
                                        .mig_profile = text_from(mig_profile),
                                        .units_per_node = units_per_node,
                                        .counted_per_node = units_per_node,
                                        .nodes = nodes,
                                        .units = units_per_node * nodes,
                                        .memory_bytes = memory_gib * GIB,
                                        .order = (int32_t)i,
                                        .resource_name = TEXT("nvidia.com/gpu") };
        environment->n_sub_pools++;
        return sub_pool;
}

static struct reservation reservation_in(const struct sub_pool *sub_pool, int64_t replicas,
                                         int64_t admitted) {
        return (struct reservation) { .namespace_ = TEXT("team"),
                                      .model_kind = TEXT("ClusterModel"),
                                      .model_name = TEXT("gemma"),
                                      .environment = sub_pool->environment->name,
                                      .pool = sub_pool->pool->name,
                                      .mig_profile = sub_pool->mig_profile,
                                      .serving_profile = TEXT("fp8"),
                                      .resource_name = sub_pool->resource_name,
                                      .nodes = 1,
                                      .units_per_node = 1,
                                      .reserved = replicas,
                                      .used = admitted };
}

struct reservation *world_other(struct world *w, const char *deployment,
                                const struct sub_pool *sub_pool, int64_t units_per_node,
                                int64_t replicas, int64_t admitted) {
        struct reservation *r = &w->others[w->n_others++];

        assert_true(w->n_others <= WORLD_OTHERS);
        *r = reservation_in(sub_pool, replicas, admitted);
        r->deployment = text_from(deployment);
        r->name = text_from(deployment);
        r->units_per_node = units_per_node;
        return r;
}

struct reservation world_reservation(const struct world *w, const struct sub_pool *sub_pool,
                                     int64_t replicas, int64_t admitted) {
        struct reservation r = reservation_in(sub_pool, replicas, admitted);

        r.priority = w->deployment.priority;
        return r;
}

struct assignment *world_hold(struct world *w, const struct sub_pool *sub_pool, int64_t replicas,
                              int64_t admitted) {
        struct assignment *held = &w->held[w->n_held];

        *held = (struct assignment) {
                .observed = world_reservation(w, sub_pool, replicas, admitted),
                .suffix = sub_pool->environment->name,
                .service = { .observed = true,
                             .ready = admitted > 0,
                             .ready_replicas = admitted,
                             .replicas = admitted > 0 ? admitted : replicas },
        };
        held->observed.name = held->suffix;
        held->observed.served = admitted > 0;
        held->observed.order = (int64_t)w->n_held++;
        assert_true(w->n_held <= WORLD_HELD);
        return held;
}

void world_serve(struct assignment *held) {
        held->service = (struct service) { .observed = true,
                                           .ready = true,
                                           .ready_replicas = held->observed.reserved,
                                           .replicas = held->observed.reserved };
}

struct decision world_decide(const struct world *w, struct arena *arena) {
        const struct deploy_request request = { .order = { .deployment = &w->deployment,
                                                           .model = &w->model,
                                                           .settings = &w->settings },
                                                .environments = w->environments,
                                                .n_environments = w->n_environments,
                                                .reservations = w->others,
                                                .n_reservations = w->n_others,
                                                .quotas = w->quotas,
                                                .n_quotas = w->n_quotas,
                                                .held = w->held,
                                                .n_held = w->n_held,
                                                .whole_fleet = !w->partly };
        struct decision decision;

        assert_int_equal(deploy(&request, arena, &decision), 0);
        return decision;
}

void world_observe(struct world *w, const struct decision *decision) {
        w->n_held = 0;
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];

                if (p->fate == FATE_DROPPED)
                        continue;
                assert_true(w->n_held < WORLD_HELD);
                w->held[w->n_held] = (struct assignment) { .observed = p->planned,
                                                           .suffix = p->suffix,
                                                           .service = p->service };
                if (p->fresh)
                        w->held[w->n_held].service =
                                (struct service) { .observed = true,
                                                   .replicas = assignment_replicas(p) };
                if (w->held[w->n_held].service.ready_replicas > p->planned.reserved)
                        w->held[w->n_held].service.ready_replicas = p->planned.reserved;
                w->n_held++;
        }
}

static void print_placement(struct builder *b, const struct assignment *p, bool news) {
        static const char *const fates[] = {
                [FATE_STAYS] = "stays", [FATE_LEAVES] = "leaves", [FATE_DROPPED] = "drops"
        };
        const struct reservation *r = &p->planned;

        builder_string(b, fates[p->fate]);
        builder_char(b, ' ');
        builder_text(b, r->environment);
        builder_char(b, '/');
        builder_text(b, r->pool);
        builder_char(b, ' ');
        builder_text(b, r->serving_profile);
        builder_char(b, ' ');
        builder_i64(b, r->nodes);
        builder_char(b, 'x');
        builder_i64(b, r->units_per_node);
        builder_char(b, 'x');
        builder_i64(b, r->reserved);
        builder_string(b, " used ");
        builder_i64(b, r->used);
        if (r->surge > 0) {
                builder_string(b, " surge ");
                builder_i64(b, r->surge);
        }
        if (!news)
                return;
        if (p->rollout != ROLLOUT_NONE)
                builder_string(b, p->rollout == ROLLOUT_WAITS  ? " waits"
                                  : p->rollout == ROLLOUT_ASKS ? " asks"
                                                               : " rolls");
        if (p->fresh)
                builder_string(b, " fresh");
        if (!text_is_empty(p->why)) {
                builder_string(b, ": ");
                builder_text(b, p->why);
        }
}

struct text world_print(const struct decision *decision, bool news, struct arena *arena) {
        const char *separator = "";
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];

                if (p->fate == FATE_DROPPED && !news)
                        continue;
                builder_string(&b, separator);
                print_placement(&b, p, news);
                separator = "; ";
        }
        return builder_done(&b);
}
