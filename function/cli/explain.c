/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/explain_tree.h"
#include "cli/table.h"
#include "cli/why.h"

#define COLOUR_BOLD "\033[1m"
#define COLOUR_GREEN "\033[32m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_OFF "\033[0m"

/* Before a line of the table, and before what is said of it. */
#define TAKEN "> "
#define OTHER "  "
#define SENTENCE "      "

enum column { POOL, PROFILE, TOTAL, USED, FREE, VERDICT, N_COLUMNS };

/* The candidates of an environment stand together. */
struct group {
        const struct weighed *items;
        size_t n;
        const struct choice *best; /* NULL: nothing fits */
        bool has_assignment;
};

struct table {
        const struct explanation *e;
        struct group *groups;
        size_t n_groups;
        struct table_columns columns;
        bool colours;
        struct arena *arena;
        struct builder *b;
};

static struct text count(struct table *t, int64_t n, const char *what) {
        return text_format(t->arena, n == 1 ? "%lld %s" : "%lld %ss", (long long)n, what);
}

static void colour(struct table *t, const char *code) {
        if (t->colours)
                builder_string(t->b, code);
}

/* ---- order ----------------------------------------------------------------------------------- */

static int compare_groups(const void *a, const void *b) {
        const struct group *x = a, *y = b;
        int order = (int)y->has_assignment - (int)x->has_assignment;

        if (order == 0)
                order = (y->best != NULL) - (x->best != NULL);
        if (order == 0 && x->best && y->best)
                order = choice_compare(x->best, y->best, NULL);
        return order != 0 ? order
                          : text_compare(x->items->sub_pool->environment->name,
                                         y->items->sub_pool->environment->name);
}

static void add_to_group(const struct explanation *e, struct group *g, const struct weighed *w) {
        g->n++;
        g->has_assignment |= why_assignment(e, w->sub_pool) != NULL;
        if (w->verdict.reason == REASON_FITS &&
            (!g->best || choice_compare(&w->choice, g->best, NULL) < 0))
                g->best = &w->choice;
}

static int make_groups(struct table *t) {
        const struct weighing *w = &t->e->weighing;

        t->groups = ARENA_ARRAY(t->arena, w->n, struct group);
        if (!t->groups)
                return -ENOMEM;
        for (size_t i = 0; i < w->n; i++) {
                if (i == 0 ||
                    w->items[i].sub_pool->environment != w->items[i - 1].sub_pool->environment)
                        t->groups[t->n_groups++] = (struct group) { .items = &w->items[i] };
                add_to_group(t->e, &t->groups[t->n_groups - 1], &w->items[i]);
        }
        if (t->n_groups > 1)
                qsort(t->groups, t->n_groups, sizeof(*t->groups), compare_groups);
        return 0;
}

/* ---- what is wanted -------------------------------------------------------------------------- */

static void append_member(struct builder *b, const char *name, struct text value) {
        if (text_is_empty(value))
                return;
        builder_string(b, name);
        builder_text(b, value);
}

/* ", poolSelector size=large" */
static void append_selector(struct builder *b, const char *name, struct value labels) {
        struct value_iter it = value_iterate(labels);
        struct text key;
        struct value value;

        while (value_next(&it, &key, &value)) {
                builder_string(b, name);
                builder_text(b, key);
                append_member(b, "=", value_text(value));
        }
}

/* What else it asks of a pool: ", fp8, interconnect nvlink" */
static struct text wanted_capabilities(struct table *t, const struct serving_profile *p) {
        const struct needs *needs = &p->needs;
        struct value_iter it = value_iterate(needs->precisions);
        struct value precision;
        struct builder b;

        builder_init(&b, t->arena);
        while (value_next(&it, NULL, &precision))
                append_member(&b, ", ", value_text(precision));
        append_member(&b, ", interconnect ", needs->interconnect);
        append_member(&b, ", interNodeBandwidth ", needs->bandwidth);
        if (needs->multi_node.kind == VALUE_BOOL)
                builder_string(&b, needs->multi_node.boolean ? ", multiNodeCapable true"
                                                             : ", multiNodeCapable false");
        if (needs->nvlink_domain > 0) {
                builder_string(&b, ", nvlinkDomainSize ");
                builder_i64(&b, needs->nvlink_domain);
        }
        append_selector(&b, ", environmentSelector ", p->environment_selector);
        append_selector(&b, ", poolSelector ", p->pool_selector);
        return builder_done(&b);
}

