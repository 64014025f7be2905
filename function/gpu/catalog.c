/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables are what `nvidia-smi mig -lgip` and `-lgipp` list, as published;
 * each product says where. A memory of 0 was never seen in a listing: nothing
 * here is computed from another number.
 */
#include "gpu/catalog.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */

/*
 * Where an instance may start. Seven-slice parts have eight memory slices, and
 * the eighth can start nothing: only an instance that began earlier covers it.
 */
#define ANY_OF_SEVEN  7, { 0, 1, 2, 3, 4, 5, 6 }
#define ANY_OF_FOUR   4, { 0, 1, 2, 3 }
#define EVERY_SECOND  4, { 0, 2, 4, 6 }
#define FIRST_THREE   3, { 0, 2, 4 }
#define EITHER_HALF   2, { 0, 4 }
#define EITHER_OF_TWO 2, { 0, 2 }
#define AT_ZERO       1, { 0 }

/*
 * NVIDIA H100 80 GB.
 * Source: MIG User Guide, Supported MIG Profiles (driver 525.85.12 and later);
 * listings of PCIe and SXM boards; memory as listed on SXM. The label of GPU
 * feature discovery says 40320 for 3g.40gb on 550.54.15.
 */
static const struct gpu_profile h100_80gb_profiles[] = {
        /* name                    compute memory most    MiB  starts */
        { TEXT_INIT("1g.10gb"),          1,     1,   7,   9984, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),       1,     1,   1,   9984, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),          1,     2,   4,  20096, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),          2,     2,   3,  20096, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),          3,     4,   2,  40448, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),          4,     4,   1,  40448, AT_ZERO },
        { TEXT_INIT("7g.80gb"),          7,     8,   1,  81152, AT_ZERO },
};

static const struct text h100_80gb_aliases[] = {
        TEXT_INIT("nvidia-h100-80gb"),      /* GKE */
        TEXT_INIT("nvidia-h100-mega-80gb"), /* GKE */
        TEXT_INIT("nvidia-h100"),           /* also said of 94 and 96 GB boards */
        TEXT_INIT("h100.80gb"),             /* Bottlerocket */
        TEXT_INIT("NVIDIA-H100-80GB-HBM3"), /* GPU feature discovery */
        TEXT_INIT("NVIDIA-H100-PCIe"),
        TEXT_INIT("NVIDIA H100 80GB HBM3"), /* nvidia-smi */
        TEXT_INIT("NVIDIA H100 PCIe"),
};

static const struct text h100_80gb_pci_ids[] = {
        TEXT_INIT("0x233010DE"), /* SXM */
        TEXT_INIT("0x233110DE"), /* PCIe */
        TEXT_INIT("0x233610DE"),
};

/*
 * NVIDIA A100 40 GB.
 * Source: MIG User Guide, Supported MIG Profiles (450.80.02; 1g.5gb+me from the
 * R470, 1g.10gb from the R525 generation); listings.
 */
static const struct gpu_profile a100_40gb_profiles[] = {
        /* name                    compute memory most    MiB  starts */
        { TEXT_INIT("1g.5gb"),           1,     1,   7,   4864, ANY_OF_SEVEN },
        { TEXT_INIT("1g.5gb+me"),        1,     1,   1,   4864, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb"),          1,     2,   4,   9856, EVERY_SECOND },
        { TEXT_INIT("2g.10gb"),          2,     2,   3,   9856, FIRST_THREE },
        { TEXT_INIT("3g.20gb"),          3,     4,   2,  19968, EITHER_HALF },
        { TEXT_INIT("4g.20gb"),          4,     4,   1,  19968, AT_ZERO },
        { TEXT_INIT("7g.40gb"),          7,     8,   1,  40192, AT_ZERO },
};

static const struct text a100_40gb_aliases[] = {
        TEXT_INIT("nvidia-tesla-a100"), /* GKE */
        TEXT_INIT("nvidia-a100"),       /* said of both sizes */
        TEXT_INIT("a100.40gb"),
        TEXT_INIT("NVIDIA-A100-SXM4-40GB"),
        TEXT_INIT("NVIDIA-A100-PCIE-40GB"),
        TEXT_INIT("NVIDIA A100-SXM4-40GB"),
        TEXT_INIT("NVIDIA A100-PCIE-40GB"),
};

static const struct text a100_40gb_pci_ids[] = {
        TEXT_INIT("0x20B010DE"),
        TEXT_INIT("0x20B110DE"),
        TEXT_INIT("0x20F110DE"),
};

/*
 * NVIDIA A100 80 GB.
 * Source: as the 40 GB part. Old drivers wrote 7g.79gb for 7g.80gb.
 */
static const struct gpu_profile a100_80gb_profiles[] = {
        /* name                    compute memory most    MiB  starts */
        { TEXT_INIT("1g.10gb"),          1,     1,   7,   9728, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),       1,     1,   1,   9728, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),          1,     2,   4,  19968, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),          2,     2,   3,  19968, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),          3,     4,   2,  40192, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),          4,     4,   1,  40192, AT_ZERO },
        { TEXT_INIT("7g.80gb"),          7,     8,   1,  80640, AT_ZERO },
};

