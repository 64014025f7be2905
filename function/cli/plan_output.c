/* SPDX-License-Identifier: Apache-2.0 */
/* A plan, for people, for programs, for the GPU Operator and as pools. */
#include <errno.h>

#include "base/arena.h"
#include "base/quantity.h"
#include "cli/draw.h"
#include "cli/plan_internal.h"
#include "cli/table.h"
#include "fleet/migparted.h"
#include "wire/node.h"

#define GIB (INT64_C(1) << 30)

static int64_t missing_of(const struct plan_answer *a, size_t i) {
        return a->wants->items[i].count - a->plan->placed[i];
}

bool plan_is_complete(const struct plan_answer *a) {
        for (size_t i = 0; i < a->wants->n; i++) {
                if (missing_of(a, i) > 0)
                        return false;
        }
        return true;
}

/* The maker's product of least memory that could hold one unit; NULL: none could. */
static const struct gpu_product *smallest_for(const struct plan_answer *a,
                                              const struct cut_want *want) {
        struct text maker = a->task->product->generation->maker;
        const struct gpu_product *product, *smallest = NULL;

        for (size_t i = 0; (product = catalog_product(i)); i++) {
                bool holds = cut_holds(product, want) ||
                             (text_is_empty(want->profile) &&
                              product->memory_gib * GIB >= want->memory_bytes);

                if (holds && text_equal(product->generation->maker, maker) &&
                    (!smallest || product->memory_gib < smallest->memory_gib))
                        smallest = product;
        }
        return smallest;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *plural(int64_t n) {
        return n == 1 ? "" : "s";
}

static void write_headline(const struct plan_answer *a, struct builder *b) {
        const struct cut_plan *plan = a->plan;
        struct text product = a->task->product->name;
        struct text line = text_format(b->arena, "%.*s: %lld GPU%s", TEXT_ARG(product),
                                       (long long)plan->gpus, plural(plan->gpus));

        builder_text(b, line);
        if (plan->bound == plan->gpus && plan->gpus > 0)
                builder_text(b, text_format(b->arena, "; none can do with %lld",
                                            (long long)plan->gpus - 1));
        else if (plan->gpus > 0)
                builder_text(b, text_format(b->arena, "; it is not known whether %lld can do",
                                            (long long)plan->bound));
        if (a->has_today && plan->gpus > 0)
                builder_text(b, text_format(b->arena, ". Cut anew: %lld", (long long)plan->anew));
        builder_char(b, '\n');
}

static void write_share(const struct plan_answer *a, const struct cut_share *share,
                        struct builder *b) {
        struct layout layout;
        struct fault ignored;

        builder_text(b, text_format(b->arena, "\n%lld GPU%s: ", (long long)share->layout.gpus,
                                    plural(share->layout.gpus)));
        draw_counts(a->task->product, share->layout.counts, b);
        if (a->has_today)
                builder_text(b,
                             text_format(b->arena, "; %lld cut so today", (long long)share->kept));
        builder_char(b, '\n');
        if (layout_place(a->task->product, share->layout.counts, &layout, &ignored) == 0)
                draw_layout(a->task->product, &layout, a->style, b);
}

static void write_slices(const struct plan_answer *a, struct builder *b) {
        struct table_columns c = {
                .n = 4, .kinds = { COLUMNS_NAME, COLUMNS_NUMBER, COLUMNS_NUMBER, COLUMNS_NUMBER }
        };
        struct text head[] = { TEXT("PROFILE"), TEXT("SLICES"), TEXT("WANTED"), TEXT("FREE") };
        struct text rows[LAYOUT_KINDS_MAX][4];
        size_t n = 0;

        table_widen(&c, head);
        for (size_t i = a->task->product->n_profiles; i-- > 0;) {
                int64_t slices = 0, used = a->plan->used[i];

                for (size_t k = 0; k < a->plan->n_shares; k++)
                        slices += a->plan->shares[k].layout.counts[i] *
                                  a->plan->shares[k].layout.gpus;
                if (slices == 0)
                        continue;
                rows[n][0] = a->task->product->profiles[i].name;
                rows[n][1] = text_format(b->arena, "%lld", (long long)slices);
                rows[n][2] = text_format(b->arena, "%lld", (long long)used);
                rows[n][3] = text_format(b->arena, "%lld", (long long)(slices - used));
                table_widen(&c, rows[n++]);
        }
        builder_char(b, '\n');
        table_row(&c, head, b);
        for (size_t i = 0; i < n; i++)
                table_row(&c, rows[i], b);
        builder_text(b,
                     text_format(b->arena, "Stranded: %lldGi\n", (long long)a->plan->stranded_gib));
}

/* Its name, with the memory where the name does not say it. */
static struct text describe(const struct plan_answer *a, size_t i, struct arena *arena) {
        const struct cut_want *want = &a->wants->items[i];
        struct text memory = text_is_empty(want->profile)
                                     ? quantity_format_bytes(want->memory_bytes, arena)
                                     : want->profile;

        if (text_equal(memory, a->wants->names[i]))
                return memory;
        return text_format(arena, "%.*s (%.*s)", TEXT_ARG(a->wants->names[i]), TEXT_ARG(memory));
}

static void write_missing(const struct plan_answer *a, size_t i, struct builder *b) {
        const struct cut_want *want = &a->wants->items[i];
        const struct gpu_product *smallest = smallest_for(a, want);
        struct text what = describe(a, i, b->arena), product = a->task->product->name, line;

        if (cut_holds(a->task->product, want))
                line = text_format(b->arena,
                                   "%.*s: %lld of %lld have no room; all that is wanted takes %lld "
                                   "GPU%s",
                                   TEXT_ARG(what), (long long)missing_of(a, i),
                                   (long long)want->count, (long long)a->plan->gpus_all,
                                   plural(a->plan->gpus_all));
        else if (smallest)
                line = text_format(b->arena,
                                   "%.*s: no slice of %.*s holds one; the smallest GPU that could "
                                   "is %.*s",
                                   TEXT_ARG(what), TEXT_ARG(product), TEXT_ARG(smallest->name));
        else
                line = text_format(b->arena, "%.*s: no GPU holds one", TEXT_ARG(what));
        table_wrapped("- ", "  ", line, b);
}

static void write_text(const struct plan_answer *a, struct builder *b) {
        write_headline(a, b);
        for (size_t i = 0; i < a->plan->n_shares; i++)
                write_share(a, &a->plan->shares[i], b);
        if (a->plan->n_shares > 0)
                write_slices(a, b);
        if (!a->plan->is_proven)
                builder_string(b, "That no plan cuts fewer anew or strands less is not proven.\n");
        if (!plan_is_complete(a)) {
                builder_string(b, "\nNot placed:\n");
                for (size_t i = 0; i < a->wants->n; i++) {
                        if (missing_of(a, i) > 0)
                                write_missing(a, i, b);
                }
        }
        if (a->task->product->basis != GPU_LISTED) {
                builder_char(b, '\n');
                table_wrapped("", "  ", draw_basis(a->task->product->basis), b);
        }
}

/* ---- values ---------------------------------------------------------------------------------- */

static void set_layout(const struct plan_answer *a, const int64_t *counts, struct node *map) {
        struct node *layout = node_add_map(map, "layout");

        for (size_t i = 0; i < a->task->product->n_profiles; i++) {
                if (counts[i] > 0)
                        node_set(layout, a->task->product->profiles[i].name,
                                 node_integer(a->arena, counts[i]));
        }
}

static void add_missing(const struct plan_answer *a, size_t i, struct node *list) {
        const struct cut_want *want = &a->wants->items[i];
        const struct gpu_product *smallest = smallest_for(a, want);
        struct node *entry = node_append_map(list);

        node_set_string(entry, "want", a->wants->names[i]);
        node_set_integer(entry, "count", missing_of(a, i));
        if (smallest)
                node_set_string(entry, "smallestGpu", smallest->name);
}

static struct node *values_of(const struct plan_answer *a) {
        const struct cut_plan *plan = a->plan;
        struct node *root = node_map(a->arena), *layouts, *list;

        node_set_string(root, "gpu", a->task->product->name);
        node_set_integer(root, "gpus", plan->gpus);
        node_set_integer(root, "bound", plan->bound);
        node_set_integer(root, "cutAnew", plan->anew);
        node_set_integer(root, "strandedGiB", plan->stranded_gib);
        layouts = node_add_list(root, "layouts");
        for (size_t i = 0; i < plan->n_shares; i++) {
                struct node *entry = node_append_map(layouts);

                node_set_integer(entry, "count", plan->shares[i].layout.gpus);
                set_layout(a, plan->shares[i].layout.counts, entry);
        }
        list = node_add_list(root, "unplaced");
        for (size_t i = 0; i < a->wants->n; i++) {
                if (missing_of(a, i) > 0)
                        add_missing(a, i, list);
        }
        return root;
}

/* ---- each GPU -------------------------------------------------------------------------------- */

/* How the GPUs are cut, by index: counts by the product's profiles; NULL: not divided. */
struct devices {
        const int64_t **counts;
        bool *is_taken;
        int64_t n;
        int64_t per_node; /* divides n */
};

static const int64_t *today_of(const struct plan_answer *a, int64_t device) {
        const struct plan_today *today = a->today;

        if (device >= today->gpus || today->devices[device] < 0)
                return NULL;
        return today->items[today->devices[device]].counts;
}

static bool is_same_layout(const int64_t *a, const int64_t *b) {
        if (!a || !b)
                return a == b;
        return memcmp(a, b, LAYOUT_KINDS_MAX * sizeof(*a)) == 0;
}

/* Give `counts` to at most n GPUs that are cut like `today`; return how many are left. */
static int64_t take_devices(const struct plan_answer *a, const int64_t *counts, int64_t n,
                            bool any_today, const int64_t *today, struct devices *devices) {
        for (int64_t i = 0; i < devices->n && n > 0; i++) {
                if (devices->is_taken[i] || (!any_today && !is_same_layout(today_of(a, i), today)))
                        continue;
                devices->counts[i] = counts;
                devices->is_taken[i] = true;
                n--;
        }
        return n;
}

/* What is cut right stays; then GPUs that are not divided are cut, and others last. */
static int assign_devices(const struct plan_answer *a, struct devices *ret) {
        const struct cut_plan *plan = a->plan;
        struct devices d = { .n = a->task->gpus == CUT_GPUS_MAX ? plan->gpus : a->task->gpus };

        d.per_node = a->per_node ? a->per_node : d.n;
        if (d.per_node > 0)
                d.n = (d.n + d.per_node - 1) / d.per_node * d.per_node;
        d.counts = ARENA_ARRAY(a->arena, (size_t)d.n, const int64_t *);
        d.is_taken = ARENA_ARRAY(a->arena, (size_t)d.n, bool);
        if (!d.counts || !d.is_taken)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_shares; i++) {
                const int64_t *counts = plan->shares[i].layout.counts;

                take_devices(a, counts, plan->shares[i].kept, false, counts, &d);
        }
        for (size_t i = 0; i < plan->n_shares; i++) {
                const struct cut_share *share = &plan->shares[i];
                int64_t n = take_devices(a, share->layout.counts, share->layout.gpus - share->kept,
                                         false, NULL, &d);

                take_devices(a, share->layout.counts, n, true, NULL, &d);
        }
        for (int64_t i = 0; i < d.n; i++) {
                if (!d.is_taken[i])
                        d.counts[i] = today_of(a, i);
        }
        *ret = d;
        return 0;
}

