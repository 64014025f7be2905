/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of small clusters, each with a history of its own
 *
 *   histories [FIRST [COUNT]]    the seeds FIRST..FIRST+COUNT-1
 *   histories --tell SEED        one history, decision by decision
 *
 * Exits with 1 when anything was seen that must never be; the line says the seed.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "histories/history.h"

enum { FAILURES_MAX = 10 };

/* Everything that is counted, by name. */
static const struct kind {
        const char *name;
        size_t offset;
        uint64_t rare; /* how many histories it takes, on average, until one has seen it */
} kinds[] = {
        { "alone", offsetof(struct tally, alone), 100 },
        { "near", offsetof(struct tally, near), 100 },
        { "waited", offsetof(struct tally, waited), 100 },
        { "asleep", offsetof(struct tally, asleep), 100 },
        { "placed", offsetof(struct tally, placed), 100 },
        { "grown", offsetof(struct tally, grown), 100 },
        { "used", offsetof(struct tally, used), 100 },
        { "gave way", offsetof(struct tally, gave_way), 100 },
        { "left", offsetof(struct tally, left), 100 },
        { "let go", offsetof(struct tally, let_go), 100 },
        { "reduced", offsetof(struct tally, reduced), 100 },
        { "rebuilt", offsetof(struct tally, rebuilt), 100 },
        { "recovered", offsetof(struct tally, recovered), 400 },
        { "frozen", offsetof(struct tally, frozen), 100 },
        { "parked", offsetof(struct tally, parked), 100 },
        { "woken", offsetof(struct tally, woken), 400 },
        { "surged", offsetof(struct tally, surged), 100 },
        { "rolled", offsetof(struct tally, rolled), 100 },
        { "postponed", offsetof(struct tally, postponed), 100 },
        { "in turn", offsetof(struct tally, in_turn), 100 },
        { "remade", offsetof(struct tally, remade), 100 },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static uint64_t count_of(const struct tally *t, const struct kind *kind) {
        uint64_t n;

        memcpy(&n, (const char *)t + kind->offset, sizeof(n));
        return n;
}

static void print_tally(uint64_t count, const struct tally *t) {
        printf("%llu histories: %llu decisions", (unsigned long long)count,
               (unsigned long long)t->decisions);
        for (size_t i = 0; i < N_KINDS; i++)
                printf(", %llu %s", (unsigned long long)count_of(t, &kinds[i]), kinds[i].name);
        printf("; at rest after %.1f rounds, at most %llu\n",
               (double)t->rounds_to_rest / (double)count,
               (unsigned long long)t->most_rounds_to_rest);
}

/* Are the histories about something? A kind of event that is missing tests nothing. */
static bool has_all(uint64_t count, const struct tally *t) {
        for (size_t i = 0; i < N_KINDS; i++) {
                if (count_of(t, &kinds[i]) <= count / kinds[i].rare)
                        return false;
        }
        return true;
}

static int usage(void) {
        fputs("usage: histories [FIRST [COUNT]] | --tell SEED\n", stderr);
        return 2;
}

int main(int argc, char **argv) {
        uint64_t first = 1, count = 1000, failures = 0;
        bool tell = argc == 3 && strcmp(argv[1], "--tell") == 0;
        struct tally tally = { 0 };
        struct arena arena;

        if (tell) {
                argv++;
                argc--;
                count = 1;
        }
        if (argc > 3 || (argc > 1 && !text_to_u64(text_from(argv[1]), &first)) ||
            (argc > 2 && !text_to_u64(text_from(argv[2]), &count)) || count == 0)
                return usage();
        arena_init(&arena, SIZE_MAX);
        for (uint64_t seed = first; seed < first + count && failures < FAILURES_MAX; seed++) {
                const char *seen = history_run(seed, tell, &arena, &tally);

                if (!seen)
                        continue;
                printf("seed %llu: %s\n", (unsigned long long)seed, seen);
                failures++;
        }
        arena_release(&arena);
        print_tally(count, &tally);
        if (failures == 0 && count >= 1000 && !has_all(count, &tally)) {
                printf("the histories are about too little\n");
                failures++;
        }
        return failures > 0;
}
