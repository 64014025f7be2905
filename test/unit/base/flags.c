/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/flags.h"

static const struct option flags[] = {
        { "output", required_argument, NULL, 'o' },
        { "insecure", optional_argument, NULL, 256 },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

/* clang-format off */
static const struct row {
        const char *letters, *words;
        const char *want; /* each flag with its value in brackets, then what is left or wrong */
} rows[] = {
        { ":o:h",  "",                         "" },
        { ":o:h",  "-o a --output b --output=c -h", "o[a] o[b] o[c] h" },
        { ":o:h",  "x --output b y -h",        "o[b] h; x y" },
        { "+:o:h", "-h x -o b",                "h; x -o b" },
        { ":o:h",  "--insecure --insecure=no", "256 256[no]" },
        { ":o:h",  "--output --output",        "o[--output]" },
        { ":o:h",  "-h -- -o",                 "h; -o" },
        { ":o:h",  "-o a --outp json",         "o[a] unknown flag --outp; see help" },
        { ":o:h",  "x --outp=json",            "unknown flag --outp=json; see help" },
        { ":o:h",  "--insec",                  "unknown flag --insec; see help" },
        { ":o:h",  "--nope",                   "unknown flag --nope; see help" },
        { ":o:h",  "-x",                       "unknown flag -x; see help" },
        { ":o:h",  "--insecure -xh",           "256 unknown flag -x; see help" },
        { ":o:h",  "-hx y",                    "h unknown flag -x; see help" },
        { ":o:h",  "--help=x",                 "--help=x: this flag has no value; see help" },
        { ":o:h",  "x --output",               "--output needs a value; see help" },
        { ":o:h",  "-o",                       "-o needs a value; see help" },
};
/* clang-format on */

static size_t append(char *told, size_t len, const char *format, ...) {
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(told + len, 512 - len, format, args);
        va_end(args);
        assert_true(n >= 0 && (size_t)n < 512 - len);
        return len + (size_t)n;
}

static void tell(const struct row *row, char *told) {
        char program[] = "program", words[256], *argv[16] = { program }, *rest;
        int argc = 1, found;
        struct fault fault;
        size_t len = 0;

        snprintf(words, sizeof(words), "%s", row->words);
        for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
                argv[argc++] = w;
        told[0] = '\0';
        optind = 0;
        while ((found = flags_next(argc, argv, row->letters, flags, "help", &fault)) != FLAGS_END) {
                const char *space = len > 0 ? " " : "";

                if (found == FLAGS_REFUSED) {
                        append(told, len, "%s%s", space, fault.message);
                        return;
                }
                len = found < 256 ? append(told, len, "%s%c", space, found)
                                  : append(told, len, "%s%d", space, found);
                if (optarg)
                        len = append(told, len, "[%s]", optarg);
        }
        for (int i = optind; i < argc; i++)
                len = append(told, len, "%s%s", i == optind ? "; " : " ", argv[i]);
}

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char told[512];

                tell(&rows[i], told);
                if (strcmp(told, rows[i].want) != 0)
                        fail_msg("%s: \"%s\"", rows[i].words, told);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
        };

        return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
