/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "fleet/migparted.h"
#include "lib/memory.h"
#include "lib/sweep.h"

static void read_file(struct text yaml, struct migparted *ret) {
        assert_int_equal(migparted_read(yaml, &arena, ret), 0);
}

static const struct gpu_product *product_named(const char *name) {
        const struct gpu_product *product;

        assert_true(catalog_find(text_from(name), &product, 1) > 0);
        return product;
}

#define FILE_OF(configs) "version: v1\nmig-configs:\n" configs

/* The shapes of NVIDIA's own file, and the others that it may have. */
static const char everything[] = FILE_OF("  all-disabled:\n"
                                         "  - devices: all\n"
                                         "    mig-enabled: false\n"
                                         "  all-enabled:\n"
                                         "    - devices: all\n"
                                         "      mig-enabled: true\n"
                                         "      mig-devices: {}\n"
                                         "  all-balanced:\n"
                                         "  - device-filter: [\"0x20B010DE\", \"0x20b110de\"]\n"
                                         "    devices: all\n"
                                         "    mig-enabled: true\n"
                                         "    mig-devices: {1g.5gb: 2, 2g.10gb: 1, 3g.20gb: 1}\n"
                                         "  - device-filter: \"0x233010DE\"\n"
                                         "    devices: all\n"
                                         "    mig-enabled: true\n"
                                         "    mig-devices:\n"
                                         "      \"1g.10gb\": 2\n"
                                         "      \"2g.20gb\": 1\n"
                                         "      \"3g.40gb\": 1\n"
                                         "  some:\n"
                                         "  - {devices: all, mig-enabled: no}\n"
                                         "  - devices: [0, 1, 70, 5000]\n"
                                         "    mig-enabled: yes\n"
                                         "    mig-devices: {'1g.10gb+me': 1, 1g.10gb: 0}\n"
                                         "  - devices: [1]\n"
                                         "    device-filter: 0x233010DE:0x16C110DE\n"
                                         "    mig-enabled: True\n"
                                         "    mig-devices: {7g.80gb: 1}\n"
                                         "  - devices: [2]\n"
                                         "    device-filter: 0xFFFF10DE\n"
                                         "    mig-enabled: True\n"
                                         "    mig-devices: {7g.80gb: 1}\n");

static void test_everything(void **state) {
        struct migparted file;
        const struct migparted_config *config;

        (void)state;
        read_file(TEXT("# a comment\n---\nversion: \"v1\"\nmig-configs: {a: [{devices: all, "
                       "mig-enabled: off}]}\n...\n"),
                  &file);
        assert_true(text_is_empty(file.invalid));
        assert_int_equal(file.n_configs, 1);

        read_file(text_from(everything), &file);
        print_message("%.*s\n", TEXT_ARG(file.invalid));
        assert_true(text_is_empty(file.invalid));
        assert_int_equal(file.n_configs, 4);
        for (size_t i = 0; i < file.n_configs; i++)
                assert_true(text_is_empty(file.configs[i].invalid));
        assert_null(migparted_find(&file, TEXT("all")));

        config = migparted_find(&file, TEXT("all-balanced"));
        assert_non_null(config);
        assert_int_equal(config->n_entries, 2);
        assert_int_equal(config->entries[0].n_filters, 2);
        assert_int_equal(config->entries[1].line, 15);
        assert_true(config->entries[1].mig_enabled);
        assert_int_equal(config->entries[1].n_slices, 3);
        assert_true(text_equal(config->entries[1].slices[2].profile, TEXT("3g.40gb")));
        assert_int_equal(config->entries[1].slices[0].count, 2);

        config = migparted_find(&file, TEXT("all-enabled"));
        assert_true(config->entries[0].mig_enabled);
        assert_int_equal(config->entries[0].n_slices, 0);

        config = migparted_find(&file, TEXT("some"));
        assert_true(text_equal(config->entries[2].filters[0].id, TEXT("0x233010DE")));
        assert_true(text_equal(config->entries[2].filters[0].full, TEXT("0x233010DE:0x16C110DE")));
}

