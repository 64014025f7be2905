/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output - how commands print: text for people, JSON or YAML for programs
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "yaml/read.h"

enum output_form { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_YAML };

/*
 * output_form() - the word after --output, or "=json" after -o as kubectl takes it
 *
 * Errors: -EINVAL  neither json nor yaml; *ret is unchanged
 */
int output_form(const char *word, enum output_form *ret, struct fault *fault);

/*
 * output_value() - append one document in a form that programs read, JSON or YAML
 *
 * Errors: -ENOMEM
 */
int output_value(struct value value, enum output_form form, struct builder *b, struct arena *arena);

/* output_on_terminal() - does a person look at the standard output? */
bool output_on_terminal(void);

/* output_width() - columns of the terminal; SIZE_MAX where the output is none: nothing is cut. */
size_t output_width(void);

/* output_wants_colours() - on a terminal that is not dumb, unless NO_COLOR is set. */
bool output_wants_colours(void);

/*
 * output_print() - everything to the standard output, at once
 * @command: who complains, when that fails
 *
 * Returns whether it is written.
 */
bool output_print(const char *command, struct text out);

#endif
