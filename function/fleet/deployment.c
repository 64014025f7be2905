/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/deployment.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/broken.h"
#include "fleet/check.h"

enum { REPLICAS_MAX = 10000, ENVIRONMENTS_MAX = 10 };

static void read_model_ref(struct reader *rd, const struct member *f, struct deployment *ret) {
        static const struct text kinds[] = { TEXT_INIT("ClusterModel"), TEXT_INIT("Model") };
        struct member name = member_get(f, "name");
        unsigned int kind = 0;

        if (member_is_absent(f))
                reader_refuse(rd, f, "is required");
        if (!reader_map(rd, f))
                return;
        reader_word(rd, MEMBER_OF(member_get(f, "kind")), kinds, COUNT_OF(kinds), &kind);
        ret->model_kind = kinds[kind];
        if (reader_needed_text(rd, &name, &ret->model_name))
                check_object_name(rd, &name, &ret->model_name);
}

/* What is reserved is the maximum, so that a promise to scale can be kept. */
static void read_concurrency(struct reader *rd, const struct member *f, struct deployment *ret) {
        struct member most = member_get(f, "maxReplicas"), least = member_get(f, "minReplicas");

        if (member_is_absent(f))
                reader_refuse(rd, f, "is required");
        if (!reader_map(rd, f))
                return;
        if (member_is_absent(&most))
                reader_refuse(rd, &most, "is required");
        reader_integer(rd, &most, 0, REPLICAS_MAX, &ret->replicas);
        ret->min_replicas = ret->replicas > 0 ? 1 : 0;
        if (reader_integer(rd, &least, 0, REPLICAS_MAX, &ret->min_replicas) &&
            ret->replicas < ret->min_replicas)
                reader_refuse(rd, &most, "%lld is below minReplicas, %lld",
                              (long long)ret->replicas, (long long)ret->min_replicas);
}

static void read_scaling(struct reader *rd, const struct member *f, struct deployment *ret) {
        static const struct text signals[] = { TEXT_INIT("Fixed"), TEXT_INIT("Concurrency") };
        struct member fixed = member_get(f, "fixed");
        unsigned int signal = 0;

        ret->replicas = 1;
        ret->min_replicas = 1;
        if (!reader_map(rd, f))
                return;
        reader_word(rd, MEMBER_OF(member_get(f, "signal")), signals, COUNT_OF(signals), &signal);
        ret->concurrency = signal == 1;
        if (ret->concurrency) {
                read_concurrency(rd, MEMBER_OF(member_get(f, "concurrency")), ret);
        } else if (reader_map(rd, &fixed)) {
                reader_integer(rd, MEMBER_OF(member_get(&fixed, "replicas")), 0, REPLICAS_MAX,
                               &ret->replicas);
                ret->min_replicas = ret->replicas;
        }
}

static void read_rollout(struct reader *rd, const struct member *f, struct deployment *ret) {
        static const struct text words[] = { [ROLLOUT_AUTO] = TEXT_INIT("Auto"),
                                             [ROLLOUT_IN_TURN] = TEXT_INIT("InTurn"),
                                             [ROLLOUT_SURGE] = TEXT_INIT("Surge") };
        unsigned int word = ROLLOUT_AUTO;

        reader_word(rd, f, words, COUNT_OF(words), &word);
        ret->rollout = (enum rollout_policy)word;
}

struct text deployment_namespace(struct value object) {
        struct text own = value_text(value_at(object, "metadata.namespace"));

        return text_is_empty(own) ? value_text(value_at(object, "spec.claimRef.namespace")) : own;
}

/*
 * Pods have to be in some namespace, and Crossplane fills in none for a cluster-scoped XR. A
 * manifest may be without: who applies it names one.
 */
static void check_scope(struct reader *rd, struct text namespace_) {
        struct member f = member_root((struct value) { 0 }, TEXT("metadata.namespace"));

        if (text_is_empty(namespace_))
                reader_refuse(rd, &f,
                              "is required: there is no claim (spec.claimRef) whose namespace "
                              "is meant");
}

static bool is_broken(struct reader *rd, struct value object) {
        return broken_refuse(rd, object, "metadata.namespace") ||
               broken_refuse(rd, object, "metadata.name") || broken_refuse(rd, object, "spec");
}

static int read_deployment(struct reader *rd, struct value object, struct deployment *ret) {
        struct member root = member_root(object, (struct text) { 0 });
        struct member spec = member_get(&root, "spec");
        struct deployment d = {
                .namespace_ = deployment_namespace(object),
                .name = value_text(value_at(object, "metadata.name")),
                .uid = value_text(value_at(object, "metadata.uid")),
                .environments = 1,
        };

        if (is_broken(rd, object))
                return arena_failed(rd->arena) ? -ENOMEM : -EINVAL;
        if (member_is_absent(&spec))
                reader_refuse(rd, &spec, "is required");
        if (reader_map(rd, &spec)) {
                read_model_ref(rd, MEMBER_OF(member_get(&spec, "modelRef")), &d);
                reader_integer(rd, MEMBER_OF(member_get(&spec, "environments")), 1,
                               ENVIRONMENTS_MAX, &d.environments);
                check_selector(rd, MEMBER_OF(member_get(&spec, "environmentSelector")),
                               &d.environment_selector);
                read_scaling(rd, MEMBER_OF(member_get(&spec, "scaling")), &d);
                reader_integer(rd, MEMBER_OF(member_get(&spec, "priority")), INT32_MIN, INT32_MAX,
                               &d.priority);
                read_rollout(rd, MEMBER_OF(member_get(&spec, "rollout")), &d);
                check_tolerations(rd, MEMBER_OF(member_get(&spec, "tolerations")), &d.tolerations);
                check_object_name(rd, MEMBER_OF(member_get(&spec, "priorityClassName")),
                                  &d.priority_class);
        }
        if (arena_failed(rd->arena))
                return -ENOMEM;
        if (rd->n_mistakes > 0)
                return -EINVAL;
        *ret = d;
        return 0;
}

int deployment_read(struct value object, struct arena *arena, struct deployment *ret,
                    struct fault *fault) {
        struct reader rd = { .arena = arena, .first = fault };
        int r = read_deployment(&rd, object, ret);

        if (r < 0)
                return r;
        check_scope(&rd, ret->namespace_);
        return rd.n_mistakes > 0 ? -EINVAL : 0;
}

int deployment_read_mistakes(struct value object, struct arena *arena, struct deployment *ret,
                             struct mistakes *mistakes) {
        struct reader rd = { .arena = arena, .all = mistakes };

        return read_deployment(&rd, object, ret);
}
