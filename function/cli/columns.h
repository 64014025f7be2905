/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns - tables and sentences for a terminal of 80 columns
 *
 * Widths are characters, not bytes.
 */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "base/text.h"

/* No line is longer, unless a number or a word is very long. */
enum { COLUMNS_WIDTH = 80, COLUMNS_MAX = 8 };

enum columns_kind {
        COLUMNS_NAME,   /* to the left; cut where the line is too long */
        COLUMNS_NUMBER, /* to the right; never cut */
};

struct columns {
        size_t n;
        enum columns_kind kinds[COLUMNS_MAX];
        size_t widths[COLUMNS_MAX];
};

/* columns_widen() - make room for the cells of a row; n of them. */
void columns_widen(struct columns *c, const struct text *cells);

/* columns_fit() - narrow the widest names until a row takes `width` columns. */
void columns_fit(struct columns *c, size_t width);

/*
 * columns_row() - append the cells as a line
 *
 * A name that is too long loses its middle: both ends tell names apart. The last
 * column is not filled up.
 */
void columns_row(const struct columns *c, const struct text *cells, struct builder *b);

/*
 * columns_wrapped() - append a sentence in lines of COLUMNS_WIDTH
 * @first: before the first line, such as "- "
 * @rest:  before every other line
 */
void columns_wrapped(const char *first, const char *rest, struct text sentence, struct builder *b);

#endif
