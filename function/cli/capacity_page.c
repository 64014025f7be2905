/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity_page.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/printable.h"
#include "base/quantity.h"
#include "cli/capacity_pods.h"
#include "gpu/layout.h"

/* A GPU is so wide; 2, 3, 4, 8 and 12 memory slices divide it. Rows are so high. */
enum { GPU_WIDTH = 96, ROW = 10 };

/* Colours that people with red-green blindness tell apart (Okabe and Ito), with three borders. */
enum { COLOURS = 21 };

struct page {
        const struct capacity_holder *holders;
        size_t *sorted; /* by name */
        size_t n_holders;
        int64_t n_drawn;    /* nodes */
        struct text *nodes; /* names of the pool's first nodes, where pods say them */
        size_t n_nodes;
        struct arena *arena;
        struct builder *b;
};

/* The units of a sub-pool, one after the other: who has each; -1: free. */
struct seats {
        const struct usage *used;
        int64_t per_node, nodes;
        int32_t *holder;
        int64_t *n_taken; /* of each node */
        int64_t first;    /* nodes before it are full */
};

static const char head[] =
        "<!DOCTYPE html>\n"
        "<html lang=en><meta charset=utf-8>\n"
        "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
        "<title>GPU fleet</title>\n"
        "<style>\n"
        ":root{color-scheme:light dark;--text:#1b1b1b;--back:#fff;--dim:#595959;--line:#767676}\n"
        "@media(prefers-color-scheme:dark){:root{--text:#f0f0f0;--back:#141414;--dim:#b3b3b3;"
        "--line:#8c8c8c}}\n"
        "body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--back);"
        "margin:1rem auto;max-width:80rem;padding:0 1rem}\n"
        "h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}"
        "h3{font-size:1rem;margin:1.2rem 0 .3rem}p{margin:.2rem 0;color:var(--dim)}\n"
        ".w{overflow-x:auto}table{border-collapse:collapse}"
        "th,td{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}"
        "th{border-bottom:1px solid var(--line)}td.r,th.r{text-align:right}\n"
        ".r0{display:flex;flex-wrap:wrap;gap:6px}\n"
        ".n{border:1px solid var(--line);border-radius:3px;padding:3px;width:96px}"
        ".n svg{display:block;width:96px}"
        ".n small{display:block;font-size:11px;overflow-wrap:anywhere}\n"
        ".p{border-style:dashed}.p rect{opacity:.75}.p rect:not([class]){opacity:.45}\n"
        ".k{width:18px;height:12px;vertical-align:-1px}\n"
        "rect{height:9px;color:var(--text);stroke:var(--line);stroke-width:.6}\n"
        ".c0,.c7,.c14{fill:#0072b2}.c1,.c8,.c15{fill:#e69f00}.c2,.c9,.c16{fill:#56b4e9}"
        ".c3,.c10,.c17{fill:#d55e00}.c4,.c11,.c18{fill:#f0e442}.c5,.c12,.c19{fill:#009e73}"
        ".c6,.c13,.c20{fill:#cc79a7}\n"
        ".c7,.c8,.c9,.c10,.c11,.c12,.c13{stroke:var(--text);stroke-width:1.6}"
        ".c14,.c15,.c16,.c17,.c18,.c19,.c20{stroke:var(--text);stroke-width:1.6;"
        "stroke-dasharray:2 1.5}\n"
        "@media(max-width:30rem){body{font-size:13px}th,td{padding-right:.45rem}}\n"
        "@media print{body{margin:0;max-width:none;-webkit-print-color-adjust:exact;"
        "print-color-adjust:exact}.n,tr{break-inside:avoid}h2,h3{break-after:avoid}}\n"
        "</style>\n"
        /* What is free is hatched. */
        "<svg width=0 height=0 style=\"position:absolute\" aria-hidden=true><defs>"
        "<pattern id=f width=4 height=4 patternUnits=userSpaceOnUse "
        "patternTransform=rotate(45)><path d=\"M0 0V4\" stroke=currentColor stroke-width=1 "
        "opacity=.75 /></pattern></defs></svg>\n";

/* The pattern by its id in this page; "(" as an entity, so that no reader takes it for a request.
 */
#define HATCHED " fill=\"url&#40;#f)\""

/* ---- text ------------------------------------------------------------------------------------ */

