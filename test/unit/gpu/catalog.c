/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu/catalog.h"

static void test_find(void **state) {
        static const struct {
                const char *alias;
                size_t n;
                const char *first;
                const char *reason;
        } rows[] = {
                {"nvidia-h100-80gb",       1, "H100-80GB",  "GKE's name"              },
                { "NVIDIA-H100-80gb",      1, "H100-80GB",  "case does not count"     },
                { "nvidia-h100-mega-80gb", 1, "H100-80GB",  "GKE's a3-megagpu"        },
                { "NVIDIA-H100-80GB-HBM3", 1, "H100-80GB",  "a node's label"          },
                { "NVIDIA H100 80GB HBM3", 1, "H100-80GB",  "nvidia-smi's name"       },
                { "H100-80GB",             1, "H100-80GB",  "our own key"             },
                { "h100.80gb",             1, "H100-80GB",  "Bottlerocket's key"      },
                { "nvidia-tesla-a100",     1, "A100-40GB",  "GKE means the 40 GB part"},
                { "nvidia-a100",           2, "A100-40GB",  "said of both sizes"      },
                { "nvidia-a100-80gb",      1, "A100-80GB",  ""                        },
                { "NVIDIA-A100-SXM4-80GB", 1, "A100-80GB",  ""                        },
                { "NVIDIA-H200",           1, "H200-141GB", ""                        },
                { "NVIDIA-A30",            1, "A30-24GB",   ""                        },
                { "nvidia-l4",             0, NULL,         "no MIG there"            },
                { "",                      0, NULL,         ""                        },
                { "nvidia-h100-80gb ",     0, NULL,         "a blank"                 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct gpu_product *products[4];
                size_t n = catalog_find(text_from(rows[i].alias), products, 4);

                print_message("\"%s\" %s\n", rows[i].alias, rows[i].reason);
                assert_int_equal(n, rows[i].n);
                if (n > 0)
                        assert_true(text_equal(products[0]->name, text_from(rows[i].first)));
        }
}

static void test_find_counts_beyond_max(void **state) {
        const struct gpu_product *product = NULL;

        (void)state;
        assert_int_equal(catalog_find(TEXT("nvidia-a100"), &product, 1), 2);
        assert_true(text_equal(product->name, TEXT("A100-40GB")));
        assert_int_equal(catalog_find(TEXT("nvidia-a100"), NULL, 0), 2);
}

/* Slices of one GPU as NVIDIA's tables give them, by product and profile. */
static void test_slices(void **state) {
        static const struct {
                const char *product, *profile;
                int slices;
                int32_t memory_mib;
        } rows[] = {
                {"H100-80GB",   "1g.10gb",    7, 9984  },
                { "H100-80GB",  "1g.10gb+me", 1, 9984  },
                { "H100-80GB",  "1g.20gb",    4, 20096 },
                { "H100-80GB",  "2g.20gb",    3, 20096 },
                { "H100-80GB",  "3g.40gb",    2, 40448 },
                { "H100-80GB",  "4g.40gb",    1, 40448 },
                { "H100-80GB",  "7g.80gb",    1, 81152 },
                { "A100-40GB",  "1g.5gb",     7, 4864  },
                { "A100-40GB",  "1g.5gb+me",  1, 4864  },
                { "A100-40GB",  "1g.10gb",    4, 9856  },
                { "A100-40GB",  "2g.10gb",    3, 9856  },
                { "A100-40GB",  "3g.20gb",    2, 19968 },
                { "A100-40GB",  "4g.20gb",    1, 19968 },
                { "A100-40GB",  "7g.40gb",    1, 40192 },
                { "A100-80GB",  "1g.10gb",    7, 9728  },
                { "A100-80GB",  "1g.10gb+me", 1, 9728  },
                { "A100-80GB",  "1g.20gb",    4, 19968 },
                { "A100-80GB",  "2g.20gb",    3, 19968 },
                { "A100-80GB",  "3g.40gb",    2, 40192 },
                { "A100-80GB",  "4g.40gb",    1, 40192 },
                { "A100-80GB",  "7g.80gb",    1, 80640 },
                { "H200-141GB", "1g.18gb",    7, 16384 },
                { "H200-141GB", "1g.18gb+me", 1, 16384 },
                { "H200-141GB", "1g.35gb",    4, 33024 },
                { "H200-141GB", "2g.35gb",    3, 33024 },
                { "H200-141GB", "3g.71gb",    2, 71168 },
                { "H200-141GB", "4g.71gb",    1, 71168 },
                { "H200-141GB", "7g.141gb",   1, 143104},
                { "A30-24GB",   "1g.6gb",     4, 5952  },
                { "A30-24GB",   "1g.6gb+me",  1, 5952  },
                { "A30-24GB",   "2g.12gb",    2, 11968 },
                { "A30-24GB",   "2g.12gb+me", 1, 11968 },
                { "A30-24GB",   "4g.24gb",    1, 24000 },
        };
        size_t n_products, n_profiles = 0;
        const struct gpu_product *products = catalog_products(&n_products);

        (void)state;
        for (size_t i = 0; i < n_products; i++)
                n_profiles += products[i].n_profiles;
        assert_int_equal(n_profiles, sizeof(rows) / sizeof(rows[0]));
        for (size_t i = 0; i < n_profiles; i++) {
                const struct gpu_product *product;
                const struct gpu_profile *profile;

                print_message("%s %s\n", rows[i].product, rows[i].profile);
                assert_int_equal(catalog_find(text_from(rows[i].product), &product, 1), 1);
                profile = catalog_profile(product, text_from(rows[i].profile));
                assert_non_null(profile);
                assert_int_equal(profile->max_instances, rows[i].slices);
                assert_int_equal(profile->memory_mib, rows[i].memory_mib);
        }
}

static void test_profile_names(void **state) {
        const struct gpu_product *product;

        (void)state;
        assert_int_equal(catalog_find(TEXT("H100-80GB"), &product, 1), 1);
        assert_true(text_equal(catalog_profile(product, TEXT("3G.40GB"))->name, TEXT("3g.40gb")));
        assert_null(catalog_profile(product, TEXT("3g.41gb")));
        assert_null(catalog_profile(product, TEXT("1g.5gb")));
        assert_null(catalog_profile(product, TEXT("")));
}

/* Rows that contradict themselves would promise slices that are not there. */
static void test_tables_are_consistent(void **state) {
        size_t n_products;
        const struct gpu_product *products = catalog_products(&n_products);

        (void)state;
        for (size_t i = 0; i < n_products; i++) {
                for (size_t j = 0; j < products[i].n_profiles; j++) {
                        const struct gpu_profile *p = &products[i].profiles[j];
                        int32_t named_mib = catalog_memory_from_name(p->name) * 1024;

                        print_message("%.*s %.*s\n", TEXT_ARG(products[i].name), TEXT_ARG(p->name));
                        assert_int_equal(p->name.data[0] - '0', p->compute_slices);
                        assert_in_range(p->compute_slices, 1, products[i].compute_slices);
                        assert_in_range(p->memory_slices, 1, products[i].memory_slices);
                        assert_in_range(p->n_placements, p->max_instances, GPU_PLACEMENTS_MAX);
                        assert_true(p->memory_mib == 0 || (p->memory_mib < named_mib + 1024 &&
                                                           p->memory_mib > named_mib * 85 / 100));
                        for (size_t k = 0; k < p->n_placements; k++) {
                                assert_true(p->placements[k] + p->memory_slices <=
                                            products[i].memory_slices);
                                assert_true(k == 0 || p->placements[k - 1] < p->placements[k]);
                        }
                }
        }
}

static void test_memory_from_name(void **state) {
        static const struct {
                const char *name;
                int32_t gib;
        } rows[] = {
                {"3g.40gb",         40 },
                { "1g.10gb+me",     10 },
                { "1c.3g.40gb",     40 },
                { "1g.24gb-me",     24 },
                { "1g.24gb+me.all", 24 },
                { "1g.24gb+gfx",    24 },
                { "2g.48gb+me,gfx", 48 },
                { "1g.24gb+gfx-me", 24 },
                { "7g.141gb",       141},
                { "3G.40GB",        40 },
                { "",               0  },
                { "3g",             0  },
                { "3g.40",          0  },
                { "3g.40gbx",       0  },
                { "g.40gb",         0  },
                { "3g.gb",          0  },
                { "3g.40gb+",       0  },
                { "3g.40gb-",       0  },
                { "3g.40gb+me,",    0  },
                { "3g.99999gb",     0  },
                { "3g.40gb+m e",    0  },
                { "3.40gb",         0  },
                { "all-balanced",   0  },
                { "3g.40gb+.me",    0  },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                print_message("\"%s\"\n", rows[i].name);
                assert_int_equal(catalog_memory_from_name(text_from(rows[i].name)), rows[i].gib);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_find),
                cmocka_unit_test(test_find_counts_beyond_max),
                cmocka_unit_test(test_slices),
                cmocka_unit_test(test_profile_names),
                cmocka_unit_test(test_tables_are_consistent),
                cmocka_unit_test(test_memory_from_name),
        };

        return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