/* The first GPU that is cut as this one is. */
static int64_t first_like(const struct devices *d, int64_t device) {
        int64_t i = 0;

        while (!is_same_layout(d->counts[i], d->counts[device]))
                i++;
        return i;
}

/* One node's. */
static struct devices node_of(const struct devices *d, int64_t node) {
        return (struct devices) { .counts = d->counts + node * d->per_node,
                                  .n = d->per_node,
                                  .per_node = d->per_node };
}

static bool is_same_node(const struct devices *a, const struct devices *b) {
        int64_t i = 0;

        while (i < a->n && is_same_layout(a->counts[i], b->counts[i]))
                i++;
        return i == a->n;
}

/* The kinds of nodes, by the first of each: how many are alike; 0: not the first. */
struct kinds {
        int64_t *n_alike;
        int64_t n_nodes, n_kinds;
};

static int find_kinds(const struct devices *d, struct arena *arena, struct kinds *ret) {
        struct kinds k = { .n_nodes = d->per_node > 0 ? d->n / d->per_node : 0 };

        k.n_alike = ARENA_ARRAY(arena, (size_t)k.n_nodes + 1, int64_t);
        if (!k.n_alike)
                return -ENOMEM;
        for (int64_t node = 0; node < k.n_nodes; node++) {
                struct devices own = node_of(d, node), other;
                int64_t first = 0;

                for (; first < node; first++) {
                        other = node_of(d, first);
                        if (k.n_alike[first] > 0 && is_same_node(&own, &other))
                                break;
                }
                k.n_kinds += k.n_alike[first]++ == 0;
        }
        *ret = k;
        return 0;
}

