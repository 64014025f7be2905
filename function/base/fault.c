/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* A UTF-8 sequence that was cut in the middle is taken off the end. */
static void trim_partial(char *string) {
        size_t len = strlen(string), at = len;

        while (at > 0 && ((unsigned char)string[at - 1] & 0xc0) == 0x80)
                at--;
        if (at > 0 && ((unsigned char)string[at - 1] & 0x80)) {
                unsigned char lead = (unsigned char)string[at - 1];
                size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

                if (len - (at - 1) < want)
                        string[at - 1] = '\0';
        }
}

static void format_message(struct fault *f, const char *format, va_list args) {
        vsnprintf(f->message, sizeof(f->message), format, args);
        trim_partial(f->message);
}

void fault_set(struct fault *f, const char *format, ...) {
        va_list args;

        f->path[0] = '\0';
        va_start(args, format);
        format_message(f, format, args);
        va_end(args);
}

void fault_at(struct fault *f, const char *path, const char *format, ...) {
        va_list args;

        snprintf(f->path, sizeof(f->path), "%s", path);
        trim_partial(f->path);
        va_start(args, format);
        format_message(f, format, args);
        va_end(args);
}

void fault_under(struct fault *f, const char *format, ...) {
        char rest[FAULT_PATH_MAX];
        size_t len;
        va_list args;

        memcpy(rest, f->path, sizeof(rest));
        va_start(args, format);
        vsnprintf(f->path, sizeof(f->path), format, args);
        va_end(args);
        len = strlen(f->path);
        snprintf(f->path + len, sizeof(f->path) - len, "%s%s",
                 len > 0 && rest[0] != '\0' && rest[0] != '[' ? "." : "", rest);
        trim_partial(f->path);
}

struct text fault_text(const struct fault *f, struct arena *arena) {
        struct text parts[] = { text_from(f->path), TEXT(": "), text_from(f->message) };

        if (f->path[0] == '\0')
                return text_copy(arena, parts[2]);
        return text_join(arena, parts, 3);
}

void fault_bug(const char *file, int line, const char *what) {
        fprintf(stderr, "%s:%d: bug: %s\n", file, line, what);
        abort();
}
