/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table - tables and sentences for a terminal of 80 columns
 *
 * Widths are characters, not bytes.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/text.h"

/* No line is longer, unless a number or a word is very long. */
enum { COLUMNS_WIDTH = 80, COLUMNS_MAX = 8 };

enum table_kind {
        COLUMNS_NAME,   /* to the left; cut where the line is too long */
        COLUMNS_NUMBER, /* to the right; never cut */
};

struct table_columns {
        size_t n;
        enum table_kind kinds[COLUMNS_MAX];
        size_t widths[COLUMNS_MAX];
};

/* table_widen() - make room for the cells of a row; n of them. */
void table_widen(struct table_columns *c, const struct text *cells);

/* table_fit() - narrow the widest names until a row takes `width` columns. */
void table_fit(struct table_columns *c, size_t width);

/*
 * table_row() - append the cells as a line
 *
 * A name that is too long loses its middle: both ends tell names apart. The last
 * column is not filled up.
 */
void table_row(const struct table_columns *c, const struct text *cells, struct builder *b);

/*
 * table_wrapped() - append a sentence in lines of COLUMNS_WIDTH
 * @first: before the first line, such as "- "
 * @rest:  before every other line
 */
void table_wrapped(const char *first, const char *rest, struct text sentence, struct builder *b);

#endif
