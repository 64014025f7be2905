/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of one call cost, in process and on one thread.
 *
 *      micro REQUEST            a table of nanoseconds per item, the best of some rounds
 *      micro --memory REQUEST   bytes that the call takes of its arena, over those of the request
 *      micro --many REQUEST...  microseconds of a call: warm, and all requests in turn
 *
 * REQUEST is a call of a deployment that has no place yet, such as S; with
 * --memory and --many any. --memory is also what to count instructions of: it runs once.
 * --many wants the orders of one request, as `orders` writes them: one request again and again
 * is learnt by the branch predictor, which flatters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "deploy/choose.h"
#include "deploy/match.h"
#include "deploy/seating.h"
#include "fleet/environment.h"
#include "function.h"
#include "wire/guard.h"
#include "wire/request.h"

enum { N_ROUNDS = 7, ROUND_NS = 100 * 1000 * 1000 };
enum { N_TURNS = 8, TURN_NS = 50 * 1000 * 1000 };
#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define MANY_BYTES ((size_t)1024 * 1024 * 1024)

/* All that the measured steps work on. */
struct world {
        struct text bytes;
        struct arena arena;   /* of what is read once, here */
        struct arena scratch; /* of a step, emptied before each */
        struct request request;
        struct settings settings;
        struct deployment deployment;
        struct model model;
        struct environment *environments;
        size_t n_environments;
        struct reservation *reservations;
        size_t n_reservations;
        struct ledger ledger;
};

/* A step returns how many items it went through; 0 is a failure. */
struct step {
        const char *name;
        const char *item;
        size_t (*run)(struct world *w);
};

static const struct answer_set *answer(const struct world *w, const char *key) {
        return request_required(&w->request, text_from(key));
}

/* ---- steps ----------------------------------------------------------------------------------- */

static size_t run_all(struct world *w) {
        struct call_summary summary;
        struct payload payload;
        struct fault fault;

        return function_run(w->bytes, &w->scratch, &payload, &summary, &fault) == 0;
}

static size_t run_guard(struct world *w) {
        struct fault fault;

        return guard_request(w->bytes, &fault) == 0 ? w->bytes.len / 1024 : 0;
}

static size_t run_request(struct world *w) {
        struct request request;
        struct fault fault;

        if (request_read(w->bytes, &w->scratch, &request, &fault) < 0)
                return 0;
        return w->bytes.len / 1024;
}

/* Every member of a value, however deep. */
static size_t walk(struct value v) {
        struct value_iter it = value_iterate(v);
        struct value member;
        size_t n = 0;

        while (value_next(&it, NULL, &member))
                n += 1 + walk(member);
        return n;
}

static size_t run_view(struct world *w) {
        const struct answer_set *environments = answer(w, "environments");
        size_t n = 0;

        for (size_t i = 0; i < environments->n_items; i++)
                n += walk(environments->items[i].object);
        return n;
}

static size_t run_environments(struct world *w) {
        const struct answer_set *environments = answer(w, "environments");
        size_t n_pools = 0;

        for (size_t i = 0; i < environments->n_items; i++) {
                struct environment environment;

                if (environment_read(environments->items[i].object, &w->settings, &w->scratch,
                                     &environment) < 0)
                        return 0;
                n_pools += environment.n_pools;
        }
        return n_pools;
}

static size_t run_reservations(struct world *w) {
        const struct answer_set *reservations = answer(w, "reservations");
        struct reservation r;
        size_t n = 0;

        for (size_t i = 0; i < reservations->n_items; i++)
                n += reservation_read(reservations->items[i].object, TEXT("ModelDeployment"),
                                      TEXT("modelplane.ai"), &r);
        return n;
}

static size_t run_match(struct world *w) {
        const struct order order = { .deployment = &w->deployment,
                                     .model = &w->model,
                                     .settings = &w->settings };
        struct candidate c = { .order = &order };
        size_t n = 0, n_fit = 0;

        for (size_t e = 0; e < w->n_environments; e++) {
                for (size_t p = 0; p < w->environments[e].n_pools; p++) {
                        c.sub_pool = w->environments[e].pools[p].sub_pools;
                        for (size_t i = 0; i < w->model.n_profiles; i++, n++) {
                                c.profile = &w->model.profiles[i];
                                n_fit += match(&c, false).reason == REASON_FITS;
                        }
                }
        }
        return n_fit > 0 ? n : 0;
}

static size_t run_seat(struct world *w) {
        size_t n = 0;

        for (size_t e = 0; e < w->n_environments; e++) {
                for (size_t p = 0; p < w->environments[e].n_pools; p++, n++) {
                        struct seating seating;

                        if (seating_find(&w->ledger, w->environments[e].pools[p].sub_pools, NULL, 0,
                                         NULL, &w->scratch, &seating) < 0)
                                return 0;
                }
        }
        return n;
}

static const struct step steps[] = {
        { "a whole call", "call", run_all },
        { "guard", "kB", run_guard },
        { "request: the envelope", "kB", run_request },
        { "view: every member", "member", run_view },
        { "environment", "pool", run_environments },
        { "reservation", "reservation", run_reservations },
        { "match", "candidate", run_match },
        { "seat", "sub-pool", run_seat },
};

/* ---- the world ------------------------------------------------------------------------------- */

