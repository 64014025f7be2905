/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/draw.h"

#include "base/count.h"
#include "cli/table.h"
#include "gpu/profile.h"

/* Columns of a whole GPU, borders included; 3, 4, 8 and 12 slices divide 72. */
enum { DRAWING_COLUMNS = 72, MARGIN = 8, CELL_MIN = 2, CELL_MAX = 24 };

static size_t cell_of(const struct gpu_product *product, struct draw_style style) {
        size_t room = DRAWING_COLUMNS, cell;

        if (style.columns > MARGIN && style.columns < SIZE_MAX)
                room = style.columns - MARGIN;

        cell = (room < DRAWING_COLUMNS || room > DRAWING_COLUMNS + MARGIN ? room
                                                                          : DRAWING_COLUMNS) /
               product->memory_slices;
        if (cell > CELL_MAX && room > DRAWING_COLUMNS)
                cell = CELL_MAX;
        return cell < CELL_MIN ? CELL_MIN : cell;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static void repeat(struct builder *b, char c, size_t n) {
        while (n-- > 0)
                builder_char(b, c);
}

static void left(struct builder *b, struct text cell, size_t width) {
        builder_text(b, cell);
        if (cell.len < width)
                repeat(b, ' ', width - cell.len);
}

static void right(struct builder *b, struct text cell, size_t width) {
        if (cell.len < width)
                repeat(b, ' ', width - cell.len);
        builder_text(b, cell);
}

static struct text number(struct builder *b, int64_t n, const char *unit) {
        return text_format(b->arena, "%lld%s", (long long)n, unit);
}

/* Blanks at the end of a line would be all that differs from what one sees. */
static void end_line(struct builder *b) {
        while (b->len > 0 && b->data && b->data[b->len - 1] == ' ')
                b->len--;
        builder_char(b, '\n');
}

/* "also called a, b, c", wrapped; nothing without names. */
static void draw_names(const char *what, const struct text *names, size_t n, struct builder *b) {
        struct builder words;

        if (n == 0)
                return;
        builder_init(&words, b->arena);
        builder_string(&words, what);
        for (size_t i = 0; i < n; i++) {
                builder_string(&words, i > 0 ? ", " : " ");
                builder_text(&words, names[i]);
        }
        table_wrapped("", "  ", builder_done(&words), b);
}

/* ---- the catalogue --------------------------------------------------------------------------- */

/* As many names as the line has room for. */
static void draw_some_names(const struct gpu_product *product, size_t room, struct builder *b) {
        for (size_t i = 0; i < product->n_aliases; i++) {
                size_t needed = product->aliases[i].len + (i > 0 ? 2 : 0);

                if (needed > room)
                        return;
                builder_string(b, i > 0 ? ", " : "");
                builder_text(b, product->aliases[i]);
                room -= needed;
        }
}

void draw_products(struct builder *b) {
        enum { NAME = 24, MEMORY = 6, SLICES = 8, PROFILES = 10, GAP = 2 };
        const struct gpu_product *product;

        left(b, TEXT("GPU"), NAME);
        right(b, TEXT("MEMORY"), MEMORY);
        right(b, TEXT("SLICES"), SLICES);
        right(b, TEXT("PROFILES"), PROFILES);
        builder_string(b, "  ALSO CALLED");
        end_line(b);
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                bool known = product->n_profiles > 0;

                left(b, product->name, NAME);
                right(b, product->memory_gib > 0 ? number(b, product->memory_gib, "Gi") : TEXT("-"),
                      MEMORY);
                right(b,
                      known                               ? number(b, product->compute_slices, "")
                      : product->basis == GPU_WITHOUT_MIG ? TEXT("no MIG")
                                                          : TEXT("-"),
                      SLICES);
                right(b, known ? number(b, (int64_t)product->n_profiles, "") : TEXT("-"), PROFILES);
                repeat(b, ' ', GAP);
                draw_some_names(product, COLUMNS_WIDTH - NAME - MEMORY - SLICES - PROFILES - GAP,
                                b);
                end_line(b);
        }
}

struct text draw_basis(enum gpu_basis basis) {
        switch (basis) {
        case GPU_LISTED:
                return TEXT("The starts are those that the driver lists.");
        case GPU_PUBLISHED:
                return TEXT("The starts are from published tables; no listing was seen.");
        case GPU_ASSUMED:
                return TEXT("The starts are assumed: those of other GPUs of seven slices.");
        case GPU_GUESSED:
                return TEXT("The starts are not published, or reports disagree: try on the machine "
                            "what fits.");
        case GPU_WITHOUT_MIG:
                return TEXT("This GPU has no MIG: a pod gets a whole one, or a share.");
        case GPU_UNDOCUMENTED:
                break;
        }
        return TEXT("No MIG profile of this GPU is documented.");
}

static void draw_profile(const struct gpu_profile *profile, struct builder *b) {
        left(b, profile->name, 16);
        right(b, number(b, profile->compute_slices, ""), 7);
        right(b, number(b, profile->memory_slices, ""), 8);
        right(b, number(b, profile->max_instances, ""), 9);
        right(b, profile->memory_mib > 0 ? number(b, profile->memory_mib, "Mi") : TEXT("-"), 12);
        builder_char(b, ' ');
        for (size_t i = 0; i < profile->n_placements; i++) {
                builder_char(b, ' ');
                builder_u64(b, profile->placements[i]);
        }
        if (profile->former.len) {
                builder_string(b, "  once ");
                builder_text(b, profile->former);
        }
        end_line(b);
}

void draw_profiles(const struct gpu_product *product, const int64_t *counts, struct builder *b) {
        builder_string(b, "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n");
        for (size_t i = 0; i < product->n_profiles; i++) {
                if (!counts || counts[i] > 0)
                        draw_profile(&product->profiles[i], b);
        }
}

