/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw - GPUs and their slices in plain characters, for a terminal of 80 columns
 *
 * Everything is appended to a builder; when its arena is spent, the arena knows.
 */
#ifndef CLI_DRAW_H
#define CLI_DRAW_H

#include "gpu/layout.h"

/* draw_products() - a table of the catalogue, a line for each product. */
void draw_products(struct builder *b);

/* draw_product() - all that is known about one: its names, and a table of its profiles. */
void draw_product(const struct gpu_product *product, struct builder *b);

/*
 * draw_profiles() - a table of profiles: their slices, how many fit, where they start
 * @counts: only those of which it has some; NULL: all
 */
void draw_profiles(const struct gpu_product *product, const int64_t *counts, struct builder *b);

/* How a drawing looks: zeroed it is plain, for 80 columns. */
struct draw_style {
        bool colours;   /* with the escapes of a terminal: a colour for each profile, never red */
        size_t columns; /* that there are; 0 or SIZE_MAX: 80 */
};

/* draw_layout() - the slices at their places on the GPU's memory */
void draw_layout(const struct gpu_product *product, const struct layout *layout,
                 struct draw_style style, struct builder *b);

/* draw_wrong() - a sentence about what is wrong, red where there are colours. */
void draw_wrong(struct text sentence, struct draw_style style, struct builder *b);

/* draw_counts() - "3g.40gb, 4 x 1g.10gb": the largest first. */
void draw_counts(const struct gpu_product *product, const int64_t *counts, struct builder *b);

/* draw_basis() - how it is known where slices start, as a sentence. */
struct text draw_basis(enum gpu_basis basis);

#endif