/* What the configuration of a kind of nodes is called. */
static struct text kind_name(const struct plan_answer *a, const struct kinds *kinds,
                             int64_t number) {
        return kinds->n_kinds == 1 ? TEXT("planned")
                                   : text_format(a->arena, "planned-%lld", (long long)number);
}

/* ---- the pools to declare -------------------------------------------------------------------- */

/* A pool for each kind of node: of one layout, or by the name of its configuration. */
static int add_node_pools(const struct plan_answer *a, const struct devices *d,
                          struct node *pools) {
        struct kinds kinds;
        int64_t number = 0;
        int r = find_kinds(d, a->arena, &kinds);

        for (int64_t node = 0; r == 0 && node < kinds.n_nodes; node++) {
                struct devices own = node_of(d, node);
                struct node *pool, *mig;
                struct text name;
                bool is_even = first_like(&own, own.n - 1) == 0;

                for (int64_t i = 0; i < own.n; i++)
                        is_even = is_even && first_like(&own, i) == 0;
                if (kinds.n_alike[node] == 0)
                        continue;
                name = kind_name(a, &kinds, ++number);
                pool = node_append_map(pools);
                node_set_string(pool, "name", name);
                node_set_string(pool, "acceleratorType", a->task->product->name);
                node_set_integer(pool, "acceleratorCount", d->per_node);
                node_set_integer(pool, "nodeCount", kinds.n_alike[node]);
                node_set_string(node_add_map(pool, "nodeSelector"), "nvidia.com/mig.config", name);
                if (is_even && !own.counts[0])
                        continue;
                mig = node_add_map(pool, "migConfiguration");
                node_set_bool(mig, "enabled", true);
                if (is_even)
                        set_layout(a, own.counts[0], mig);
                else
                        node_set_string(mig, "config", name);
        }
        return r;
}

