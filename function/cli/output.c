/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/table.h"

int output_form(const char *word, enum output_form *ret, struct fault *fault) {
        if (word[0] == '=')
                word++;
        if (strcmp(word, "json") == 0) {
                *ret = OUTPUT_JSON;
        } else if (strcmp(word, "yaml") == 0) {
                *ret = OUTPUT_YAML;
        } else {
                fault_set(fault, "--output: \"%s\" is neither json nor yaml", word);
                return -EINVAL;
        }
        return 0;
}

int output_value(struct value value, enum output_form form, struct builder *b,
                 struct arena *arena) {
        if (form == OUTPUT_YAML)
                return yaml_write(value, b, arena);
        value_print(value, b);
        builder_char(b, '\n');
        return 0;
}

bool output_on_terminal(void) {
        return isatty(STDOUT_FILENO) == 1;
}

size_t output_width(void) {
        struct winsize size;

        if (!output_on_terminal())
                return SIZE_MAX;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return COLUMNS_WIDTH;
        return size.ws_col;
}

bool output_wants_colours(void) {
        const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

        return output_on_terminal() && !(no_colour && no_colour[0]) &&
               !(terminal && strcmp(terminal, "dumb") == 0);
}

bool output_print(const char *command, struct text out) {
        /* fwrite() may be given no NULL, not even for nothing. */
        if ((out.len == 0 || fwrite(out.data, 1, out.len, stdout) == out.len) &&
            fflush(stdout) == 0)
                return true;
        fprintf(stderr, "%s: cannot write to the standard output\n", command);
        return false;
}