static const struct text a100_80gb_aliases[] = {
        TEXT_INIT("nvidia-a100-80gb"), /* GKE */
        TEXT_INIT("nvidia-a100"),
        TEXT_INIT("a100.80gb"),
        TEXT_INIT("NVIDIA-A100-SXM4-80GB"),
        TEXT_INIT("NVIDIA-A100-80GB-PCIe"),
        TEXT_INIT("NVIDIA A100-SXM4-80GB"),
        TEXT_INIT("NVIDIA A100 80GB PCIe"),
        TEXT_INIT("NVIDIA A100X"),
};

static const struct text a100_80gb_pci_ids[] = {
        TEXT_INIT("0x20B210DE"),
        TEXT_INIT("0x20B510DE"),
        TEXT_INIT("0x20B810DE"), /* A100X */
};

/*
 * NVIDIA H200 141 GB.
 * Source: MIG User Guide, Supported MIG Profiles (550.90.07); memory from one
 * published -lgip listing, starts from published placement tables. Later
 * drivers list 33280 MiB for 1g.35gb and 2g.35gb and 143360 for 7g.141gb.
 */
static const struct gpu_profile h200_141gb_profiles[] = {
        /* name                    compute memory most    MiB  starts */
        { TEXT_INIT("1g.18gb"),          1,     1,   7,  16384, ANY_OF_SEVEN },
        { TEXT_INIT("1g.18gb+me"),       1,     1,   1,  16384, ANY_OF_SEVEN },
        { TEXT_INIT("1g.35gb"),          1,     2,   4,  33024, EVERY_SECOND },
        { TEXT_INIT("2g.35gb"),          2,     2,   3,  33024, FIRST_THREE },
        { TEXT_INIT("3g.71gb"),          3,     4,   2,  71168, EITHER_HALF },
        { TEXT_INIT("4g.71gb"),          4,     4,   1,  71168, AT_ZERO },
        { TEXT_INIT("7g.141gb"),         7,     8,   1, 143104, AT_ZERO },
};

static const struct text h200_141gb_aliases[] = {
        TEXT_INIT("nvidia-h200-141gb"), /* GKE */
        TEXT_INIT("nvidia-h200"),
        TEXT_INIT("h200.141gb"),
        TEXT_INIT("NVIDIA-H200-NVL"),
        TEXT_INIT("NVIDIA H200"),
        TEXT_INIT("NVIDIA H200 NVL"),
};

static const struct text h200_141gb_pci_ids[] = {
        TEXT_INIT("0x233510DE"), /* SXM */
        TEXT_INIT("0x233B10DE"), /* NVL */
};

/*
 * NVIDIA A30 24 GB: four compute and four memory slices.
 * Source: MIG User Guide, Supported MIG Profiles (460.73.01; +me from the R470
 * and R525 generations); listings.
 */
static const struct gpu_profile a30_24gb_profiles[] = {
        /* name                    compute memory most    MiB  starts */
        { TEXT_INIT("1g.6gb"),           1,     1,   4,   5952, ANY_OF_FOUR },
        { TEXT_INIT("1g.6gb+me"),        1,     1,   1,   5952, ANY_OF_FOUR },
        { TEXT_INIT("2g.12gb"),          2,     2,   2,  11968, EITHER_OF_TWO },
        { TEXT_INIT("2g.12gb+me"),       2,     2,   1,  11968, EITHER_OF_TWO },
        { TEXT_INIT("4g.24gb"),          4,     4,   1,  24000, AT_ZERO },
};

static const struct text a30_24gb_aliases[] = {
        TEXT_INIT("nvidia-a30"),
        TEXT_INIT("a30.24gb"), /* node pools of Exoscale */
        TEXT_INIT("NVIDIA A30"),
        TEXT_INIT("NVIDIA A30X"),
};

