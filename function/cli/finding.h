/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding - what a check has found: a mistake or a warning, with its file and line
 */
#ifndef CLI_FINDING_H
#define CLI_FINDING_H

#include "cli/output.h"
#include "cli/placed.h"

struct finding {
        const char *file;
        uint32_t line; /* from 1; 0: the file as a whole */
        struct text kind, name;
        struct text path; /* of the member; may be empty */
        struct text message;
        bool is_error;
        size_t position; /* in the order in which they were found */
        size_t file_order;
};

struct findings {
        struct arena *arena;
        struct finding *items;
        uint32_t n, cap;
        size_t n_errors, n_warnings;
};

/* finding_add() - one about an object's member; said once where it is found twice. */
void finding_add(struct findings *f, const struct placed *object, bool is_error, struct text path,
                 struct text message);

/* finding_add_sentence() - the same for "path: message", as struct mistakes has them. */
void finding_add_sentence(struct findings *f, const struct placed *object, bool is_error,
                          struct text sentence);

/* finding_add_unless_at() - the same, unless that member has an error already. */
void finding_add_unless_at(struct findings *f, const struct placed *object, struct text sentence);

/* finding_add_file() - a mistake of a file: the order-th that was read. */
void finding_add_file(struct findings *f, const char *file, size_t order, uint32_t line,
                      struct text message);

/*
 * finding_print() - all of them, by file and line
 *
 * As text a line each: FILE:LINE: [error|warning] KIND/NAME: path: sentence.
 * Where there is no object, KIND and NAME are "-".
 * For programs [{file, line, kind, name, path, severity, message}].
 *
 * Errors: -ENOMEM
 */
int finding_print(struct findings *f, enum output_form form, struct builder *b);

#endif
