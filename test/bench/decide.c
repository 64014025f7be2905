/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - how the time of one decision grows with the fleet
 *
 * A deployment that is placed nowhere decides from a whole fleet: environments with
 * so many pools each, and so many reservations of others spread over them. Each of
 * the three is doubled twice while the others stay. The median of some runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "deploy/deploy.h"

enum { RUNS = 15 };

struct shape {
        size_t environments, pools, deployments;
};

static struct text name(struct arena *arena, const char *prefix, size_t i) {
        return text_format(arena, "%s-%06zu", prefix, i);
}

static struct environment *make_environments(const struct shape *shape, struct arena *arena) {
        struct environment *list = ARENA_ARRAY(arena, shape->environments, struct environment);

        for (size_t e = 0; e < shape->environments; e++) {
                struct environment *environment = &list[e];

                environment->name = name(arena, "environment", e);
                environment->n_pools = environment->n_sub_pools = shape->pools;
                environment->pools = ARENA_ARRAY(arena, shape->pools, struct pool);
                for (size_t p = 0; p < shape->pools; p++) {
                        struct pool *pool = &environment->pools[p];
                        struct sub_pool *sub_pool = ARENA_NEW(arena, struct sub_pool);

                        pool->environment = environment;
                        pool->name = name(arena, "pool", p);
                        pool->nodes = 4;
                        pool->share_replicas = 1;
                        pool->mig = true;
                        pool->sub_pools = sub_pool;
                        pool->n_sub_pools = 1;
                        *sub_pool = (struct sub_pool) { .environment = environment,
                                                        .pool = pool,
                                                        .mig_profile = TEXT("3g.40gb"),
                                                        .units_per_node = 16,
                                                        .counted_per_node = 16,
                                                        .nodes = 4,
                                                        .units = 64,
                                                        .memory_bytes = INT64_C(40) << 30,
                                                        .order = (int32_t)p,
                                                        .resource_name = TEXT("nvidia.com/gpu") };
                }
        }
        return list;
}

static struct reservation *make_reservations(const struct shape *shape,
                                             const struct environment *environments,
                                             struct arena *arena) {
        struct reservation *list = ARENA_ARRAY(arena, shape->deployments, struct reservation);

        for (size_t i = 0; i < shape->deployments; i++) {
                const struct environment *environment =
                        &environments[i * 7919 % shape->environments];

                list[i] = (struct reservation) {
                        .namespace_ = TEXT("team"),
                        .deployment = name(arena, "deployment", i),
                        .model_kind = TEXT("ClusterModel"),
                        .model_name = TEXT("other"),
                        .environment = environment->name,
                        .pool = environment->pools[i * 31 % shape->pools].name,
                        .mig_profile = TEXT("3g.40gb"),
                        .serving_profile = TEXT("default"),
                        .resource_name = TEXT("nvidia.com/gpu"),
                        .nodes = 1,
                        .units_per_node = 1,
                        .reserved = 2,
                        .used = 2,
                };
        }
        return list;
}

static double decide_once(const struct deploy_request *request, struct arena *arena) {
        struct timespec begin, end;
        struct decision decision;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        if (deploy(request, arena, &decision) < 0 || decision.placed != 1)
                abort();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        arena_reset(arena, SIZE_MAX);
        return (double)(end.tv_sec - begin.tv_sec) * 1e6 +
               (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

/* Microseconds of CPU. */
static double measure(const struct shape *shape) {
        static const struct deployment deployment = { .namespace_ = TEXT_INIT("team"),
                                                      .name = TEXT_INIT("new"),
                                                      .model_kind = TEXT_INIT("ClusterModel"),
                                                      .model_name = TEXT_INIT("gemma"),
                                                      .environments = 1,
                                                      .replicas = 1 };
        struct serving_profile profile = { .name = TEXT("default"),
                                           .nodes = 1,
                                           .gpus_per_node = 1,
                                           .needs = { .memory_bytes = INT64_C(40) << 30 } };
        struct model model = { .profiles = &profile, .n_profiles = 1 };
        struct settings settings = { 0 };
        struct arena fleet, arena;
        struct deploy_request request = {
                .order = { .deployment = &deployment, .model = &model, .settings = &settings },
                .n_environments = shape->environments,
                .n_reservations = shape->deployments,
                .whole_fleet = true
        };
        double runs[RUNS];

        arena_init(&fleet, SIZE_MAX);
        arena_init(&arena, SIZE_MAX);
        request.environments = make_environments(shape, &fleet);
        request.reservations = make_reservations(shape, request.environments, &fleet);
        for (size_t i = 0; i < RUNS; i++)
                runs[i] = decide_once(&request, &arena);
        qsort(runs, RUNS, sizeof(runs[0]), compare);
        arena_release(&arena);
        arena_release(&fleet);
        return runs[RUNS / 2];
}

int main(void) {
        static const struct shape shapes[] = {
                { 250, 8, 5000 },   { 500, 8, 5000 },    { 1000, 8, 5000 }, { 1000, 2, 5000 },
                { 1000, 4, 5000 },  { 1000, 8, 5000 },   { 1000, 8, 5000 }, { 1000, 8, 10000 },
                { 1000, 8, 20000 }, { 2000, 16, 20000 },
        };

        printf("environments  pools of each  deployments   microseconds   per sub-pool and "
               "deployment\n");
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
                const struct shape *s = &shapes[i];
                double taken = measure(s);

                printf("%12zu %14zu %12zu %14.0f %12.3f\n", s->environments, s->pools,
                       s->deployments, taken,
                       taken / (double)(s->environments * s->pools + s->deployments));
        }
        return 0;
}
