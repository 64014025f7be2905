/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

static bool is_equal(const struct finding *a, const struct finding *b) {
        return a->line == b->line && strcmp(a->file, b->file) == 0 &&
               text_equal(a->path, b->path) && text_equal(a->message, b->message) &&
               text_equal(a->name, b->name);
}

static void add(struct findings *f, struct finding finding) {
        struct finding *slot;

        finding.position = f->n;
        for (uint32_t i = f->n; i > 0 && f->items[i - 1].file_order == finding.file_order; i--) {
                if (is_equal(&f->items[i - 1], &finding))
                        return;
        }
        slot = item_extend(f->arena, &f->items, &f->n, &f->cap, sizeof(*slot));
        if (!slot)
                return;
        *slot = finding;
        if (finding.is_error)
                f->n_errors++;
        else
                f->n_warnings++;
}

void finding_add(struct findings *f, const struct placed *object, bool is_error, struct text path,
                 struct text message) {
        add(f, (struct finding) {
                       .file = object->file,
                       .file_order = object->file_order,
                       .line = placed_line(object, path),
                       .kind = placed_text(object, "kind"),
                       .name = placed_text(object, "metadata.name"),
                       .path = path,
                       .message = message,
                       .is_error = is_error,
               });
}

/* "path: message"; a path has no blank, and a sentence without one begins with a word and a blank.
 */
static struct text split(struct text sentence, struct text *ret_message) {
        size_t colon = text_index(sentence, ':');
        struct text path = text_slice(sentence, 0, colon);

        *ret_message = sentence;
        if (colon + 1 >= sentence.len || sentence.data[colon + 1] != ' ' ||
            text_index(path, ' ') < path.len)
                return (struct text) { 0 };
        *ret_message = text_slice(sentence, colon + 2, sentence.len);
        return path;
}

void finding_add_sentence(struct findings *f, const struct placed *object, bool is_error,
                          struct text sentence) {
        struct text message, path = split(sentence, &message);

        finding_add(f, object, is_error, path, message);
}

/* Of what is missing all that it has is missing too. */
static bool is_at(struct text path, struct text at, bool or_below) {
        return text_equal(path, at) || (or_below && path.len > at.len &&
                                        text_starts_with(path, at) && path.data[at.len] == '.');
}

static bool has_error_at(const struct findings *f, const struct placed *object, struct text path,
                         bool or_below) {
        uint32_t line = placed_line(object, path);

        for (uint32_t i = f->n; i > 0; i--) {
                const struct finding *each = &f->items[i - 1];

                if (each->file_order != object->file_order)
                        break;
                if (each->is_error && each->line == line && is_at(each->path, path, or_below))
                        return true;
        }
        return false;
}

void finding_add_unless_at(struct findings *f, const struct placed *object, struct text sentence) {
        struct text message, path = split(sentence, &message);

        if (!has_error_at(f, object, path, text_equal(message, TEXT("is required"))))
                finding_add(f, object, true, path, message);
}

void finding_add_file(struct findings *f, const char *file, size_t order, uint32_t line,
                      struct text message) {
        add(f, (struct finding) {
                       .file = file,
                       .file_order = order,
                       .line = line,
                       .message = message,
                       .is_error = true,
               });
}

static int in_order(const void *a, const void *b) {
        const struct finding *left = a, *right = b;

        if (left->file_order != right->file_order)
                return left->file_order < right->file_order ? -1 : 1;
        if (left->line != right->line)
                return left->line < right->line ? -1 : 1;
        return left->position < right->position ? -1 : left->position > right->position;
}

static struct text or_dash(struct text t, struct arena *arena) {
        return text_is_empty(t) ? TEXT("-") : printable_text(t, arena);
}

static void print_line(const struct finding *each, struct builder *b, struct arena *arena) {
        builder_string(b, each->file);
        builder_char(b, ':');
        builder_u64(b, each->line);
        builder_string(b, each->is_error ? ": [error] " : ": [warning] ");
        builder_text(b, or_dash(each->kind, arena));
        builder_char(b, '/');
        builder_text(b, or_dash(each->name, arena));
        builder_string(b, ": ");
        if (!text_is_empty(each->path)) {
                builder_text(b, printable_text(each->path, arena));
                builder_string(b, ": ");
        }
        builder_text(b, printable_text(each->message, arena));
        builder_char(b, '\n');
}

static void append_node(struct node *list, const struct finding *each) {
        struct node *entry = node_append_map(list);

        node_set_string(entry, "file", text_from(each->file));
        node_set_integer(entry, "line", each->line);
        node_set_string(entry, "kind", each->kind);
        node_set_string(entry, "name", each->name);
        node_set_string(entry, "path", each->path);
        node_set_string(entry, "severity", each->is_error ? TEXT("error") : TEXT("warning"));
        node_set_string(entry, "message", each->message);
}

int finding_print(struct findings *f, enum output_form form, struct builder *b) {
        struct node *root = node_map(f->arena), *list = node_add_list(root, "findings");
        struct text bytes;
        int r;

        if (arena_failed(f->arena))
                return -ENOMEM;
        if (f->n > 1)
                qsort(f->items, f->n, sizeof(*f->items), in_order);
        for (uint32_t i = 0; i < f->n; i++) {
                if (form == OUTPUT_TEXT)
                        print_line(&f->items[i], b, f->arena);
                else
                        append_node(list, &f->items[i]);
        }
        if (form == OUTPUT_TEXT)
                return arena_failed(f->arena) ? -ENOMEM : 0;
        r = node_encode(root, f->arena, &bytes);
        if (r < 0)
                return r;
        return output_value(value_get(value_of_struct(bytes), TEXT("findings")), form, b, f->arena);
}
