/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut - which layouts to cut GPUs of one product into, for slices that are wanted
 *
 * The fewest GPUs that hold all that is wanted; of those plans one with the fewest
 * GPUs cut anew; of those one that strands the least memory. All three are exact
 * (gpu/integer.h). Every layout is one that layout_place() places.
 *
 * Memory is what profiles' names say. Stranded is what a slice has beyond what is
 * wanted of it, and the memory of a GPU in no slice; free slices are not stranded.
 */
#ifndef GPU_CUT_H
#define GPU_CUT_H

#include "gpu/layout.h"

struct arena;

enum {
        CUT_GPUS_MAX = 100000,
        CUT_COUNT_MAX = 100000, /* units of one wish */
        CUT_WANTS_MAX = 1000,
        CUT_LAYOUTS_MAX = 1024, /* of one product; today's too */
};

struct cut_want {
        struct text
                profile; /* exactly this one; empty: any without attributes that has the memory */
        int64_t memory_bytes; /* at least; only without a profile */
        int64_t count;        /* units, 1..CUT_COUNT_MAX */
};

/* GPUs that are divided alike. */
struct cut_layout {
        int64_t counts[LAYOUT_KINDS_MAX]; /* by the product's profiles; all 0: not divided */
        int64_t gpus;
};

struct cut_task {
        const struct gpu_product *product;
        const struct cut_want *wants; /* the first ones are placed first where room is short */
        size_t n_wants;
        int64_t gpus;                   /* that there are, at most CUT_GPUS_MAX */
        bool uniform;                   /* slices of a GPU are all alike, and as many as fit */
        const struct cut_layout *today; /* how GPUs are cut; others are not divided */
        size_t n_today;
};

struct cut_share {
        struct cut_layout layout;
        int64_t kept; /* of its GPUs, those that are cut so today */
};

struct cut_plan {
        struct cut_share *shares; /* most GPUs first */
        size_t n_shares;
        int64_t gpus;     /* of all shares */
        int64_t bound;    /* fewer cannot do; equal to gpus unless tries were spent */
        int64_t gpus_all; /* that all wants would take which some slice can hold */
        int64_t anew;     /* GPUs of shares that are not cut so today */
        int64_t stranded_gib;
        bool is_proven; /* that none has fewer anew, or then strands less: tries were not spent */
        int64_t used[LAYOUT_KINDS_MAX]; /* slices that are wanted, by profile */
        int64_t *placed;                /* units of each want */
        struct cut_layout *left;        /* today's layouts that are not part of the plan */
        size_t n_left;
};

/* cut_holds() - has the product a slice for one unit of it? */
bool cut_holds(const struct gpu_product *product, const struct cut_want *want);

/*
 * cut_plan() - the plan
 * @ret: set on success; lives in the arena. Where the GPUs do not suffice, each want in
 *       its order gets as many units as fit beside those before it
 *
 * Errors: -ERANGE  a number does not fit 64 bits, or there are too many layouts
 *         -ENOMEM
 */
int cut_plan(const struct cut_task *task, struct arena *arena, struct cut_plan *ret);

#endif