static void add_pool(const struct plan_answer *a, const int64_t *counts, int64_t gpus,
                     size_t number, struct node *pools) {
        struct node *pool = node_append_map(pools), *mig;
        struct text name = counts ? text_format(a->arena, "cut-%zu", number) : TEXT("whole");
        bool is_one_node = gpus <= MIGPARTED_DEVICES_MAX;

        node_set_string(pool, "name", name);
        node_set_string(pool, "acceleratorType", a->task->product->name);
        node_set_integer(pool, "acceleratorCount", is_one_node ? gpus : 1);
        node_set_integer(pool, "nodeCount", is_one_node ? 1 : gpus);
        node_set_string(node_add_map(pool, "nodeSelector"), "nvidia.com/mig.config",
                        counts ? name : TEXT("all-disabled"));
        if (!counts)
                return;
        mig = node_add_map(pool, "migConfiguration");
        node_set_bool(mig, "enabled", true);
        set_layout(a, counts, mig);
}

static int pools_of(const struct plan_answer *a, const struct devices *d, struct node **ret) {
        struct node *root = node_map(a->arena), *pools;
        size_t n = 0;

        *ret = root;
        node_set_string(root, "apiVersion", TEXT("modelplane.ai/v1alpha1"));
        node_set_string(root, "kind", TEXT("InferenceEnvironment"));
        node_set_string(node_add_map(root, "metadata"), "name", TEXT("planned"));
        pools = node_add_list(node_add_map(root, "spec"), "nodePools");
        if (a->per_node > 0)
                return add_node_pools(a, d, pools);
        for (int64_t i = 0; i < d->n; i++) {
                int64_t gpus = 0;

                if (first_like(d, i) < i)
                        continue;
                for (int64_t k = i; k < d->n; k++)
                        gpus += is_same_layout(d->counts[k], d->counts[i]);
                n += d->counts[i] != NULL;
                add_pool(a, d->counts[i], gpus, n, pools);
        }
        return 0;
}

