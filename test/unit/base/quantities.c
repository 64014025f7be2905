/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantities TABLE: our parser against Kubernetes' own, whose answers are the
 * table; quantities/main.go writes it and says what its columns are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

enum { LINE_MAX_BYTES = 256 };

/* Decimal digits as a number, capped as quantity.h says. */
static int128 capped_number(const char *digits) {
        const int128 cap = (int128)INT64_MAX * 1000000000;
        bool negative = *digits == '-';
        int128 number = 0;

        digits += negative;
        if (strcmp(digits, "large") == 0)
                return negative ? -cap : cap;
        for (; *digits; digits++) {
                number = number * 10 + (*digits - '0');
                if (number > cap)
                        number = cap;
        }
        return negative ? -number : number;
}

static bool agrees(const char *text, const char *nano, const char *whole) {
        struct quantity q;
        struct fault fault;
        int r = quantity_parse(text_from(text), &q, &fault);

        if (strcmp(nano, "no") == 0)
                return r == -EINVAL;
        if (r < 0 || q.nano != capped_number(nano))
                return false;
        return strcmp(whole, "-") == 0 || quantity_whole(q) == strtoll(whole, NULL, 10);
}

int main(int argc, char **argv) {
        char line[LINE_MAX_BYTES];
        unsigned int n = 0, n_wrong = 0;
        FILE *table = argc == 2 ? fopen(argv[1], "re") : NULL;

        if (!table) {
                fprintf(stderr, "usage: quantities TABLE\n");
                return 2;
        }
        while (fgets(line, sizeof(line), table)) {
                char *rest = line;
                const char *text = strsep(&rest, "\t"), *nano = strsep(&rest, "\t");
                const char *whole = strsep(&rest, "\n");

                n++;
                if (nano && whole && agrees(text, nano, whole))
                        continue;
                n_wrong++;
                fprintf(stderr, "line %u: \"%s\" is %s, %s to Kubernetes\n", n, text, nano, whole);
        }
        fclose(table);
        printf("%u quantities, %u of them otherwise than Kubernetes\n", n, n_wrong);
        return n < 1000 || n_wrong > 0;
}
