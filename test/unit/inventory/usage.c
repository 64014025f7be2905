/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/usage.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/sweep.h"

#define ENVIRONMENT                                                                                \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': 'eu-1'}, 'spec': {'nodePools': ["                                   \
        "  {'name': 'slices', 'nodeSelector': {'p': 's'}, 'acceleratorType': 'nvidia-h100-80gb',"  \
        "   'acceleratorCount': 4, 'nodeCount': 1, 'migConfiguration': {'profile': '3g.40gb'}},"   \
        "  {'name': 'whole', 'nodeSelector': {'p': 'w'}, 'acceleratorType': 'nvidia-h100-80gb',"   \
        "   'acceleratorCount': 4, 'nodeCount': 2},"                                               \
        "  {'name': 'bad', 'nodeSelector': {'p': 'b'}, 'acceleratorType': 'nvidia-h100-80gb',"     \
        "   'migConfiguration': {'profile': '9g.40gb'}}]}}"

#define OWNER                                                                                      \
        "'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"  \
        " 'name': 'd', 'controller': true}]"

#define KIND "'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation',"

#define LABELLED "'labels': {'modelplane.ai/environment': 'eu-1'}"

/* pool, MIG profile, nodes, units per node, reserved, used */
#define RESERVATION                                                                                \
        "{" KIND "'metadata': {'name': 'r', 'namespace': 'team', " OWNER "},"                      \
        " 'spec': {'environment': 'eu-1', %s}}"

enum { RESERVATIONS_MAX = 4, LINES_MAX = 5 };

struct row {
        const char *name;
        const char *reason;
        const char *data[RESERVATIONS_MAX]; /* the members beside the environment */
        const char *
                want; /* "pool/profile total used free[!]" of lines that are used, joined; ! over */
        size_t n_messages; /* of the pool "slices" */
};

#define PLACE(pool, profile) "'pool': '" pool "', 'migProfile': '" profile "', "
#define NUMBERS(nodes, units, reserved, used)                                                      \
        "'nodes': " nodes ", 'unitsPerNode': " units ", 'reserved': " reserved ", 'used': " used
#define SLICES PLACE("slices", "3g.40gb")

