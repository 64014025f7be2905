/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/settings.h"

#include <errno.h>

#include "base/arena.h"
#include "base/duration.h"
#include "fleet/broken.h"
#include "fleet/check.h"
#include "gpu/catalog.h"
#include "wire/node.h"
#include "wire/value_print.h"

struct settings settings_default(void) {
        return (struct settings) {
                .kserve_api_version = TEXT("serving.kserve.io/v1alpha2"),
                .route = true,
                .mig_parted_key = TEXT("config.yaml"),
                .ttl_seconds = 60,
                .system_namespace = TEXT("crossplane-system"),
                .api = TEXT("modelplane.ai/v1alpha1"),
                .group = TEXT("modelplane.ai"),
        };
}

static const struct text members[] = {
        TEXT_INIT("apiVersion"), TEXT_INIT("kind"),
        TEXT_INIT("metadata"),   TEXT_INIT("stages"),
        TEXT_INIT("target"),     TEXT_INIT("remoteNamespace"),
        TEXT_INIT("kserve"),     TEXT_INIT("capacity"),
        TEXT_INIT("memory"),     TEXT_INIT("multiSlice"),
        TEXT_INIT("quotas"),     TEXT_INIT("migParted"),
        TEXT_INIT("ttl"),        TEXT_INIT("systemNamespace"),
        TEXT_INIT("api"),
};

/* One of two words; true for the second. */
static void read_choice(struct reader *rd, const struct member *f, const char *usual,
                        const char *other, bool *ret) {
        struct text words[] = { text_from(usual), text_from(other) };
        unsigned int word;

        if (reader_word(rd, f, words, COUNT_OF(words), &word))
                *ret = word == 1;
}

static void check_equals(struct reader *rd, const struct member *f, const char *wanted) {
        struct text written;

        if (reader_text(rd, f, &written) && !text_equal(written, text_from(wanted)))
                reader_refuse(rd, f, "%.*s is not %s", TEXT_ARG(value_brief(f->value, rd->arena)),
                              wanted);
}

static void read_stages(struct reader *rd, const struct member *f, unsigned int *ret) {
        static const struct text words[] = { TEXT_INIT("Deploy"), TEXT_INIT("Place"),
                                             TEXT_INIT("Inventory"), TEXT_INIT("Check") };
        struct value_iter it = value_iterate(f->value);
        struct value item;

        if (!reader_list(rd, f))
                return;
        if (value_count(f->value) == 0)
                reader_refuse(rd, f, "names no stage");
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(f, i, item);
                struct text ignored;
                unsigned int word;

                if (!reader_needed_text(rd, &element, &ignored) ||
                    !reader_word(rd, &element, words, COUNT_OF(words), &word))
                        continue;
                if (*ret & (1U << word))
                        reader_refuse(rd, &element, "%.*s is named twice", TEXT_ARG(words[word]));
                *ret |= 1U << word;
        }
}

static void read_capacity(struct reader *rd, const struct member *f, enum capacity_rule *ret) {
        static const struct text words[] = { TEXT_INIT("Max"), TEXT_INIT("Declared"),
                                             TEXT_INIT("Observed") };
        unsigned int word;

        if (reader_word(rd, f, words, COUNT_OF(words), &word))
                *ret = (enum capacity_rule)word;
}

static void read_target(struct reader *rd, const struct member *input, struct settings *ret) {
        static const struct text words[] = { TEXT_INIT("Auto"), TEXT_INIT("Direct"),
                                             TEXT_INIT("Object") };
        struct member namespace = member_get(input, "remoteNamespace");
        unsigned int word;

        if (reader_word(rd, MEMBER_OF(member_get(input, "target")), words, COUNT_OF(words), &word))
                ret->target = (enum target)word;
        check_namespace(rd, &namespace, &ret->remote_namespace);
        if (ret->target == TARGET_DIRECT && !member_is_absent(&namespace))
                reader_refuse(rd, &namespace, "is for remote clusters, but target is Direct");
}