void draw_product(const struct gpu_product *product, struct builder *b) {
        builder_text(b, product->name);
        if (product->memory_gib > 0)
                builder_text(b, text_format(b->arena, ": %dGi", product->memory_gib));
        else
                builder_string(b, ": the CPU's memory");
        if (product->reported_mib > 0)
                builder_text(b, text_format(b->arena, " (%dMi reported)", product->reported_mib));
        if (product->n_profiles > 0)
                builder_text(b, text_format(b->arena, ", %d compute and %d memory slices",
                                            product->compute_slices, product->memory_slices));
        end_line(b);
        draw_names("Also called", product->aliases, product->n_aliases, b);
        draw_names("PCI ids", product->pci_ids, product->n_pci_ids, b);
        draw_names("Precisions", product->generation->precisions, product->generation->n_precisions,
                   b);
        builder_char(b, '\n');
        if (product->n_profiles > 0) {
                draw_profiles(product, NULL, b);
                builder_char(b, '\n');
        }
        table_wrapped("", "  ", draw_basis(product->basis), b);
}

/* ---- layouts --------------------------------------------------------------------------------- */

void draw_counts(const struct gpu_product *product, const int64_t *counts, struct builder *b) {
        const char *comma = "";

        for (size_t i = product->n_profiles; i-- > 0;) {
                if (counts[i] == 0)
                        continue;
                builder_string(b, comma);
                if (counts[i] > 1) {
                        builder_i64(b, counts[i]);
                        builder_string(b, " x ");
                }
                builder_text(b, product->profiles[i].name);
                comma = ", ";
        }
}

/* What stands in one stretch of memory: an instance, or nothing. */
struct stretch {
        const struct gpu_profile *profile; /* NULL: free */
        size_t n_slices;
};

/* The stretches from the first memory slice to the last; returns how many there are. */
static size_t stretches_of(const struct gpu_product *product, const struct layout *layout,
                           struct stretch *ret) {
        size_t n = 0, slice = 0;

        while (slice < product->memory_slices) {
                struct stretch s = { .n_slices = 1 };

                for (size_t i = 0; i < layout->n_slices; i++) {
                        if (layout->slices[i].start == slice)
                                s.profile = layout->slices[i].profile;
                }
                if (s.profile)
                        s.n_slices = s.profile->memory_slices;
                if (!s.profile && n > 0 && !ret[n - 1].profile)
                        ret[n - 1].n_slices++;
                else
                        ret[n++] = s;
                slice += s.n_slices;
        }
        return n;
}

static void draw_rule(const struct stretch *stretches, size_t n, size_t cell, struct builder *b) {
        for (size_t i = 0; i < n; i++) {
                builder_char(b, '+');
                repeat(b, '-', stretches[i].n_slices * cell - 1);
        }
        builder_string(b, "+\n");
}

/* A colour by the profile's place in the table; what is free is dim. Red is for what is wrong. */
static void start_colour(const struct gpu_product *product, const struct gpu_profile *profile,
                         struct builder *b) {
        static const int colours[] = { 36, 34, 35, 32, 33 };
        int colour = 2;

        if (profile)
                colour = colours[(size_t)(profile - product->profiles) % COUNT_OF(colours)];

        builder_text(b, text_format(b->arena, "\033[%dm", colour));
}

/* The first line has "1g.10gb", the second "+me". */
static struct text label_of(const struct gpu_profile *profile, bool attributes) {
        struct profile_name name = { 0 };

        if (!profile)
                return attributes ? TEXT("") : TEXT("free");
        profile_parse(profile->name, &name);
        if (attributes)
                return name.attributes;
        return text_slice(profile->name, 0, profile->name.len - name.attributes.len);
}

static void draw_labels(const struct gpu_product *product, const struct stretch *stretches,
                        size_t n, size_t cell, bool attributes, bool colours, struct builder *b) {
        for (size_t i = 0; i < n; i++) {
                builder_char(b, '|');
                if (colours)
                        start_colour(product, stretches[i].profile, b);
                left(b,
                     text_slice(label_of(stretches[i].profile, attributes), 0,
                                stretches[i].n_slices * cell - 1),
                     stretches[i].n_slices * cell - 1);
                if (colours)
                        builder_string(b, "\033[0m");
        }
        builder_string(b, "|\n");
}

void draw_wrong(struct text sentence, struct draw_style style, struct builder *b) {
        if (style.colours)
                builder_string(b, "\033[31m");
        table_wrapped("", "  ", sentence, b);
        if (!style.colours || b->len == 0)
                return;
        b->len--; /* the end of the line, which has no colour */
        builder_string(b, "\033[0m\n");
}

void draw_layout(const struct gpu_product *product, const struct layout *layout,
                 struct draw_style style, struct builder *b) {
        size_t cell = cell_of(product, style);
        struct stretch stretches[LAYOUT_SLICES_MAX] = { 0 };
        size_t n = stretches_of(product, layout, stretches);
        bool attributes = false;

        for (size_t i = 0; i < n; i++)
                attributes |= !text_is_empty(label_of(stretches[i].profile, true));
        for (size_t i = 0; i < product->memory_slices; i++) {
                builder_char(b, ' ');
                left(b, number(b, (int64_t)i, ""), cell - 1);
        }
        end_line(b);
        draw_rule(stretches, n, cell, b);
        draw_labels(product, stretches, n, cell, false, style.colours, b);
        if (attributes)
                draw_labels(product, stretches, n, cell, true, style.colours, b);
        draw_rule(stretches, n, cell, b);
}