/* clang-format off */
static const struct row rows[] = {
        { "none", "nothing is reserved", { NULL }, "", 1 },
        { "one", "what is reserved counts whether it is used or not",
          { SLICES NUMBERS("1", "1", "3", "0") }, "slices/3g.40gb 8 3 5 ", 1 },
        { "several", "and add up", { SLICES NUMBERS("1", "1", "3", "3"), SLICES NUMBERS("1", "1", "2", "1") },
          "slices/3g.40gb 8 5 3 ", 1 },
        { "nodes times units", "of one replica", { PLACE("whole", "") NUMBERS("2", "3", "1", "1") },
          "whole/ 8 6 2 ", 1 },
        { "order", "declared order, whatever order they come in",
          { PLACE("whole", "") NUMBERS("1", "1", "1", "1"), SLICES NUMBERS("1", "1", "1", "1") },
          "slices/3g.40gb 8 1 7 whole/ 8 1 7 ", 1 },
        { "full", "none is left", { SLICES NUMBERS("1", "1", "8", "8") }, "slices/3g.40gb 8 8 0 ", 1 },
        { "two took the last", "the one that waits will yield", { SLICES NUMBERS("1", "1", "8", "8"), SLICES NUMBERS("1", "1", "1", "0") },
          "slices/3g.40gb 8 9 0 ", 1 },
        { "over-committed", "what was ready never yields", { SLICES NUMBERS("1", "1", "9", "9") },
          "slices/3g.40gb 8 9 0! ", 1 },
        { "no longer packs", "units are free, but on no node together", { PLACE("whole", "") NUMBERS("1", "5", "1", "1") },
          "whole/ 8 5 3! ", 1 },
        { "undeclared pool", "what is ready there still counts", { PLACE("old", "") NUMBERS("1", "1", "2", "2") },
          "old/ 0 2 0! ", 1 },
        { "undeclared pool, never ready", "will yield", { PLACE("old", "") NUMBERS("1", "1", "2", "0") },
          "old/ 0 2 0 ", 1 },
        { "undeclared MIG profile", "of a declared pool", { PLACE("slices", "1g.10gb") NUMBERS("1", "1", "2", "2") },
          "slices/1g.10gb 0 2 0! ", 1 },
        { "invalid pool", "its units have no line of their own", { PLACE("bad", "3g.40gb") NUMBERS("1", "1", "1", "1") },
          "bad/3g.40gb 0 1 0! ", 1 },
        { "vast", "capped, no overflow", { SLICES NUMBERS("1000000000", "1000000000", "1000000000", "0") },
          "slices/3g.40gb 8 9223372036854775807 0 ", 1 },
        { "vast twice", "nor by adding", { SLICES NUMBERS("1000000000", "1000000000", "9", "0"), SLICES NUMBERS("1000000000", "1000000000", "9", "0") },
          "slices/3g.40gb 8 9223372036854775807 0 ", 1 },
        { "not a number", "counts 1 and is reported", { SLICES NUMBERS("1", "1", "'three'", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "a number as a string", "is none", { SLICES NUMBERS("1", "1", "'3'", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "a fraction", "is none", { SLICES NUMBERS("1", "1", "2.5", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "zero units", "a replica has at least one", { SLICES NUMBERS("1", "0", "1", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "negative", "is no number of units", { SLICES NUMBERS("-1", "1", "1", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "beyond the schema", "cannot be counted", { SLICES NUMBERS("1", "1000000001", "1", "0") }, "slices/3g.40gb 8 1 7 ", 2 },
        { "unreadable replicas", "are used", { PLACE("old", "") NUMBERS("1", "1", "-1", "0") }, "old/ 0 1 0! ", 1 },
        { "unreadable use", "is full use", { PLACE("old", "") NUMBERS("1", "1", "2", "-1") }, "old/ 0 2 0! ", 1 },
        { "all absent", "each of the four is reported", { SLICES "'order': 0" }, "slices/3g.40gb 8 1 7 ", 5 },
        { "order and priority", "may be absent or negative, but not unreadable",
          { SLICES NUMBERS("1", "1", "1", "1"), SLICES NUMBERS("1", "1", "1", "1") ", 'order': 0, 'priority': -2147483648",
            SLICES NUMBERS("1", "1", "1", "1") ", 'order': -1, 'priority': 2147483648" }, "slices/3g.40gb 8 3 5 ", 3 },
        { "many", "at most eight of one pool", { SLICES "'x': ''", SLICES "'x': ''", SLICES "'x': ''" }, "slices/3g.40gb 8 3 5 ", 9 },
        { "unreadable elsewhere", "reported where it is counted", { PLACE("whole", "") NUMBERS("1", "'x'", "1", "0") }, "whole/ 8 1 7 ", 1 },
        { "unreadable, undeclared", "there is no pool to report it", { PLACE("old", "") NUMBERS("1", "'x'", "1", "0") }, "old/ 0 1 0 ", 1 },
};
/* clang-format on */

static int count(const struct row *row, struct arena *arena, struct environment *environment,
                 struct usage_list *ret) {
        struct answer_item items[RESERVATIONS_MAX];
        struct settings settings;
        struct fault fault;
        size_t n = 0;
        int r = settings_read((struct value) { 0 }, arena, &settings, &fault);

        if (r < 0)
                return r;
        for (; n < RESERVATIONS_MAX && row->data[n]; n++) {
                struct text json = text_format(arena, RESERVATION "%c", row->data[n], 0);

                items[n] = (struct answer_item) { 0 };
                if (json.len > 0)
                        items[n].object = json_value(arena, json.data);
        }
        if (arena_failed(arena))
                return -ENOMEM;
        r = environment_read(json_value(arena, ENVIRONMENT), &settings, arena, environment);
        if (r < 0)
                return r;
        return usage_count(environment, items, n, TEXT("modelplane.ai"), arena, ret);
}

static struct text lines_of(const struct usage_list *list, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < list->n; i++) {
                const struct usage *u = &list->items[i];

                if (u->used == 0)
                        continue;
                builder_text(&b,
                             text_format(arena, "%.*s/%.*s %lld %lld %lld%s ", TEXT_ARG(u->pool),
                                         TEXT_ARG(u->mig_profile), (long long)u->total,
                                         (long long)u->used, (long long)u->free_units,
                                         u->over_committed ? "!" : ""));
        }
        return builder_done(&b);
}

static void units_are_counted(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 4 * 1024 * 1024);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct environment environment;
                struct usage_list list;
                struct text got;

                arena_reset(&arena, SIZE_MAX);
                assert_int_equal(count(&rows[i], &arena, &environment, &list), 0);
                got = lines_of(&list, &arena);
                if (!text_equal(got, text_from(rows[i].want)) ||
                    environment.pools[0].n_messages != rows[i].n_messages)
                        fail_msg("%s (%s): \"%.*s\", %zu messages", rows[i].name, rows[i].reason,
                                 TEXT_ARG(got), environment.pools[0].n_messages);
                assert_int_equal(list.any, rows[i].want[0] != '\0');
        }
        arena_release(&arena);
}

/* What is not a reservation of this environment takes nothing. */
static void strangers_do_not_count(void **state) {
        static const char *const strangers[] = {
                "{" KIND "'metadata': {'namespace': 'team', 'name': 'no-owner', " LABELLED
                "}, 'spec': {'environment': 'eu-1', 'pool': 'whole'}}",
                "{" KIND "'metadata': {'namespace': 'team', 'name': 'of-another-kind', " LABELLED
                ", 'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'Model',"
                " 'name': 'd', 'controller': true}]},"
                " 'spec': {'environment': 'eu-1', 'pool': 'whole'}}",
                "{" KIND "'metadata': {'namespace': 'team', 'name': 'moved', " LABELLED "," OWNER
                "}, 'spec': {'environment': 'us-1', 'pool': 'whole'}}",
                "{" KIND "'metadata': {'namespace': 'team', 'name': 'hidden',"
                " 'labels': {'modelplane.ai/environment': 'us-1'}," OWNER
                "}, 'spec': {'environment': 'eu-1', 'pool': 'whole'}}",
                "{" KIND
                "'metadata': {'namespace': 'team'}, 'spec': {'environment': 'eu-1', 'pool': "
                "'whole'}}",
                "{" KIND "'metadata': {" OWNER
                "}, 'spec': {'environment': 'us-1', 'pool': 'whole'}}",
                "{" KIND "'metadata': {" OWNER "}, 'spec': {'environment': 'eu-1'}}",
                "{" KIND "'metadata': {'ownerReferences': [{'apiVersion': 'other.io/v1', 'kind':"
                " 'ModelDeployment', 'name': 'd', 'controller': true}]},"
                " 'spec': {'environment': 'eu-1', 'pool': 'whole'}}",
                "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {" OWNER "},"
                " 'spec': {'environment': 'eu-1', 'pool': 'whole'}}",
                "{" KIND "'metadata': {" OWNER "}}",
                "{}",
        };
        struct answer_item items[sizeof(strangers) / sizeof(strangers[0])] = { 0 };
        struct environment environment;
        struct settings settings;
        struct usage_list list;
        struct fault fault;
        struct arena arena;
        size_t n = sizeof(strangers) / sizeof(strangers[0]);

        (void)state;
        arena_init(&arena, 4 * 1024 * 1024);
        for (size_t i = 0; i < n; i++)
                items[i].object = json_value(&arena, strangers[i]);
        assert_int_equal(settings_read((struct value) { 0 }, &arena, &settings, &fault), 0);
        assert_int_equal(
                environment_read(json_value(&arena, ENVIRONMENT), &settings, &arena, &environment),
                0);
        assert_int_equal(usage_count(&environment, items, n, TEXT("modelplane.ai"), &arena, &list),
                         0);
        assert_false(list.any);
        assert_int_equal(list.n, environment.n_sub_pools);
        /* Those with our label are named where a person looks. */
        assert_int_equal(environment.pools[0].n_messages, 4);
        assert_text(environment.pools[0].messages[1],
                    "reservation team/no-owner counts nowhere: its controller is no "
                    "ModelDeployment of modelplane.ai");
        assert_text(environment.pools[0].messages[2],
                    "reservation team/of-another-kind counts nowhere: its controller is no "
                    "ModelDeployment of modelplane.ai");
        assert_text(environment.pools[0].messages[3],
                    "reservation team/moved counts nowhere: its spec.environment or spec.pool "
                    "cannot be read, or is not this environment's");
        arena_release(&arena);
}

#define CLAIMED                                                                                    \
        "'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1', 'controller': true,"         \
        " 'kind': 'XModelDeployment', 'name': 'd'}]"

enum { FAT_BYTES = 1024 * 1024 };

#define NAMED(name, owner)                                                                         \
        "{" KIND "'metadata': {'namespace': 'team', 'name': '" name "', " LABELLED "," owner
#define HELD "'spec': {'environment': 'eu-1', " PLACE("whole", "") NUMBERS("1", "1", "2", "2")

/* A megabyte stands between the two halves of a fat one. */
static const struct {
        const char *begins, *ends;
        const char *message; /* the last of the pool begins so; NULL: there is none */
        bool fat, broken;
} odd[] = {
        { NAMED("fat", OWNER) ", 'annotations': {'note': '", "'}}, " HELD "}}",
          "reservation team/fat has 1049", true, false },
        { NAMED("fat", OWNER) "}, " HELD ", 'note': '", "'}}", "reservation team/fat has 1049",
          true, false },
        { NAMED("n", "'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1', 'kind':"
                     " 'ModelDeployment', 'name': 'd\xff', 'controller': true}]"),
          "}, " HELD "}}", "reservation team/n: metadata.ownerReferences[0].name is not UTF-8",
          false, true },
        { NAMED("n\xff", OWNER), "}, " HELD "}}",
          "reservation team/n\xff: metadata.name is not UTF-8", false, true },
        { NAMED("claimed", CLAIMED), "}, " HELD "}}", NULL, false, false },
};

/* What counts in full, and is named all the same: as large as an object can be, or no text. */
static void oddities_are_named(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 16 * 1024 * 1024);
        for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
                struct environment environment;
                const struct pool *whole;
                struct answer_item item = { 0 };
                struct text parts[] = {
                        text_from(odd[i].begins), { 0 }, text_from(odd[i].ends), { "", 1 }
                };
                struct settings settings;
                struct usage_list list;
                struct fault fault;
                size_t n;

                arena_reset(&arena, SIZE_MAX);
                if (odd[i].fat) {
                        char *fat = ARENA_ARRAY(&arena, FAT_BYTES, char);

                        memset(fat, 'x', FAT_BYTES);
                        parts[1] = (struct text) { fat, FAT_BYTES };
                }
                item.object = json_value(&arena, text_join(&arena, parts, 4).data);
                item.object.may_be_broken = odd[i].broken;
                assert_int_equal(settings_read((struct value) { 0 }, &arena, &settings, &fault), 0);
                assert_int_equal(environment_read(json_value(&arena, ENVIRONMENT), &settings,
                                                  &arena, &environment),
                                 0);
                whole = &environment.pools[1];
                n = whole->n_messages;
                assert_int_equal(
                        usage_count(&environment, &item, 1, TEXT("modelplane.ai"), &arena, &list),
                        0);
                assert_text(lines_of(&list, &arena), "whole/ 8 2 6 ");
                assert_int_equal(whole->n_messages, n + (odd[i].message != NULL));
                if (odd[i].message &&
                    !text_starts_with(whole->messages[n], text_from(odd[i].message)))
                        fail_msg("%.*s", TEXT_ARG(whole->messages[n]));
        }
        arena_release(&arena);
}

static void failed_allocations_are_forwarded(void **state) {
        static const struct row row = { .data = { SLICES NUMBERS("1", "1", "'three'", "0"),
                                                  PLACE("old", "") NUMBERS("1", "1", "1", "1") } };
        struct arena arena;

        (void)state;
        arena_init(&arena, 4 * 1024 * 1024);
        for (uint64_t n = 1;; n++) {
                struct environment environment;
                struct usage_list list;
                int r;

                sweep_arm(&arena, n);
                r = count(&row, &arena, &environment, &list);
                if (sweep_is_over(&arena, n, r))
                        break;
        }
        arena_release(&arena);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(units_are_counted),
                cmocka_unit_test(strangers_do_not_count),
                cmocka_unit_test(oddities_are_named),
                cmocka_unit_test(failed_allocations_are_forwarded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