/* "1 unit with 40Gi" */
static struct text wanted_units(struct table *t, const struct serving_profile *p) {
        const struct model *model = &t->e->model;
        struct text memory;

        if (p->gpus_per_node == 0 && model->vram_bytes > 0) {
                memory = quantity_spell_bytes(model->vram_bytes, t->arena);
                return text_format(t->arena, "units of one node that together have %.*s",
                                   TEXT_ARG(memory));
        }
        memory = p->needs.memory_bytes > 0 ? quantity_spell_bytes(p->needs.memory_bytes, t->arena)
                                           : TEXT("any memory");
        return text_format(t->arena, "%.*s%.*s with %.*s",
                           TEXT_ARG(count(t, p->gpus_per_node > 0 ? p->gpus_per_node : 1, "unit")),
                           TEXT_ARG(why_on_nodes(p->nodes, t->arena)), TEXT_ARG(memory));
}

static void append_wanted(struct table *t) {
        const struct explanation *e = t->e;
        const struct deployment *d = &e->deployment;
        struct text sentence = text_format(
                t->arena, "%.*s/%.*s wants %.*s/%.*s in %.*s, with %.*s%s.",
                TEXT_ARG(d->namespace_), TEXT_ARG(d->name), TEXT_ARG(d->model_kind),
                TEXT_ARG(d->model_name), TEXT_ARG(count(t, d->environments, "environment")),
                TEXT_ARG(count(t, d->replicas, "replica")), d->environments > 1 ? " in each" : "");

        table_wrapped("", OTHER, printable_text(sentence, t->arena), t->b);
        for (size_t i = 0; i < e->model.n_profiles; i++) {
                const struct serving_profile *p = &e->model.profiles[i];

                sentence = text_format(t->arena, "%zu. %.*s: a replica is %.*s%.*s", i + 1,
                                       TEXT_ARG(p->name), TEXT_ARG(wanted_units(t, p)),
                                       TEXT_ARG(wanted_capabilities(t, p)));
                table_wrapped(OTHER, SENTENCE, printable_text(sentence, t->arena), t->b);
        }
        builder_char(t->b, '\n');
}

/* ---- the table ------------------------------------------------------------------------------- */

/* As many candidates, from the first on, are of its sub-pool. */
static size_t same_sub_pool(const struct weighed *w, size_t n) {
        size_t same = 1;

        while (same < n && w[same].sub_pool == w->sub_pool)
                same++;
        return same;
}

static struct text units_cell(struct table *t, int64_t units, bool is_known) {
        return is_known ? text_format(t->arena, "%lld", (long long)units) : TEXT("-");
}

static void make_row(struct table *t, const struct weighed *w, size_t n, struct text *ret_cells) {
        const struct sub_pool *s = w->sub_pool;
        bool is_known = t->e->weighing.whole_fleet;

        ret_cells[POOL] = printable_text(
                text_is_empty(s->pool->name) ? s->pool->path : s->pool->name, t->arena);
        ret_cells[PROFILE] = text_is_empty(s->mig_profile)
                                     ? TEXT("-")
                                     : printable_text(s->mig_profile, t->arena);
        ret_cells[TOTAL] = units_cell(t, s->units, true);
        ret_cells[USED] = units_cell(t, w->used, is_known);
        ret_cells[FREE] = units_cell(t, w->free_units, is_known);
        ret_cells[VERDICT] = why_verdict(t->e, w, n);
}

/*
 * A mismatch of labels that no candidate of the group overcomes: the environment's, or that of
 * pools of which none has the label. Those that fail before their labels are asked do not count.
 */
static struct text common_mismatch(struct table *t, const struct group *g) {
        struct text common = { 0 };

        for (size_t i = 0; i < g->n; i++) {
                struct text sentence = why_mismatch(t->e, &g->items[i], t->arena);
                enum reason reason = g->items[i].verdict.reason;

                if (reason > REASON_FITS && reason < REASON_SELECTOR_MISMATCH)
                        continue;
                if (text_is_empty(sentence) ||
                    (!text_is_empty(common) && !text_equal(sentence, common)))
                        return (struct text) { 0 };
                common = sentence;
        }
        return common;
}