static int read_world(struct world *w) {
        const struct answer_set *environments, *reservations, *model;
        struct mistakes mistakes = { 0 };
        struct fault fault;
        int r = guard_request(w->bytes, &fault);

        if (r == 0)
                r = request_read(w->bytes, &w->arena, &w->request, &fault);
        if (r == 0)
                r = settings_read(w->request.input, &w->arena, &w->settings, &fault);
        if (r == 0)
                r = deployment_read(w->request.observed.composite.object, &w->arena, &w->deployment,
                                    &fault);
        environments = answer(w, "environments");
        reservations = answer(w, "reservations");
        model = answer(w, "model");
        if (r < 0 || !environments || !reservations || !model || model->n_items != 1)
                return -1;
        r = model_read(model->items[0].object, &w->arena, &w->model, &mistakes);
        w->environments = ARENA_ARRAY(&w->arena, environments->n_items, struct environment);
        w->n_environments = environments->n_items;
        for (size_t i = 0; r == 0 && i < w->n_environments; i++)
                r = environment_read(environments->items[i].object, &w->settings, &w->arena,
                                     &w->environments[i]);
        w->reservations = ARENA_ARRAY(&w->arena, reservations->n_items, struct reservation);
        for (size_t i = 0; r == 0 && i < reservations->n_items; i++)
                w->n_reservations += reservation_read(
                        reservations->items[i].object, TEXT("ModelDeployment"),
                        TEXT("modelplane.ai"), &w->reservations[w->n_reservations]);
        if (r == 0)
                r = ledger_build(w->reservations, w->n_reservations, &w->deployment, &w->arena,
                                 &w->ledger);
        return r;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static size_t run_once(const struct step *step, struct world *w) {
        size_t n_items;

        arena_reset(&w->scratch, ARENA_BYTES);
        n_items = step->run(w);
        if (n_items == 0)
                bench_die(step->name);
        return n_items;
}

/* Nanoseconds per item in the best round: the others were disturbed. */
static double measure(const struct step *step, struct world *w, size_t *ret_items) {
        double best = 0;

        for (int round = 0; round < N_ROUNDS; round++) {
                int64_t begin = bench_cpu_ns(), taken;
                size_t n = 0;
                double each;

                do {
                        n += *ret_items = run_once(step, w);
                        taken = bench_cpu_ns() - begin;
                } while (taken < ROUND_NS);
                each = (double)taken / (double)n;
                if (round == 0 || each < best)
                        best = each;
        }
        return best;
}

static void print_table(struct world *w) {
        if (read_world(w) != 0)
                bench_die("not the call of a deployment that has no place yet");
        printf("%-24s %10s %12s %12s\n", "", "items", "ns per item", "us in all");
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                size_t n_items;
                double each = measure(&steps[i], w, &n_items);

                printf("%-24s %10zu %12.1f %12.1f  per %s\n", steps[i].name, n_items, each,
                       each * (double)n_items / 1e3, steps[i].item);
        }
}

static int compare_times(const void *a, const void *b) {
        double left = *(const double *)a, right = *(const double *)b;

        return left < right ? -1 : left > right;
}

/* Microseconds of a call: the median of the turns, each of n requests one after the other. */
static double measure_turns(struct world *w, const struct text *requests, size_t n) {
        double times[N_TURNS];

        for (size_t turn = 0; turn < N_TURNS; turn++) {
                int64_t begin = bench_cpu_ns(), taken;
                size_t n_calls = 0;

                do {
                        w->bytes = requests[n_calls % n];
                        run_once(&steps[0], w);
                        n_calls++;
                        taken = bench_cpu_ns() - begin;
                } while (taken < TURN_NS || n_calls % n != 0);
                times[turn] = (double)taken / (double)n_calls / 1e3;
        }
        qsort(times, N_TURNS, sizeof(times[0]), compare_times);
        return (times[N_TURNS / 2 - 1] + times[N_TURNS / 2]) / 2;
}

static void print_turns(struct world *w, char **paths, size_t n) {
        struct text *requests = ARENA_ARRAY(&w->arena, n, struct text);

        if (!requests)
                bench_die("no memory");
        for (size_t i = 0; i < n; i++)
                requests[i] = bench_read_file(paths[i], &w->arena);
        printf("warm %.1f us, in turn %.1f us\n", measure_turns(w, requests, 1),
               measure_turns(w, requests, n));
}

int main(int argc, char **argv) {
        bool memory = argc == 3 && strcmp(argv[1], "--memory") == 0;
        bool many = argc > 2 && strcmp(argv[1], "--many") == 0;
        struct world w = { 0 };

        if (argc != 2 && !memory && !many)
                bench_die("usage: micro [--memory] REQUEST, or micro --many REQUEST...");
        arena_init(&w.arena, MANY_BYTES);
        arena_init(&w.scratch, ARENA_BYTES);
        if (many) {
                print_turns(&w, argv + 2, (size_t)argc - 2);
        } else if (memory) {
                w.bytes = bench_read_file(argv[2], &w.arena);
                run_once(&steps[0], &w);
                printf("%.3f\n", (double)w.scratch.used_bytes / (double)w.bytes.len);
        } else {
                w.bytes = bench_read_file(argv[1], &w.arena);
                print_table(&w);
        }
        arena_release(&w.arena);
        arena_release(&w.scratch);
        return 0;
}
