/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/*
 * Source: the providers' lists of machine types. The types of Azure stand for a
 * GPU as a whole, those of the others for a family with its sizes behind it.
 */
static const struct {
        struct text family, product;
} machines[] = {
        /* AWS */
        { TEXT_INIT("p4d"),       TEXT_INIT("A100-40GB") },
        { TEXT_INIT("p4de"),      TEXT_INIT("A100-80GB") },
        { TEXT_INIT("p5"),        TEXT_INIT("H100-80GB") },
        { TEXT_INIT("p5e"),       TEXT_INIT("H200-141GB") },
        { TEXT_INIT("p5en"),      TEXT_INIT("H200-141GB") },
        { TEXT_INIT("p6-b200"),   TEXT_INIT("B200-180GB") },
        { TEXT_INIT("p6-b300"),   TEXT_INIT("B300-269GB") },
        { TEXT_INIT("p6e-gb200"), TEXT_INIT("GB200-186GB") },
        { TEXT_INIT("g7"),        TEXT_INIT("RTX-PRO-4500-32GB") },
        { TEXT_INIT("g7e"),       TEXT_INIT("RTX-PRO-6000-96GB") },
        /* Google Cloud */
        { TEXT_INIT("a2-highgpu"),  TEXT_INIT("A100-40GB") },
        { TEXT_INIT("a2-ultragpu"), TEXT_INIT("A100-80GB") },
        { TEXT_INIT("a3-highgpu"),  TEXT_INIT("H100-80GB") },
        { TEXT_INIT("a3-megagpu"),  TEXT_INIT("H100-80GB") },
        { TEXT_INIT("a3-ultragpu"), TEXT_INIT("H200-141GB") },
        /* Azure, without "Standard_" */
        { TEXT_INIT("ND96asr_v4"),       TEXT_INIT("A100-40GB") },
        { TEXT_INIT("NC24ads_A100_v4"),  TEXT_INIT("A100-80GB") },
        { TEXT_INIT("NC48ads_A100_v4"),  TEXT_INIT("A100-80GB") },
        { TEXT_INIT("NC96ads_A100_v4"),  TEXT_INIT("A100-80GB") },
        { TEXT_INIT("ND96isr_H100_v5"),  TEXT_INIT("H100-80GB") },
        { TEXT_INIT("NC40ads_H100_v5"),  TEXT_INIT("H100-94GB") },
        { TEXT_INIT("ND128isr_NDR_GB200_v6"), TEXT_INIT("GB200-186GB") },
        /* Exoscale */
        { TEXT_INIT("gpua30"),        TEXT_INIT("A30-24GB") },
        { TEXT_INIT("gpurtx6000pro"), TEXT_INIT("RTX-PRO-6000-96GB") },
};

/* clang-format on */

/* "p5" is in "p5" and "p5.48xlarge", and not in "p5e". */
static bool is_of_family(struct text type, struct text family) {
        if (type.len < family.len || (type.data[0] ^ family.data[0]) & ~('a' ^ 'A'))
                return false; /* most differ in the first letter already */
        if (!text_equal_fold(text_slice(type, 0, family.len), family))
                return false;
        return type.len == family.len || type.data[family.len] == '.' ||
               type.data[family.len] == '-';
}

struct text catalog_machine(struct text type) {
        struct text azure = TEXT("Standard_");

        if (text_equal_fold(text_slice(type, 0, azure.len), azure))
                type = text_slice(type, azure.len, type.len);
        for (size_t i = 0; i < COUNT_OF(machines); i++) {
                if (is_of_family(type, machines[i].family))
                        return machines[i].product;
        }
        return (struct text) { 0 };
}
