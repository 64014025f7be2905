/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to count a fleet, beside what it costs to read it, on one thread.
 *
 *      count REQUEST        a fleet's request, such as fleet-1000
 *
 * Reading goes from bytes to declared pools, counting from declared pools to units
 * that are offered, used and free. Each is the best of some rounds, in one run.
 */
#include <stdio.h>

#include "bench.h"
#include "fleet/environment.h"
#include "fleet/reader.h"
#include "fleet/resource.h"
#include "fleet/units.h"
#include "inventory/usage.h"
#include "wire/guard.h"
#include "wire/request.h"

enum { N_ROUNDS = 15 };
#define ARENA_BYTES ((size_t)1024 * 1024 * 1024)

struct fleet {
        struct text bytes;
        struct arena arena;   /* of what lives on */
        struct arena scratch; /* of a round */
        struct settings settings;
        struct request request;
        const struct answer_set *declared;
        struct environment *environments; /* with their pools; not counted */
        size_t n_pools;
        struct answer_item **claims; /* the reservations of each environment */
        size_t *n_claims;
};

/* ---- reading --------------------------------------------------------------------------------- */

static void read_envelope(struct fleet *f, struct arena *arena, struct request *ret) {
        struct fault fault;

        if (guard_request(f->bytes, &fault) < 0 || request_read(f->bytes, arena, ret, &fault) < 0)
                bench_die("not a request");
}

static size_t read_pools(const struct fleet *f, size_t i, struct arena *arena,
                         struct environment *ret) {
        struct value list = value_at(f->declared->items[i].object, "spec.nodePools"), entry;
        struct value_iter it = value_iterate(list);

        *ret = (struct environment) {
                .name = value_text(value_at(f->declared->items[i].object, "metadata.name")),
                .pools = ARENA_ARRAY(arena, value_count(list), struct pool),
        };
        while (value_next(&it, NULL, &entry)) {
                struct member pool = member_root(entry, TEXT("spec.nodePools[]"));

                if (pool_read(&pool, (struct pool_owner) { .environment = ret }, &f->settings,
                              arena, &ret->pools[ret->n_pools++]) < 0)
                        bench_die("out of memory");
        }
        return ret->n_pools;
}

static void read_fleet(struct fleet *f) {
        struct request request;
        size_t n = 0;

        read_envelope(f, &f->scratch, &request);
        for (size_t i = 0; i < f->declared->n_items; i++) {
                struct environment environment;

                n += read_pools(f, i, &f->scratch, &environment);
        }
        if (n != f->n_pools)
                bench_die("pools were lost");
}

/* ---- counting -------------------------------------------------------------------------------- */

static int64_t count_environment(struct fleet *f, size_t i) {
        struct environment e = f->environments[i];
        struct usage_list used;
        int64_t units = 0;

        e.pools = ARENA_ARRAY(&f->scratch, e.n_pools, struct pool);
        for (size_t p = 0; p < e.n_pools; p++) {
                e.pools[p] = f->environments[i].pools[p];
                if (units_count(&e.pools[p], &f->settings, &f->scratch) < 0)
                        bench_die("out of memory");
                e.n_sub_pools += e.pools[p].n_sub_pools;
        }
        if (resource_resolve(e.pools, e.n_pools, &f->scratch) < 0 ||
            usage_count(&e, f->claims[i], f->n_claims[i], TEXT("modelplane.ai"), &f->scratch,
                        &used) < 0)
                bench_die("out of memory");
        for (size_t u = 0; u < used.n; u++)
                units += used.items[u].total;
        return units;
}

static void count_fleet(struct fleet *f) {
        int64_t units = 0;

        for (size_t i = 0; i < f->declared->n_items; i++)
                units += count_environment(f, i);
        if (units == 0)
                bench_die("nothing was counted");
}

/* ---- the fleet ------------------------------------------------------------------------------- */

static size_t index_of(const struct fleet *f, struct text environment) {
        size_t i = 0;

        while (i < f->declared->n_items && !text_equal(f->environments[i].name, environment))
                i++;
        return i;
}

static void sort_claims(struct fleet *f) {
        const struct answer_set *all = request_required(&f->request, TEXT("reservations"));
        size_t n = f->declared->n_items;

        f->claims = ARENA_ARRAY(&f->arena, n, struct answer_item *);
        f->n_claims = ARENA_ARRAY(&f->arena, n, size_t);
        for (int pass = 0; pass < 2; pass++) {
                for (size_t i = 0; i < n && pass == 1; i++) {
                        f->claims[i] = ARENA_ARRAY(&f->arena, f->n_claims[i], struct answer_item);
                        f->n_claims[i] = 0;
                }
                for (size_t r = 0; r < all->n_items; r++) {
                        struct value object = all->items[r].object;
                        size_t i = index_of(f, value_text(value_at(object, "data.environment")));

                        if (i == n)
                                continue;
                        if (pass == 1)
                                f->claims[i][f->n_claims[i]] = all->items[r];
                        f->n_claims[i]++;
                }
        }
}

static void prepare(struct fleet *f) {
        struct fault fault;

        read_envelope(f, &f->arena, &f->request);
        f->declared = request_required(&f->request, TEXT("environments"));
        if (!f->declared || !request_required(&f->request, TEXT("reservations")) ||
            settings_read(f->request.input, &f->arena, &f->settings, &fault) < 0)
                bench_die("not a fleet's request");
        f->environments = ARENA_ARRAY(&f->arena, f->declared->n_items, struct environment);
        for (size_t i = 0; i < f->declared->n_items; i++)
                f->n_pools += read_pools(f, i, &f->arena, &f->environments[i]);
        sort_claims(f);
}

/* Milliseconds of the best round: the others were disturbed. */
static double measure(void (*step)(struct fleet *f), struct fleet *f) {
        double best = 0;

        for (int round = 0; round < N_ROUNDS; round++) {
                int64_t begin;
                double taken;

                arena_reset(&f->scratch, ARENA_BYTES);
                begin = bench_cpu_ns();
                step(f);
                taken = (double)(bench_cpu_ns() - begin) / 1e6;
                if (round == 0 || taken < best)
                        best = taken;
        }
        return best;
}

int main(int argc, char **argv) {
        struct fleet f = { 0 };
        double reading, counting;

        if (argc != 2)
                bench_die("usage: count REQUEST");
        arena_init(&f.arena, ARENA_BYTES);
        arena_init(&f.scratch, ARENA_BYTES);
        f.bytes = bench_read_file(argv[1], &f.arena);
        prepare(&f);
        reading = measure(read_fleet, &f);
        counting = measure(count_fleet, &f);
        printf("%zu environments, %zu pools, %zu kB\n", f.declared->n_items, f.n_pools,
               f.bytes.len / 1024);
        printf("reading   %7.2f ms\n", reading);
        printf("counting  %7.2f ms, %.2f of reading\n", counting, counting / reading);
        arena_release(&f.arena);
        arena_release(&f.scratch);
        return 0;
}
