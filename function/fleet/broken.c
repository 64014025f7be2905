/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/broken.h"

#include "wire/utf8.h"

static const char *const sentences[] = {
        [UTF8_BROKEN] = "is not UTF-8",
        [UTF8_HAS_NUL] = "holds a NUL byte",
};

static bool is_identifier(struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
                        return false;
        }
        return t.len > 0;
}

static bool refuse_string(struct reader *rd, const struct member *f) {
        enum utf8 is = utf8_check(value_text(f->value));

        if (is == UTF8_GOOD)
                return false;
        reader_refuse(rd, f, "%s", sentences[is]);
        return true;
}

static struct member child_of(const struct member *above, size_t index, struct text key,
                              struct value value) {
        if (above->value.kind == VALUE_LIST)
                return member_element(above, index, value);
        return is_identifier(key) ? member_named(above, key, value) : member_key(above, key, value);
}

/* The guard bounds how deep it goes. */
static bool refuse_below(struct reader *rd, const struct member *f) {
        struct value_iter it = value_iterate(f->value);
        struct value value;
        struct text key;

        if (f->value.kind == VALUE_STRING)
                return refuse_string(rd, f);
        for (size_t i = 0; value_next(&it, &key, &value); i++) {
                struct member child = child_of(f, i, key, value);
                enum utf8 is = utf8_check(key);

                if (is != UTF8_GOOD) {
                        reader_refuse(rd, f, "has a key that %s", sentences[is]);
                        return true;
                }
                if (refuse_below(rd, &child))
                        return true;
        }
        return false;
}

bool broken_refuse(struct reader *rd, struct value object, const char *path) {
        struct member f;

        if (!object.may_be_broken)
                return false;
        f = member_root(value_at(object, path), text_from(path));
        return refuse_below(rd, &f);
}

bool broken_refuse_whole(struct reader *rd, struct value object, const char *path) {
        struct member f = member_root(object, text_from(path));

        return object.may_be_broken && refuse_below(rd, &f);
}