static const struct text a30_24gb_pci_ids[] = {
        TEXT_INIT("0x20B710DE"),
        TEXT_INIT("0x20B910DE"), /* A30X */
};

#define ALIASES(table)  table##_aliases, COUNT(table##_aliases)
#define PCI_IDS(table)  table##_pci_ids, COUNT(table##_pci_ids)
#define PROFILES(table) table##_profiles, COUNT(table##_profiles)
#define ALL_OF(table)   ALIASES(table), PCI_IDS(table), PROFILES(table)

/*
 * Where a name is said of several products, the first one here is meant first.
 * Source of what the driver reports: captures of H100 (580.105.08) and A100
 * 40 GB (570.148.08).
 */
static const struct gpu_product products[] = {
        /* name               compute memory  GiB  reported MiB */
        { TEXT_INIT("H100-80GB"),  7,    8,    80,   81559, ALL_OF(h100_80gb) },
        { TEXT_INIT("A100-40GB"),  7,    8,    40,   40960, ALL_OF(a100_40gb) },
        { TEXT_INIT("A100-80GB"),  7,    8,    80,       0, ALL_OF(a100_80gb) },
        { TEXT_INIT("H200-141GB"), 7,    8,   141,       0, ALL_OF(h200_141gb) },
        { TEXT_INIT("A30-24GB"),   4,    4,    24,       0, ALL_OF(a30_24gb) },
};

/* clang-format on */

const struct gpu_product *catalog_products(size_t *ret_n) {
        *ret_n = COUNT(products);
        return products;
}

static bool product_is_called(const struct gpu_product *product, struct text alias) {
        if (text_equal_fold(product->name, alias))
                return true;
        for (size_t i = 0; i < product->n_aliases; i++) {
                if (text_equal_fold(product->aliases[i], alias))
                        return true;
        }
        return false;
}

size_t catalog_find(struct text alias, const struct gpu_product **ret, size_t max) {
        size_t n = 0;

        for (size_t i = 0; i < COUNT(products); i++) {
                if (!product_is_called(&products[i], alias))
                        continue;
                if (n < max)
                        ret[n] = &products[i];
                n++;
        }
        return n;
}

const struct gpu_profile *catalog_profile(const struct gpu_product *product, struct text name) {
        for (size_t i = 0; i < product->n_profiles; i++) {
                if (text_equal_fold(product->profiles[i].name, name))
                        return &product->profiles[i];
        }
        return NULL;
}

/* Takes "12" off the front of *rest; false where there is no number of at most four digits. */
static bool take_number(struct text *rest, int32_t *ret) {
        size_t n = 0;
        uint64_t number;

        while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
                n++;
        if (n > 4 || !text_to_u64(text_slice(*rest, 0, n), &number))
                return false;
        *ret = (int32_t)number;
        *rest = text_slice(*rest, n, rest->len);
        return true;
}

static bool take_word(struct text *rest, struct text word) {
        if (!text_equal_fold(text_slice(*rest, 0, word.len), word))
                return false;
        *rest = text_slice(*rest, word.len, rest->len);
        return true;
}

/* One attribute behind its sign: letters and digits with dots between them, "me" or "me.all". */
static bool take_attribute(struct text *rest) {
        size_t n = 0;

        while (n < rest->len &&
               ((rest->data[n] >= 'a' && rest->data[n] <= 'z') ||
                (rest->data[n] >= 'A' && rest->data[n] <= 'Z') ||
                (rest->data[n] >= '0' && rest->data[n] <= '9') || (n > 0 && rest->data[n] == '.')))
                n++;
        *rest = text_slice(*rest, n, rest->len);
        return n > 0;
}

static bool take_attributes(struct text *rest) {
        if (take_word(rest, TEXT("+"))) {
                do {
                        if (!take_attribute(rest))
                                return false;
                } while (take_word(rest, TEXT(",")));
        }
        return !take_word(rest, TEXT("-")) || take_attribute(rest);
}

int32_t catalog_memory_from_name(struct text profile) {
        int32_t slices, memory_gib;

        if (!take_number(&profile, &slices))
                return 0;
        if (take_word(&profile, TEXT("c.")) && !take_number(&profile, &slices))
                return 0;
        if (!take_word(&profile, TEXT("g.")) || !take_number(&profile, &memory_gib))
                return 0;
        if (!take_word(&profile, TEXT("gb")) || !take_attributes(&profile))
                return 0;
        return text_is_empty(profile) ? memory_gib : 0;
}