static void escape(struct builder *b, struct text text) {
        for (size_t i = 0; i < text.len; i++) {
                switch (text.data[i]) {
                case '&':
                        builder_string(b, "&amp;");
                        break;
                case '<':
                        builder_string(b, "&lt;");
                        break;
                case '>':
                        builder_string(b, "&gt;");
                        break;
                case '"':
                        builder_string(b, "&quot;");
                        break;
                default:
                        builder_char(b, text.data[i]);
                }
        }
}

static void show(struct page *p, struct text text) {
        escape(p->b, printable_text(text, p->arena));
}

static void cell(struct page *p, struct text text) {
        builder_string(p->b, "<td>");
        show(p, text);
}

static void number_cell(struct page *p, int64_t number) {
        builder_string(p->b, "<td class=r>");
        builder_i64(p->b, number);
}

/* ---- who has which unit ---------------------------------------------------------------------- */

static int compare_holders(const void *a, const void *b, void *holders) {
        const struct capacity_holder *all = holders;

        return text_compare(all[*(const size_t *)a].name, all[*(const size_t *)b].name);
}

static int sort_holders(struct page *p, const struct capacity_holder *holders, size_t n) {
        struct capacity_holder *copy = ARENA_ARRAY(p->arena, n, struct capacity_holder);

        p->sorted = ARENA_ARRAY(p->arena, n, size_t);
        if (!p->sorted || !copy)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                p->sorted[i] = i;
                copy[i] = holders[i];
        }
        if (n > 1)
                qsort_r(p->sorted, n, sizeof(*p->sorted), compare_holders, copy);
        p->holders = holders;
        p->n_holders = n;
        return 0;
}