/* 0.20 without quotes is the number 0.2, and no version at all. */
static void read_version(struct reader *rd, const struct member *f, struct settings *ret) {
        static const struct text words[] = { TEXT_INIT("0.20"), TEXT_INIT("0.21") };
        unsigned int word;

        if (f->value.kind == VALUE_NUMBER)
                reader_refuse(rd, f, "is a number, %.*s: write it quoted, as \"0.20\"",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
        else if (reader_word(rd, f, words, COUNT_OF(words), &word))
                ret->kserve_021 = word == 1;
}

/* KEDA's own, passed through; KServe runs a template over the whole manifest. */
static void read_triggers(struct reader *rd, const struct member *f, struct settings *ret) {
        struct value_iter it = value_iterate(f->value);
        struct value item;
        struct builder b;

        if (!reader_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member trigger = member_element(f, i, item);
                struct text ignored;

                if (reader_map(rd, &trigger))
                        reader_needed_text(rd, MEMBER_OF(member_get(&trigger, "type")), &ignored);
        }
        builder_init(&b, rd->arena);
        value_print(f->value, &b);
        if (text_contains(builder_done(&b), TEXT("{{")))
                reader_refuse(rd, f, "holds \"{{\", which does not reach KEDA");
        ret->keda_triggers = f->value;
}

static void read_autoscaler(struct reader *rd, const struct member *kserve, struct settings *ret) {
        static const struct text words[] = { TEXT_INIT("None"), TEXT_INIT("WVA"),
                                             TEXT_INIT("KEDA") };
        static const struct text known[] = { TEXT_INIT("triggers") };
        struct member f = member_get(kserve, "autoscaler"), keda = member_get(kserve, "keda");
        unsigned int word;

        if (reader_word(rd, &f, words, COUNT_OF(words), &word))
                ret->autoscaler = (enum autoscaler)word;
        if (!reader_map(rd, &keda))
                return;
        reader_refuse_unknown(rd, &keda, known, COUNT_OF(known));
        read_triggers(rd, MEMBER_OF(member_get(&keda, "triggers")), ret);
}

/* What of kserve belongs together, once all of it is read. */
static void check_autoscaler(struct reader *rd, const struct member *input,
                             const struct settings *s) {
        struct member kserve = member_get(input, "kserve");
        struct member f = member_get(&kserve, "autoscaler"), keda = member_get(&kserve, "keda");
        struct member triggers = member_get(&keda, "triggers");

        if (s->autoscaler != AUTOSCALER_KEDA && !member_is_absent(&keda))
                reader_refuse(rd, &keda, "needs the autoscaler KEDA");
        if (s->autoscaler != AUTOSCALER_KEDA)
                return;
        if (!s->kserve_021)
                reader_refuse(rd, &f, "KEDA needs kserve.version \"0.21\"");
        else if (value_count(s->keda_triggers) == 0)
                reader_refuse(rd, &triggers, "is required: KEDA scales by triggers");
}

static void read_kserve(struct reader *rd, const struct member *f, struct settings *ret) {
        static const struct text known[] = { TEXT_INIT("apiVersion"), TEXT_INIT("version"),
                                             TEXT_INIT("router"),     TEXT_INIT("autoscaler"),
                                             TEXT_INIT("keda"),       TEXT_INIT("multiNode") };
        bool no_route = !ret->route;

        if (!reader_map(rd, f))
                return;
        reader_refuse_unknown(rd, f, known, COUNT_OF(known));
        check_api_version(rd, MEMBER_OF(member_get(f, "apiVersion")), &ret->kserve_api_version);
        read_choice(rd, MEMBER_OF(member_get(f, "router")), "Route", "None", &no_route);
        ret->route = !no_route;
        read_version(rd, MEMBER_OF(member_get(f, "version")), ret);
        read_autoscaler(rd, f, ret);
        reader_bool(rd, MEMBER_OF(member_get(f, "multiNode")), &ret->multi_node);
}

static void read_mig_parted(struct reader *rd, const struct member *f, struct settings *ret) {
        static const struct text known[] = { TEXT_INIT("configMapRef"), TEXT_INIT("inline") };
        static const struct text known_of_ref[] = { TEXT_INIT("name"), TEXT_INIT("namespace"),
                                                    TEXT_INIT("key") };
        struct member ref = member_get(f, "configMapRef"), name = member_get(&ref, "name");

        if (!reader_map(rd, f))
                return;
        reader_refuse_unknown(rd, f, known, COUNT_OF(known));
        reader_text(rd, MEMBER_OF(member_get(f, "inline")), &ret->mig_parted_inline);
        if (!reader_map(rd, &ref))
                return;
        reader_refuse_unknown(rd, &ref, known_of_ref, COUNT_OF(known_of_ref));
        if (member_is_absent(&name))
                reader_refuse(rd, &name, "is required");
        check_object_name(rd, &name, &ret->mig_parted_name);
        ret->mig_parted_namespace = ret->system_namespace;
        check_namespace(rd, MEMBER_OF(member_get(&ref, "namespace")), &ret->mig_parted_namespace);
        check_data_key(rd, MEMBER_OF(member_get(&ref, "key")), &ret->mig_parted_key);
        if (!text_is_empty(ret->mig_parted_inline))
                reader_refuse(rd, f, "configMapRef and inline are both written");
}

/* Crossplane takes whole seconds; a part of one is rounded up. */
static void read_ttl(struct reader *rd, const struct member *f, int64_t *ret_seconds) {
        const int64_t second = 1000000000, day = 24 * 3600 * second;
        struct text written;
        int64_t nanoseconds;

        if (!reader_text(rd, f, &written))
                return;
        if (!duration_parse(written, &nanoseconds))
                reader_refuse(rd, f, "not a duration: %.*s",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
        else if (nanoseconds < second || nanoseconds > day)
                reader_refuse(rd, f, "%.*s is not within 1s and 24h",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
        else
                *ret_seconds = (nanoseconds + second - 1) / second;
}

static const char *const carried_members[] = { "kserve", "target", "remoteNamespace" };

struct node *settings_carried(struct value input, struct arena *arena) {
        struct node *map = node_map(arena);

        for (size_t i = 0; i < COUNT_OF(carried_members); i++)
                node_set_value(map, carried_members[i],
                               value_get(input, text_from(carried_members[i])));
        return node_is_empty(map) ? NULL : map;
}

/* It was checked where it was written. */
static void read_carried(struct value carried, struct arena *arena, struct settings *ret) {
        struct fault unused;
        struct reader rd = { .arena = arena, .first = &unused };
        struct member root = member_root(carried, TEXT("plan.input"));

        if (carried.kind != VALUE_MAP || broken_refuse_whole(&rd, carried, "plan.input"))
                return;
        read_target(&rd, &root, ret);
        read_kserve(&rd, MEMBER_OF(member_get(&root, "kserve")), ret);
}

int settings_read(struct value input, struct arena *arena, struct settings *ret,
                  struct fault *fault) {
        return settings_read_over((struct value) { 0 }, input, arena, ret, fault);
}

int settings_read_over(struct value carried, struct value input, struct arena *arena,
                       struct settings *ret, struct fault *fault) {
        struct reader rd = { .arena = arena, .first = fault };
        struct member root = member_root(input, TEXT("input"));
        struct settings s = settings_default();

        if (broken_refuse_whole(&rd, input, "input"))
                return arena_failed(arena) ? -ENOMEM : -EINVAL;
        read_carried(carried, arena, &s);
        if (reader_map(&rd, &root))
                reader_refuse_unknown(&rd, &root, members, COUNT_OF(members));
        check_equals(&rd, MEMBER_OF(member_get(&root, "apiVersion")),
                     "gpuplacement.fn.crossplane.io/v1alpha1");
        check_equals(&rd, MEMBER_OF(member_get(&root, "kind")), "Input");
        read_stages(&rd, MEMBER_OF(member_get(&root, "stages")), &s.stages);
        read_target(&rd, &root, &s);
        read_kserve(&rd, MEMBER_OF(member_get(&root, "kserve")), &s);
        check_autoscaler(&rd, &root, &s);
        read_capacity(&rd, MEMBER_OF(member_get(&root, "capacity")), &s.capacity);
        read_choice(&rd, MEMBER_OF(member_get(&root, "memory")), "Declared", "Usable",
                    &s.memory_usable);
        read_choice(&rd, MEMBER_OF(member_get(&root, "multiSlice")), "Forbid", "Allow",
                    &s.multi_slice);
        read_choice(&rd, MEMBER_OF(member_get(&root, "quotas")), "Ignore", "Respect", &s.quotas);
        check_namespace(&rd, MEMBER_OF(member_get(&root, "systemNamespace")), &s.system_namespace);
        read_mig_parted(&rd, MEMBER_OF(member_get(&root, "migParted")), &s);
        read_ttl(&rd, MEMBER_OF(member_get(&root, "ttl")), &s.ttl_seconds);
        check_api_version(&rd, MEMBER_OF(member_get(&root, "api")), &s.api);
        s.group = text_slice(s.api, 0, text_index(s.api, '/'));

        s.memo = ARENA_NEW(arena, struct catalog_memo);

        if (arena_failed(arena))
                return -ENOMEM;
        if (rd.n_mistakes > 0)
                return -EINVAL;
        *ret = s;
        return 0;
}
