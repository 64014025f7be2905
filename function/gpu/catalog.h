/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog - what makers document about their GPUs
 *
 * Static tables: NVIDIA's GPUs with MIG, one file for each architecture, those without,
 * and AMD's and Intel's, which are counted whole. Every block names its source.
 * A profile's meaning depends on the product: 1g.10gb is 7 slices on an
 * H100-80GB and 4 on an A100-40GB.
 */
#ifndef GPU_CATALOG_H
#define GPU_CATALOG_H

#include "base/text.h"
#include "gpu/generation.h"

struct arena;

/* Where an instance of a profile may start, in memory slices of the GPU. */
enum { GPU_PLACEMENTS_MAX = 12 };

struct gpu_profile {
        struct text name; /* "3g.40gb", as NVIDIA writes it today */
        uint8_t compute_slices;
        uint8_t memory_slices;
        uint8_t max_instances; /* of one GPU */
        int32_t memory_mib;    /* what the slice really has; 0 = never seen in a listing */
        uint8_t n_placements;
        uint8_t placements[GPU_PLACEMENTS_MAX]; /* start positions, ascending */
        struct text former;                     /* what older drivers called it; mostly empty */
};

/* How it is known where slices of a product start. */
enum gpu_basis {
        GPU_LISTED,       /* a listing of the driver was seen */
        GPU_PUBLISHED,    /* a table of some software says so */
        GPU_ASSUMED,      /* as on other GPUs of seven slices */
        GPU_GUESSED,      /* only how many fit is known, or reports disagree */
        GPU_UNDOCUMENTED, /* it has MIG, but no profiles are known */
        GPU_WITHOUT_MIG,  /* nothing to start: it is a whole GPU always */
};

struct gpu_product {
        struct text name;       /* "H100-80GB", our key */
        uint8_t compute_slices; /* 7, or 4 on an A30; 0: without MIG */
        uint8_t memory_slices;  /* 8, or 4 on an A30, or 12 on an RTX PRO 6000 */
        int32_t memory_gib;     /* nominal memory of the whole GPU; 0: it is the CPU's too */
        int32_t reported_mib;   /* what the driver reports; 0 = unknown */
        enum gpu_basis basis;
        const struct gpu_generation *generation;
        const struct text *aliases; /* cloud names, labels of GPU feature discovery, product keys */
        size_t n_aliases;
        const struct text *pci_ids; /* "0x233010DE": device and vendor, as mig-parted filters */
        size_t n_pci_ids;
        const struct gpu_profile *profiles; /* in NVIDIA's order: smallest first */
        size_t n_profiles;
};

/* catalog_product() - the products one by one, in the catalogue's order; NULL behind the last. */
const struct gpu_product *catalog_product(size_t index);

/*
 * catalog_find() - the products that an accelerator type may mean
 * @alias: compared with names and aliases, the maker before them or not, without case, a
 *         blank and a "_" being a "-"; also as a label of GPU feature discovery ends for
 *         slices and shares, "-MIG-1g.10gb" and "-SHARED";
 *         or a PCI id, "0x233010DE" or "0x2330";
 *         or a cloud's machine type, "p5.48xlarge", or its family, "p5"
 * @ret:   up to max of them, in the catalogue's order
 *
 * Returns how many there are; 0 when the type is unknown.
 */
size_t catalog_find(struct text alias, const struct gpu_product **ret, size_t max);

/*
 * catalog_nearest() - the accelerator type that was probably meant by an unknown one
 *
 * Empty when there is none, and for a short one: an A11 is no misspelt A10. A word that
 * names a GPU is never answered with another one: an "A2000" is no A4000, an
 * "nvidia-a100-96gb" no A100 of 80 GB. All names are compared letter by letter: only
 * for a sentence.
 */
struct text catalog_nearest(struct text alias, struct arena *arena);

enum { CATALOG_CANDIDATES_MAX = 8, CATALOG_SLOTS = 8 };

/*
 * struct catalog_memo - what was looked up before: a fleet has thousands of pools and a few types
 *
 * Empty when it is zeroed. The aliases must live as long as it does.
 */
struct catalog_memo {
        struct catalog_slot {
                struct text alias; /* empty: free */
                const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
                size_t n;
        } slots[CATALOG_SLOTS];
        size_t n_filled; /* times that a slot was filled */
};

/* catalog_recall() - catalog_find() with a memo, which may be NULL; at most n are set. */
size_t catalog_recall(struct catalog_memo *memo, struct text alias,
                      const struct gpu_product *ret[CATALOG_CANDIDATES_MAX]);

/* catalog_profile() - the product's profile of that name, now or formerly, without case; or NULL.
 */
const struct gpu_profile *catalog_profile(const struct gpu_product *product, struct text name);

/*
 * catalog_spelling() - a name by which catalog_profile() found the profile, as NVIDIA writes it
 *
 * A former name stays: the driver that says 7g.79gb offers nothing called 7g.80gb.
 */
struct text catalog_spelling(const struct gpu_profile *profile, struct text name);

/*
 * catalog_memory_from_name() - the Gi number in a profile's name: 40 for "3g.40gb+me"
 *
 * Returns 0 for a GPU that shares the CPU's memory ("2g.0gb"), and when the name
 * is not `[<c>c.]<g>g.<n>gb[+attr[,attr]][-attr]`.
 */
int32_t catalog_memory_from_name(struct text profile);

#endif