/* Which entry a GPU gets: its index among the configuration's, -1 for none. */
static void test_entries(void **state) {
        static const struct {
                const char *config, *product;
                int64_t index;
                int entry;
                const char *reason;
        } rows[] = {
                { "all-balanced", "A100-40GB", 0, 0, "the filter's case does not matter" },
                { "all-balanced", "H100-80GB", 7, 1, "every index" },
                { "all-balanced", "A30-24GB", 0, -1, "no filter has it" },
                { "all-disabled", "A30-24GB", 0, 0, "without a filter, any GPU" },
                { "some", "H100-80GB", 0, 1, "the last that covers it" },
                { "some", "H100-80GB", 1, 2, "a board of this GPU" },
                { "some", "A100-80GB", 1, 1, "a board of another GPU" },
                { "some", "H100-80GB", 2, 0, "a filter of an unknown GPU" },
                { "some", "H100-80GB", 70, 1, "beyond the first 64" },
                { "some", "H100-80GB", 6, 0, "70 - 64" },
        };
        struct migparted file;

        (void)state;
        read_file(text_from(everything), &file);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct migparted_config *config =
                        migparted_find(&file, text_from(rows[i].config));
                const struct migparted_entry *entries[80], *entry;
                struct gpu_board board;

                print_message("%s %s %d: %s\n", rows[i].config, rows[i].product, (int)rows[i].index,
                              rows[i].reason);
                board = board_named(product_named(rows[i].product), text_from(rows[i].product));
                migparted_apply(config, &board, 80, entries);
                entry = entries[rows[i].index];
                if (rows[i].entry < 0)
                        assert_null(entry);
                else
                        assert_ptr_equal(entry, &config->entries[rows[i].entry]);
        }
}

#define ENTRY(members)                                                                             \
        FILE_OF("  x:\n  - {" members "}\n  good:\n  - {devices: all, mig-enabled: no}\n")

/* One configuration's mistakes are not the other's. */
static void test_bad_config(void **state) {
        static const struct {
                const char *yaml;
                const char *invalid;
        } rows[] = {
                { ENTRY("devices: all"), "line 4: mig-enabled is required" },
                { ENTRY("mig-enabled: false"), "line 4: devices is required" },
                { ENTRY("devices: some, mig-enabled: false"),
                  "line 4: devices is neither all nor a list of indexes: \"some\"" },
                { ENTRY("devices: [0, -1], mig-enabled: false"),
                  "line 4: devices is neither all nor a list of indexes: \"-1\"" },
                { ENTRY("devices: ['0'], mig-enabled: false"),
                  "line 4: devices is neither all nor a list of indexes: \"0\"" },
                { ENTRY("devices: [[0]], mig-enabled: false"),
                  "line 4: devices is neither all nor a list of indexes: \"{...}\"" },
                { ENTRY("devices: {all: 1}, mig-enabled: false"),
                  "line 4: devices is neither all nor a list of indexes: \"{...}\"" },
                { ENTRY("devices: all, mig-enabled: maybe"),
                  "line 4: mig-enabled is neither true nor false" },
                { ENTRY("devices: all, mig-enabled: 'true', mig-devices: {}"),
                  "line 4: mig-enabled is neither true nor false" },
                { ENTRY("devices: all, mig-enabled: [true]"),
                  "line 4: mig-enabled is neither true nor false" },
                { ENTRY("devices: all, mig-enabled: true"),
                  "line 4: mig-enabled is true, but mig-devices is required" },
                { ENTRY("devices: all, mig-enabled: false, mig-devices: {1g.10gb: 1}"),
                  "line 4: mig-enabled is false, but mig-devices has slices" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: 1.5}"),
                  "line 4: the number of slices is not a whole number, 0 or more and without "
                  "quotes: \"1.5\"" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: -1}"),
                  "line 4: the number of slices is not a whole number, 0 or more and without "
                  "quotes: \"-1\"" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: 9999999999}"),
                  "line 4: the number of slices is not a whole number, 0 or more and without "
                  "quotes: \"9999999999\"" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: '7'}"),
                  "line 4: the number of slices is not a whole number, 0 or more and without "
                  "quotes: \"7\"" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: }"),
                  "line 4: the number of slices is not a whole number, 0 or more and without "
                  "quotes: \"null\"" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: 0}"),
                  "line 4: mig-devices counts no slices" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: [1g.10gb]"),
                  "line 4: mig-devices is not a map" },
                { ENTRY("devices: all, mig-enabled: true, mig-devices: {1g.10gb: 1, 1g.10gb: 2}"),
                  "line 4: mig-devices names twice \"1g.10gb\"" },
                { ENTRY("devices: all, devices: [0], mig-enabled: false"),
                  "line 4: written twice: \"devices\"" },
                { ENTRY("devices: all, mig-enabled: false, colour: {a: [b]}"),
                  "line 4: unknown key \"colour\"" },
                { ENTRY("devices: all, mig-enabled: false, device-filter: 0x2330"),
                  "line 4: device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]: "
                  "\"0x2330\"" },
                { ENTRY("devices: all, mig-enabled: false, device-filter: [0x233010DE, {}]"),
                  "line 4: device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]:" },
                { ENTRY("devices: all, mig-enabled: false, device-filter: '0x233010DE:0x1'"),
                  "line 4: device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]: "
                  "\"0x233010DE:0x1\"" },
                { FILE_OF("  x: []\n  good:\n  - {devices: all, mig-enabled: no}\n"),
                  "line 3: a configuration has no entries" },
                { FILE_OF("  x: all\n  good:\n  - {devices: all, mig-enabled: no}\n"),
                  "line 3: a configuration is not a list of entries" },
                { FILE_OF("  x: [a]\n  good:\n  - {devices: all, mig-enabled: no}\n"),
                  "line 3: an entry is not a map" },
                { FILE_OF("  x: [{devices: all, mig-enabled: no}]\n"
                          "  good: [{devices: all, mig-enabled: no}]\n"
                          "  x: [{devices: [0], mig-enabled: no}]\n"),
                  "it is written twice" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct migparted_config *bad, *good;
                struct migparted file;

                read_file(text_from(rows[i].yaml), &file);
                print_message("%s", rows[i].yaml);
                assert_true(text_is_empty(file.invalid));
                bad = migparted_find(&file, TEXT("x"));
                good = migparted_find(&file, TEXT("good"));
                assert_non_null(bad);
                print_message("  %.*s\n", TEXT_ARG(bad->invalid));
                assert_true(text_equal(bad->invalid, text_from(rows[i].invalid)));
                assert_non_null(good);
                assert_true(text_is_empty(good->invalid));
                assert_int_equal(good->n_entries, 1);
        }
}