/* Serving profiles of which the same is to be said, as one sentence; not what was said of all. */
static void append_sentences(struct table *t, const struct weighed *w, size_t n, struct text said) {
        struct builder names;

        builder_init(&names, t->arena);
        for (size_t i = 0; i < n; i++) {
                struct text sentence = why_sentence(t->e, &w[i], t->arena);

                if (text_is_empty(sentence) || text_equal(sentence, said))
                        continue;
                builder_string(&names, names.len > 0 ? ", " : "");
                builder_text(&names, w[i].profile->name);
                if (i + 1 < n && text_equal(sentence, why_sentence(t->e, &w[i + 1], t->arena)))
                        continue;
                if (t->e->model.n_profiles > 1)
                        sentence = text_format(t->arena, "%.*s: %.*s",
                                               TEXT_ARG(builder_done(&names)), TEXT_ARG(sentence));
                table_wrapped(SENTENCE, SENTENCE, printable_text(sentence, t->arena), t->b);
                builder_init(&names, t->arena);
        }
}

/* The pool's messages, which `capacity` reports too; a decision reads none of them. */
static void append_notes(struct table *t, const struct environment *told, const struct pool *pool) {
        size_t at = (size_t)(pool - pool->environment->pools);
        struct text meant;

        if (at >= told->n_pools)
                return;
        /* Nor is looked for what was meant by an unknown accelerator. */
        meant = told->pools[at].invalid;
        if (text_starts_with(meant, pool->invalid)) {
                meant = text_slice(meant, pool->invalid.len + 2, meant.len);
                if (!text_is_empty(meant))
                        table_wrapped(SENTENCE, SENTENCE, printable_text(meant, t->arena), t->b);
        }
        for (size_t i = 0; i < told->pools[at].n_messages; i++)
                table_wrapped(SENTENCE, SENTENCE,
                              printable_text(told->pools[at].messages[i], t->arena), t->b);
}

static int append_group(struct table *t, const struct group *g) {
        const struct environment *environment = g->items->sub_pool->environment;
        struct environment told;
        struct text cells[N_COLUMNS], mismatch = common_mismatch(t, g);
        int r = environment_read(environment->written, &t->e->settings, t->arena, &told);

        if (r < 0)
                return r;
        colour(t, COLOUR_BOLD);
        builder_text(t->b, printable_text(environment->name, t->arena));
        colour(t, COLOUR_OFF);
        builder_char(t->b, '\n');
        if (!text_is_empty(mismatch))
                table_wrapped(OTHER, SENTENCE, printable_text(mismatch, t->arena), t->b);
        for (size_t i = 0, n; i < g->n; i += n) {
                const struct weighed *w = &g->items[i];
                const struct assignment *a = why_assignment(t->e, w->sub_pool);

                n = same_sub_pool(w, g->n - i);
                make_row(t, w, n, cells);
                if (a)
                        colour(t, a->fate == FATE_STAYS ? COLOUR_GREEN : COLOUR_YELLOW);
                builder_string(t->b, a ? TAKEN : OTHER);
                table_row(&t->columns, cells, t->b);
                if (a)
                        colour(t, COLOUR_OFF);
                append_sentences(t, w, n, mismatch);
                if (i == 0 || w[-1].sub_pool->pool != w->sub_pool->pool)
                        append_notes(t, &told, w->sub_pool->pool);
        }
        return 0;
}

static void append_head(struct table *t, size_t n_shown) {
        static const struct text head[N_COLUMNS] = { TEXT_INIT("POOL"),  TEXT_INIT("MIG PROFILE"),
                                                     TEXT_INIT("TOTAL"), TEXT_INIT("USED"),
                                                     TEXT_INIT("FREE"),  TEXT_INIT("VERDICT") };
        struct text cells[N_COLUMNS];

        t->columns = (struct table_columns) {
                .n = N_COLUMNS,
                .kinds = { [TOTAL] = COLUMNS_NUMBER,
                           [USED] = COLUMNS_NUMBER,
                           [FREE] = COLUMNS_NUMBER },
        };
        table_widen(&t->columns, head);
        for (size_t g = 0; g < n_shown; g++) {
                const struct group *group = &t->groups[g];

                for (size_t i = 0, n; i < group->n; i += n) {
                        n = same_sub_pool(&group->items[i], group->n - i);
                        make_row(t, &group->items[i], n, cells);
                        table_widen(&t->columns, cells);
                }
        }
        table_fit(&t->columns, COLUMNS_WIDTH - sizeof(OTHER) + 1);
        builder_string(t->b, OTHER);
        table_row(&t->columns, head, t->b);
}

