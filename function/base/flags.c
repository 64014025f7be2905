/* SPDX-License-Identifier: Apache-2.0 */
#include "base/flags.h"

#include <stdbool.h>
#include <string.h>

/* The word with the long flag that was read last; its value may be a word of its own. */
static const char *last_word(char **argv) {
        return argv[optarg == argv[optind - 1] ? optind - 2 : optind - 1];
}

/* A typo must not turn on what only begins like it. */
static bool is_whole(const char *word, const char *name) {
        size_t len = strlen(name);

        return strncmp(word + 2, name, len) == 0 && (word[2 + len] == '\0' || word[2 + len] == '=');
}

static bool is_known(int value, const struct option *flags) {
        while (flags->name && flags->val != value)
                flags++;
        return flags->name != NULL;
}

/* Of a letter among others optind is still at their word, or already behind it. */
static void tell_unknown(char **argv, const struct option *flags, const char *help,
                         struct fault *fault) {
        if (optopt == 0)
                fault_set(fault, "unknown flag %s; see %s", argv[optind - 1], help);
        else if (is_known(optopt, flags))
                fault_set(fault, "%s: this flag has no value; see %s", argv[optind - 1], help);
        else
                fault_set(fault, "unknown flag -%c; see %s", optopt, help);
}

int flags_next(int argc, char **argv, const char *letters, const struct option *flags,
               const char *help, struct fault *fault) {
        int index = -1, found;

        opterr = 0;
        found = getopt_long(argc, argv, letters, flags, &index);
        if (found == '?') {
                tell_unknown(argv, flags, help, fault);
                return FLAGS_REFUSED;
        }
        if (found == ':') {
                fault_set(fault, "%s needs a value; see %s", argv[optind - 1], help);
                return FLAGS_REFUSED;
        }
        if (index < 0 || is_whole(last_word(argv), flags[index].name))
                return found;
        fault_set(fault, "unknown flag %s; see %s", last_word(argv), help);
        return FLAGS_REFUSED;
}