static int32_t find_holder(const struct page *p, const struct reservation *r) {
        struct text name =
                text_join(p->arena, (struct text[]) { r->namespace_, TEXT("/"), r->deployment }, 3);
        size_t low = 0, high = p->n_holders;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (text_compare(p->holders[p->sorted[middle]].name, name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < p->n_holders ? (int32_t)p->sorted[low] : -1;
}

/* Give `units` of the node to the holder. */
static void take(struct seats *s, int64_t node, int64_t units, int32_t holder) {
        while (units-- > 0)
                s->holder[node * s->per_node + s->n_taken[node]++] = holder;
        while (s->first < s->nodes && s->n_taken[s->first] == s->per_node)
                s->first++;
}

/* Units that want one node get the first one with room for them; where none has, any. */
static void seat(struct seats *s, int64_t units, int32_t holder) {
        for (int64_t node = s->first; node < s->nodes; node++) {
                if (s->per_node - s->n_taken[node] >= units) {
                        take(s, node, units, holder);
                        return;
                }
        }
        while (units > 0 && s->first < s->nodes) {
                int64_t room = s->per_node - s->n_taken[s->first];

                room = room < units ? room : units;
                take(s, s->first, room, holder);
                units -= room;
        }
}

/* Each pod has its units on its own node; which ones of several alike, nothing says. */
static void seat_pods(const struct page *p, const struct capacity *c, struct seats *s) {
        const struct usage *used = s->used;

        for (size_t i = 0; i < c->n_pods; i++) {
                const struct reservation *r = c->pods[i].reservation;
                const struct text *node = bsearch(&c->pods[i].node, p->nodes, p->n_nodes,
                                                  sizeof(*p->nodes), text_order);
                int64_t at = node ? node - p->nodes : s->nodes, room;

                if (at >= s->nodes || !text_equal(r->pool, used->pool) ||
                    !text_equal(r->mig_profile, used->mig_profile))
                        continue;
                room = s->per_node - s->n_taken[at];
                take(s, at, r->units_per_node < room ? r->units_per_node : room, find_holder(p, r));
        }
}

static int find_seats(struct page *p, const struct capacity *c, const struct usage *used,
                      int64_t nodes, struct seats *ret) {
        struct seats s = { .used = used,
                           .nodes = nodes,
                           .per_node = used->sub_pool->units_per_node };
        size_t n = (size_t)(s.per_node * nodes);

        s.holder = ARENA_ARRAY(p->arena, n, int32_t);
        s.n_taken = ARENA_ARRAY(p->arena, (size_t)nodes, int64_t);
        if (!s.holder || !s.n_taken)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                s.holder[i] = -1;
        if (c->pods)
                seat_pods(p, c, &s);
        for (size_t i = 0; i < c->n_reservations && !c->pods; i++) {
                const struct reservation *r = &c->reservations[i];
                int32_t holder;

                if (!text_equal(r->pool, used->pool) ||
                    !text_equal(r->mig_profile, used->mig_profile))
                        continue;
                holder = find_holder(p, r);
                for (int64_t k = 0; k < r->reserved * r->nodes && s.first < s.nodes; k++)
                        seat(&s, r->units_per_node, holder);
        }
        *ret = s;
        return 0;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void draw_unit(struct page *p, const struct seats *s, int64_t node, int64_t unit, int64_t x,
                      int64_t width) {
        int32_t holder = unit < s->per_node ? s->holder[node * s->per_node + unit] : -1;

        builder_string(p->b, "<rect");
        if (holder >= 0) {
                builder_string(p->b, " class=c");
                builder_i64(p->b, holder % COLOURS);
        }
        builder_string(p->b, " x=");
        builder_i64(p->b, x);
        builder_string(p->b, " width=");
        builder_i64(p->b, width > 1 ? width - 1 : 1);
        builder_string(p->b, "><title>");
        if (holder >= 0)
                show(p, p->holders[holder].name);
        else
                builder_string(p->b, "free");
        builder_string(p->b, "</title></rect>");
}

/* The slices of one GPU, of each sub-pool alike; false: its GPUs are not all cut alike. */
static bool layout_of(const struct pool *pool, const struct seats *seats, size_t n,
                      struct layout *ret) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };
        struct fault ignored;

        if (!pool->product || pool->product->n_profiles == 0)
                return false;
        for (size_t i = 0; i < n; i++) {
                const struct gpu_profile *profile =
                        catalog_profile(pool->product, seats[i].used->mig_profile);
                int64_t shares = pool->accelerator_count * pool->share_replicas;

                if (!profile || seats[i].per_node % shares != 0)
                        return false;
                counts[profile - pool->product->profiles] = seats[i].per_node / shares;
        }
        return layout_place(pool->product, counts, ret, &ignored) == 0;
}

static const struct seats *seats_of(const struct pool *pool, const struct seats *seats, size_t n,
                                    const struct gpu_profile *profile) {
        for (size_t i = 0; i < n; i++) {
                if (catalog_profile(pool->product, seats[i].used->mig_profile) == profile)
                        return &seats[i];
        }
        return seats;
}

static void draw_gpu(struct page *p, const struct pool *pool, const struct seats *seats, size_t n,
                     const struct layout *layout, int64_t node, int64_t gpu) {
        int64_t scale = GPU_WIDTH / pool->product->memory_slices;

        for (size_t i = 0; i < layout->n_slices; i++) {
                const struct layout_slice *slice = &layout->slices[i];
                const struct seats *s = seats_of(pool, seats, n, slice->profile);
                int64_t per_gpu = s->per_node / pool->accelerator_count, width;
                int64_t of_kind = 0;

                for (size_t k = 0; k < i; k++)
                        of_kind += layout->slices[k].profile == slice->profile;
                width = slice->profile->memory_slices * scale / pool->share_replicas;
                for (int64_t k = 0; k < pool->share_replicas; k++)
                        draw_unit(p, s, node, gpu * per_gpu + of_kind * pool->share_replicas + k,
                                  slice->start * scale + k * width, width);
        }
}

/* Units side by side, in rows of one length: whole GPUs, shares, and nodes whose GPUs differ. */
static int64_t draw_rows(struct page *p, const struct pool *pool, const struct seats *s,
                         int64_t node, int64_t row) {
        int64_t rows = pool->accelerator_count, each;

        if (rows > s->per_node)
                rows = s->per_node;
        each = rows > 0 ? (s->per_node + rows - 1) / rows : 0;
        for (int64_t i = 0; i < rows; i++) {
                builder_string(p->b, "<g transform=translate(0,");
                builder_i64(p->b, (row + i) * ROW);
                builder_string(p->b, ")>");
                for (int64_t k = 0; k < each && i * each + k < s->per_node; k++)
                        draw_unit(p, s, node, i * each + k, k * GPU_WIDTH / each, GPU_WIDTH / each);
                builder_string(p->b, "</g>");
        }
        return row + rows;
}

static int64_t count_rows(const struct pool *pool, const struct seats *seats, size_t n,
                          bool is_even) {
        int64_t rows = is_even ? pool->accelerator_count : 0;

        for (size_t i = 0; i < n && !is_even; i++)
                rows += pool->accelerator_count < seats[i].per_node ? pool->accelerator_count
                                                                    : seats[i].per_node;
        return rows;
}

static void draw_node(struct page *p, const struct pool *pool, const struct seats *seats, size_t n,
                      const struct layout *layout, int64_t node, bool runs) {
        int64_t rows = count_rows(pool, seats, n, layout != NULL), row = 0;

        builder_string(p->b, runs ? "<div class=n>" : "<div class=\"n p\">");
        if ((size_t)node < p->n_nodes) {
                builder_string(p->b, "<small>");
                show(p, p->nodes[node]);
                builder_string(p->b, "</small>");
        }
        builder_text(p->b, text_format(p->arena,
                                       "<svg viewBox=\"0 0 %d %lld\" role=img aria-label=\"node "
                                       "%lld%s\"" HATCHED ">",
                                       GPU_WIDTH, (long long)rows * ROW, (long long)node + 1,
                                       runs ? "" : ", does not run yet"));
        for (int64_t gpu = 0; layout && gpu < rows; gpu++) {
                builder_string(p->b, "<g transform=translate(0,");
                builder_i64(p->b, gpu * ROW);
                builder_string(p->b, ")>");
                draw_gpu(p, pool, seats, n, layout, node, gpu);
                builder_string(p->b, "</g>");
        }
        for (size_t i = 0; i < n && !layout; i++)
                row = draw_rows(p, pool, &seats[i], node, row);
        builder_string(p->b, "</svg></div>\n");
}

/* ---- a pool ---------------------------------------------------------------------------------- */

static void write_pool_table(struct page *p, const struct usage *used, size_t n) {
        builder_string(p->b, "<div class=w><table><tr><th>MIG profile<th>resource<th class=r>memory"
                             "<th class=r>total<th class=r>used<th class=r>free\n");
        for (size_t i = 0; i < n; i++) {
                const struct sub_pool *s = used[i].sub_pool;

                builder_string(p->b, "<tr>");
                cell(p, text_is_empty(used[i].mig_profile) ? TEXT("-") : used[i].mig_profile);
                cell(p, s && !text_is_empty(s->resource_name) ? s->resource_name : TEXT("-"));
                builder_string(p->b, "<td class=r>");
                show(p, s && s->memory_bytes >= 0 ? quantity_format_bytes(s->memory_bytes, p->arena)
                                                  : TEXT("-"));
                number_cell(p, used[i].total);
                number_cell(p, used[i].used);
                number_cell(p, used[i].free_units);
                builder_char(p->b, '\n');
        }
        builder_string(p->b, "</table></div>\n");
}

static int draw_nodes(struct page *p, const struct capacity *c, const struct pool *pool,
                      const struct usage *used, size_t n, int64_t running) {
        int64_t nodes = used->sub_pool->nodes, drawn = CAPACITY_PAGE_NODES_MAX - p->n_drawn;
        struct seats *seats = ARENA_ARRAY(p->arena, n, struct seats);
        struct layout layout;
        bool is_even;

        drawn = nodes < drawn ? nodes : drawn;
        if (!seats || capacity_pods_nodes(c, used->pool, p->arena, &p->nodes, &p->n_nodes) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = find_seats(p, c, &used[i], drawn, &seats[i]);

                if (r < 0)
                        return r;
        }
        is_even = layout_of(pool, seats, n, &layout);
        builder_string(p->b, "<div class=r0>\n");
        for (int64_t node = 0; node < drawn; node++)
                draw_node(p, pool, seats, n, is_even ? &layout : NULL, node, node < running);
        builder_string(p->b, "</div>\n");
        p->n_drawn += drawn;
        if (drawn < nodes)
                builder_text(p->b, text_format(p->arena, "<p>%lld more nodes are not drawn.\n",
                                               (long long)(nodes - drawn)));
        return 0;
}

static int write_pool(struct page *p, const struct capacity *c, size_t first, size_t n) {
        const struct usage *used = &c->used.items[first];
        const struct pool *pool = used->sub_pool ? used->sub_pool->pool : NULL;
        int r = 0;

        builder_string(p->b, "<h3>");
        show(p, used->pool);
        builder_string(p->b, "</h3>\n<p>");
        if (!pool) {
                builder_string(p->b, "No longer declared.\n");
        } else if (!text_is_empty(used->sub_pool->invalid)) {
                show(p, used->sub_pool->invalid);
        } else {
                show(p, pool->accelerator_type);
                builder_text(p->b,
                             text_format(p->arena, ", %lld a node; %lld nodes run, %lld at most\n",
                                         (long long)pool->accelerator_count,
                                         (long long)c->running[first],
                                         (long long)used->sub_pool->nodes));
        }
        write_pool_table(p, used, n);
        if (pool && text_is_empty(used->sub_pool->invalid))
                r = draw_nodes(p, c, pool, used, n, c->running[first]);
        return r;
}

static int write_environment(struct page *p, const struct capacity *c) {
        int r = 0;

        builder_string(p->b, "<section><h2>");
        show(p, c->environment.name);
        builder_string(p->b, "</h2>\n");
        for (size_t i = 0, n; i < c->used.n && r == 0; i += n) {
                const struct usage *used = &c->used.items[i];

                for (n = 1; i + n < c->used.n && used->sub_pool && used[n].sub_pool &&
                            used[n].sub_pool->pool == used->sub_pool->pool;)
                        n++;
                r = write_pool(p, c, i, n);
        }
        builder_string(p->b, "</section>\n");
        return r;
}

/* ---- the legend ------------------------------------------------------------------------------ */

static void write_swatch(struct page *p, int64_t colour) {
        builder_string(p->b, "<tr><td><svg class=k viewBox=\"0 0 18 9\" aria-hidden=true" HATCHED
                             "><rect");
        if (colour >= 0)
                builder_text(p->b, text_format(p->arena, " class=c%lld", (long long)colour));
        builder_string(p->b, " width=18 /></svg>");
}

static void write_legend(struct page *p) {
        builder_string(p->b, "<h2>Who holds what</h2>\n<div class=w><table><tr><th><th>deployment"
                             "<th class=r>units<th>environment, pool, MIG profile\n");
        for (size_t i = 0; i < p->n_holders; i++) {
                const struct capacity_holder *h = &p->holders[i];

                write_swatch(p, (int64_t)(i % COLOURS));
                cell(p, h->name);
                number_cell(p, h->units);
                builder_string(p->b, "<td>");
                for (size_t k = 0; k < h->n_pools; k++) {
                        builder_string(p->b, k > 0 ? "<br>" : "");
                        builder_i64(p->b, h->pools[k].units);
                        builder_string(p->b, " of ");
                        show(p, h->pools[k].environment);
                        builder_string(p->b, ", ");
                        show(p, h->pools[k].pool);
                        if (text_is_empty(h->pools[k].mig_profile))
                                continue;
                        builder_string(p->b, ", ");
                        show(p, h->pools[k].mig_profile);
                }
                builder_char(p->b, '\n');
        }
        write_swatch(p, -1);
        builder_string(p->b, "<td>free<td><td>\n</table></div>\n");
}

int capacity_page(const struct capacity *fleet, size_t n, const struct capacity_holder *holders,
                  size_t n_holders, struct arena *arena, struct builder *b) {
        struct page p = { .arena = arena, .b = b };
        struct capacity_units sum = capacity_sum(fleet, n);
        int r = sort_holders(&p, holders, n_holders);

        builder_string(b, head);
        builder_text(
                b, text_format(arena,
                               "<h1>GPU fleet</h1>\n<p>%lld units, %lld used, %lld free. A box "
                               "is a node, pale while it does not run yet; a strip is a GPU, "
                               "or a row of units. %s\n",
                               (long long)sum.total, (long long)sum.used, (long long)sum.free_units,
                               n > 0 && fleet->pods
                                       ? "Slices are drawn on the nodes that their pods run on; "
                                         "which one of several alike a pod has is not known, and "
                                         "what is reserved for a pod that has no node yet is "
                                         "drawn as free."
                                       : "Which slice is whose follows the seats that are "
                                         "reserved: the scheduler may have chosen other nodes."));
        for (size_t i = 0; i < n && r == 0; i++)
                r = write_environment(&p, &fleet[i]);
        if (r < 0)
                return r;
        write_legend(&p);
        builder_string(b, "</html>\n");
        return 0;
}
