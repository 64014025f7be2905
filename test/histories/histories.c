/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of small clusters, each with a history of its own
 *
 *   histories [FIRST [COUNT]]    the seeds FIRST..FIRST+COUNT-1
 *   histories --tell SEED        one history, decision by decision
 *
 * Exits with 1 when anything was seen that must never be; the line says the seed.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "histories/history.h"

enum { FAILURES_MAX = 10 };

static void print_tally(uint64_t count, const struct tally *t) {
        printf("%llu histories: %llu decisions (%llu alone), %llu placed, %llu grown, %llu "
               "yielded, "
               "%llu left, %llu retired, %llu in place, %llu given up, %llu rebuilt, %llu "
               "enlarged; "
               "at rest after %.1f rounds, at most %llu\n",
               (unsigned long long)count, (unsigned long long)t->decisions,
               (unsigned long long)t->alone, (unsigned long long)t->placed,
               (unsigned long long)t->grown, (unsigned long long)t->yielded,
               (unsigned long long)t->left, (unsigned long long)t->retired,
               (unsigned long long)t->in_place, (unsigned long long)t->reduced,
               (unsigned long long)t->rebuilt, (unsigned long long)t->enlarged,
               (double)t->rounds_to_rest / (double)count,
               (unsigned long long)t->most_rounds_to_rest);
}

/* Are the histories about something? A kind of event that is missing tests nothing. */
static bool has_all(uint64_t count, const struct tally *t) {
        uint64_t few = count / 100;
        uint64_t rare = count / 400; /* for what happens once in eighty histories */

        return t->alone > few && t->placed > few && t->grown > few && t->yielded > few &&
               t->left > few && t->retired > few && t->in_place > few && t->reduced > few &&
               t->rebuilt > few && t->enlarged > rare;
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