/* ---- mig-parted ------------------------------------------------------------------------------ */

static void write_entry(const struct plan_answer *a, const struct devices *d, int64_t first,
                        struct builder *b) {
        const int64_t *counts = d->counts[first];
        const char *comma = "";

        builder_string(b, "  - devices: [");
        for (int64_t i = first; i < d->n; i++) {
                if (!is_same_layout(d->counts[i], counts))
                        continue;
                builder_string(b, comma);
                builder_i64(b, i);
                comma = ", ";
        }
        builder_string(b, counts ? "]\n    mig-enabled: true\n    mig-devices:\n"
                                 : "]\n    mig-enabled: false\n");
        for (size_t i = a->task->product->n_profiles; counts && i-- > 0;) {
                if (counts[i] == 0)
                        continue;
                builder_string(b, "      ");
                builder_json(b, a->task->product->profiles[i].name);
                builder_text(b, text_format(a->arena, ": %lld\n", (long long)counts[i]));
        }
}

static int write_migparted(const struct plan_answer *a, const struct devices *d,
                           struct builder *b) {
        struct text gpu = a->task->product->name, name;
        struct kinds kinds;
        int64_t number = 0;
        int r = find_kinds(d, a->arena, &kinds);

        builder_string(b, "version: v1\nmig-configs:\n");
        for (int64_t node = 0; r == 0 && node < kinds.n_nodes; node++) {
                struct devices own = node_of(d, node);
                int64_t n = kinds.n_alike[node];

                if (n == 0)
                        continue;
                name = kind_name(a, &kinds, ++number);
                builder_text(b,
                             text_format(a->arena, "  # %lld node%s with %lld x %.*s.\n  %.*s:\n",
                                         (long long)n, n == 1 ? "" : "s", (long long)own.n,
                                         TEXT_ARG(gpu), TEXT_ARG(name)));
                for (int64_t i = 0; i < own.n; i++) {
                        if (first_like(&own, i) == i)
                                write_entry(a, &own, i, b);
                }
        }
        return r;
}

int plan_write(const struct plan_answer *a, enum plan_form form, struct builder *b) {
        struct devices devices;
        struct node *values = NULL;
        struct text bytes;
        int r = 0;

        if (form == PLAN_TEXT) {
                write_text(a, b);
                return 0;
        }
        if (form == PLAN_JSON)
                values = values_of(a);
        else
                r = assign_devices(a, &devices);
        if (r == 0 && form == PLAN_MIG_PARTED)
                return write_migparted(a, &devices, b);
        if (r == 0 && form == PLAN_YAML)
                r = pools_of(a, &devices, &values);
        if (r == 0)
                r = node_encode(values, a->arena, &bytes);
        if (r < 0)
                return r;
        return output_value(value_of_struct(bytes), form == PLAN_JSON ? OUTPUT_JSON : OUTPUT_YAML,
                            b, a->arena);
}
