/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <string.h>

enum { GAP = 2, NAME_MIN = 8 };

/* Those that continue a character do not count. */
static bool begins_character(char c) {
        return (c & 0xc0) != 0x80;
}

static size_t width_of(struct text t) {
        size_t n = 0;

        for (size_t i = 0; i < t.len; i++)
                n += begins_character(t.data[i]);
        return n;
}

void table_widen(struct table_columns *c, const struct text *cells) {
        for (size_t i = 0; i < c->n; i++) {
                size_t width = width_of(cells[i]);

                if (width > c->widths[i])
                        c->widths[i] = width;
        }
}

void table_fit(struct table_columns *c, size_t width) {
        size_t sum = c->n > 0 ? GAP * (c->n - 1) : 0;

        for (size_t i = 0; i < c->n; i++)
                sum += c->widths[i];
        while (sum > width) {
                size_t widest = c->n;

                for (size_t i = 0; i < c->n; i++) {
                        if (c->kinds[i] == COLUMNS_NAME &&
                            (widest == c->n || c->widths[i] > c->widths[widest]))
                                widest = i;
                }
                if (widest == c->n || c->widths[widest] <= NAME_MIN)
                        return;
                c->widths[widest]--;
                sum--;
        }
}

static void append_spaces(struct builder *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                builder_char(b, ' ');
}

static void append_cut(struct builder *b, struct text t, size_t width) {
        size_t have = width_of(t), head = width / 2 - 1, tail = have - (width - head - 2), at = 0;

        if (have <= width) {
                builder_text(b, t);
                return;
        }
        for (size_t i = 0; i < t.len; i++) {
                at += begins_character(t.data[i]);
                if (at <= head || at > tail)
                        builder_char(b, t.data[i]);
                else if (at == head + 1 && begins_character(t.data[i]))
                        builder_string(b, "..");
        }
}

void table_row(const struct table_columns *c, const struct text *cells, struct builder *b) {
        for (size_t i = 0; i < c->n; i++) {
                size_t width = width_of(cells[i]);
                size_t pad = width < c->widths[i] ? c->widths[i] - width : 0;

                if (i > 0)
                        append_spaces(b, GAP);
                if (c->kinds[i] == COLUMNS_NUMBER) {
                        append_spaces(b, pad);
                        builder_text(b, cells[i]);
                        continue;
                }
                append_cut(b, cells[i], c->widths[i]);
                if (i + 1 < c->n)
                        append_spaces(b, pad);
        }
        builder_char(b, '\n');
}

void table_wrapped(const char *first, const char *rest, struct text sentence, struct builder *b) {
        size_t column = strlen(first);
        bool begins = true;

        builder_string(b, first);
        while (sentence.len > 0) {
                size_t end = text_index(sentence, ' ');
                struct text word = text_slice(sentence, 0, end);
                size_t width = width_of(word);

                if (!begins && column + 1 + width > COLUMNS_WIDTH) {
                        builder_char(b, '\n');
                        builder_string(b, rest);
                        column = strlen(rest);
                } else if (!begins) {
                        builder_char(b, ' ');
                        column++;
                }
                builder_text(b, word);
                column += width;
                begins = false;
                sentence = text_slice(sentence, end < sentence.len ? end + 1 : end, sentence.len);
        }
        builder_char(b, '\n');
}