/* "and 990 more environments: 7120 pools InsufficientMemory, 800 NoCapacity" */
static void append_others(struct table *t, const struct group *groups, size_t n_groups) {
        size_t counts[N_REASONS] = { 0 };
        const char *separator = ": ";
        struct builder b;

        for (size_t g = 0; g < n_groups; g++) {
                for (size_t i = 0, n; i < groups[g].n; i += n) {
                        n = same_sub_pool(&groups[g].items[i], groups[g].n - i);
                        counts[why_furthest(t->e, &groups[g].items[i], n)]++;
                }
        }
        builder_init(&b, t->arena);
        builder_string(&b, "and ");
        builder_text(&b, count(t, (int64_t)n_groups, "more environment"));
        for (int reason = 0; reason < N_REASONS; reason++) {
                if (counts[reason] == 0)
                        continue;
                builder_string(&b, separator);
                builder_text(&b, count(t, (int64_t)counts[reason], "pool"));
                builder_char(&b, ' ');
                builder_string(&b, reason_name((enum reason)reason));
                separator = ", ";
        }
        table_wrapped("", OTHER, builder_done(&b), t->b);
}

/* Environments without a single line, and why. */
static void append_empty(struct table *t) {
        const struct weighing *w = &t->e->weighing;

        for (size_t i = 0; i < w->n_environments; i++) {
                const struct environment *environment = &w->environments[i];
                struct text sentence;

                if (environment->n_sub_pools > 0)
                        continue;
                sentence = text_format(t->arena, "%.*s: %.*s", TEXT_ARG(environment->name),
                                       TEXT_ARG(text_is_empty(environment->invalid)
                                                        ? TEXT("no pools")
                                                        : environment->invalid));
                table_wrapped("", OTHER, printable_text(sentence, t->arena), t->b);
        }
}

/* Assignments in pools that are no longer declared have no line in the table. */
static void append_gone(struct table *t) {
        const struct plan *plan = &t->e->decision.plan;

        for (size_t i = 0; i < plan->n_assignments; i++) {
                struct text sentence = why_gone(t->e, &plan->assignments[i], t->arena);

                if (!text_is_empty(sentence))
                        table_wrapped(TAKEN, SENTENCE, printable_text(sentence, t->arena), t->b);
        }
}

/* ---- the outcome ----------------------------------------------------------------------------- */

static void append_conditions(struct table *t, const struct pipeline_output *out) {
        for (size_t i = 0;
             out->n_steps > 0 && i < out->steps[out->n_steps - 1].response.n_conditions; i++) {
                const struct condition *c = &out->steps[out->n_steps - 1].response.conditions[i];
                const char *status = c->status == CONDITION_TRUE    ? "True"
                                     : c->status == CONDITION_FALSE ? "False"
                                                                    : "Unknown";
                struct text sentence =
                        text_format(t->arena, "%.*s: %s, %.*s%s%.*s", TEXT_ARG(c->type), status,
                                    TEXT_ARG(c->reason), text_is_empty(c->message) ? "" : ": ",
                                    TEXT_ARG(c->message));

                table_wrapped("", OTHER, printable_text(sentence, t->arena), t->b);
        }
}

static int append_decision(struct table *t) {
        size_t n_shown;
        int r = make_groups(t);

        if (r < 0)
                return r;
        n_shown = t->n_groups < EXPLAIN_ENVIRONMENTS_MAX ? t->n_groups : EXPLAIN_ENVIRONMENTS_MAX;
        append_wanted(t);
        append_head(t, n_shown);
        for (size_t i = 0; r == 0 && i < n_shown; i++)
                r = append_group(t, &t->groups[i]);
        if (r < 0)
                return r;
        if (n_shown < t->n_groups)
                append_others(t, t->groups + n_shown, t->n_groups - n_shown);
        append_empty(t);
        append_gone(t);
        builder_char(t->b, '\n');
        if (!t->e->weighing.whole_fleet)
                table_wrapped("", OTHER,
                              TEXT("Nothing was left to decide: only its own environments were "
                                   "asked for."),
                              t->b);
        return 0;
}

int explain_write(const struct explanation *e, const struct pipeline_output *out, bool colours,
                  struct arena *arena, struct builder *b) {
        struct table t = { .e = e, .colours = colours, .arena = arena, .b = b };
        int r = e->decided ? append_decision(&t) : 0;

        if (r < 0)
                return r;
        append_conditions(&t, out);
        explain_tree(out,
                     text_format(arena, "%.*s/%.*s", TEXT_ARG(e->deployment.namespace_),
                                 TEXT_ARG(e->deployment.name)),
                     colours, b);
        return arena_failed(arena) ? -ENOMEM : 0;
}