static void test_bad_file(void **state) {
        static const struct {
                const char *yaml;
                const char *invalid;
        } rows[] = {
                { "", "the file is empty" },
                { "# nothing\n", "the file is empty" },
                { "version: v2\nmig-configs: {}", "line 1: version is not v1" },
                { "mig-configs: {a: [{devices: all, mig-enabled: no}]}", "version is required" },
                { "version: v1", "mig-configs is required" },
                { "version: v1\nmig-configs: {}", "line 2: mig-configs is empty" },
                { "version: v1\nmig-configs: []", "line 2: mig-configs is not a map" },
                { "version: v1\nversion: v1", "line 2: version or mig-configs is written twice" },
                { "version: v1\nmig-config: {}",
                  "line 2: a key is neither version nor mig-configs: \"mig-config\"" },
                { "version: v1\n? [a]\n: b", "line 2: a key is a text" },
                { "- version: v1", "line 1: not a map with version and mig-configs" },
                { "v1", "line 1: not a map with version and mig-configs" },
                { ENTRY("devices: all, mig-enabled: no") "---\nversion: v1\n",
                  "line 7: a second document begins" },
                { "version: v1\nmig-configs:\n\ta: b",
                  "line 3: found character that cannot start" },
                { "version: v1\nmig-configs: {a: [", "line 3: did not find expected" },
                { "version: v1\nmig-configs: \"\xff\"", "byte 26: invalid leading UTF-8 octet" },
                { "version: v1\nmig-configs: \x01", "byte 25: control characters are not allowed" },
                { FILE_OF("  a: &a [{devices: all, mig-enabled: no}]\n  b: *a\n"),
                  "line 3: anchors, aliases and tags are not read" },
                { FILE_OF("  a: *a\n"), "line 3: anchors, aliases and tags are not read" },
                { FILE_OF("  a: !!python/object {}\n"),
                  "line 3: anchors, aliases and tags are not" },
                { FILE_OF("  a: [{devices: all, mig-enabled: no, x: &x [*x, *x]}]\n"),
                  "line 3: anchors, aliases and tags are not read" },
                { "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
                  "line 1: anchors, aliases and tags are not read" },
                { FILE_OF("  a: {x: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}\n"),
                  "line 3: nested too deeply" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct migparted file;

                read_file(text_from(rows[i].yaml), &file);
                print_message("%s\n  %.*s\n", rows[i].yaml, TEXT_ARG(file.invalid));
                assert_true(text_contains(file.invalid, text_from(rows[i].invalid)));
                assert_int_equal(file.n_configs, 0);
                assert_null(migparted_find(&file, TEXT("a")));
        }
}

/* As an editor on Windows writes it. */
static void test_byte_order_mark(void **state) {
        struct migparted file;

        (void)state;
        read_file(TEXT("\xef\xbb\xbf" FILE_OF("  a: [{devices: all, mig-enabled: no}]\r\n")),
                  &file);
        assert_true(text_is_empty(file.invalid));
        assert_non_null(migparted_find(&file, TEXT("a")));
}

/* Files of a size that only somebody hostile writes: a sentence, within bounded memory. */
static void test_hostile(void **state) {
        static const struct {
                const char *head, *repeated;
                size_t size;
                const char *invalid; /* how it begins; empty: it can be read */
                const char *reason;
        } rows[] = {
                { "", "x", 10 << 20, "it has 10485760 bytes; at most 1048576 are read", "10 MB" },
                { "", "[", MIGPARTED_FILE_MAX, "line 1: nested too deeply",
                  "a list in a list in a list" },
                { FILE_OF("  a: "), "[", MIGPARTED_FILE_MAX, "line 3:", "the same further down" },
                { FILE_OF("  a: "), "{x: ", MIGPARTED_FILE_MAX, "line 3:", "maps" },
                { FILE_OF("  a: "), "- ", MIGPARTED_FILE_MAX, "line 3:", "lists in block style" },
                { FILE_OF("  a:\n"), "  - {}\n", MIGPARTED_FILE_MAX, "",
                  "entries without members" },
                { FILE_OF("  a:\n"), "  - {devices: all, mig-enabled: no}\n", MIGPARTED_FILE_MAX,
                  "", "more entries than are counted" },
                { FILE_OF("  a:\n  - mig-devices:\n"), "      a: 1\n", MIGPARTED_FILE_MAX, "",
                  "one profile again and again" },
                { FILE_OF("  a:\n  - device-filter:\n"), "    - 0x233010DE\n", MIGPARTED_FILE_MAX,
                  "", "filters" },
                { FILE_OF(""), "  a: [{devices: all, mig-enabled: no}]\n", MIGPARTED_FILE_MAX, "",
                  "one name again and again" },
                { FILE_OF("  a:\n  - x: &a [1]\n  - y: ["), "*a,", MIGPARTED_FILE_MAX,
                  "line 4: anchors", "aliases" },
        };
        char *bytes = malloc(10 << 20);

        (void)state;
        assert_non_null(bytes);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                size_t len = strlen(rows[i].head), step = strlen(rows[i].repeated);
                struct migparted file;

                arena_reset(&arena, SIZE_MAX);
                memcpy(bytes, rows[i].head, len);
                for (; len + step <= rows[i].size; len += step)
                        memcpy(bytes + len, rows[i].repeated, step);
                read_file((struct text) { bytes, len }, &file);
                print_message("%s: %.*s; %zu bytes\n", rows[i].reason, TEXT_ARG(file.invalid),
                              arena.used_bytes);
                assert_true(text_starts_with(file.invalid, text_from(rows[i].invalid)));
                assert_int_equal(text_is_empty(file.invalid), rows[i].invalid[0] == '\0');
                if (text_is_empty(file.invalid))
                        assert_false(text_is_empty(migparted_find(&file, TEXT("a"))->invalid));
                assert_true(arena.used_bytes < 48 << 20);
        }
        free(bytes);
}

static void test_without_memory(void **state) {
        static const char *const files[] = {
                everything,
                ENTRY("devices: 7"),
                "version: v1\nmig-configs: {a: &a [x]}",
                FILE_OF("  a: [{devices: all, mig-enabled: no}]\n  a: []\n"),
        };

        (void)state;
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                for (uint64_t n = 1;; n++) {
                        struct migparted file;

                        sweep_arm(&arena, n);
                        if (sweep_is_over(&arena, n,
                                          migparted_read(text_from(files[i]), &arena, &file)))
                                break;
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_everything),      cmocka_unit_test(test_entries),
                cmocka_unit_test(test_bad_config),      cmocka_unit_test(test_bad_file),
                cmocka_unit_test(test_byte_order_mark), cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests_name("migparted", tests, memory_set_up, memory_tear_down);
}
