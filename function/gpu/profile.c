/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/profile.h"

/* Takes "12" off the front of *rest; false where there is no number of at most four digits. */
static bool take_number(struct text *rest, int32_t *ret) {
        size_t n = 0;
        uint64_t number;

        while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
                n++;
        if (n > 4 || !text_to_u64(text_slice(*rest, 0, n), &number))
                return false;
        *ret = (int32_t)number;
        *rest = text_slice(*rest, n, rest->len);
        return true;
}

static bool take_word(struct text *rest, struct text word) {
        if (!text_equal_fold(text_slice(*rest, 0, word.len), word))
                return false;
        *rest = text_slice(*rest, word.len, rest->len);
        return true;
}

/* One attribute behind its sign: letters and digits with dots between them, "me" or "me.all". */
static bool take_attribute(struct text *rest, struct text *ret) {
        size_t n = 0;

        while (n < rest->len &&
               ((rest->data[n] >= 'a' && rest->data[n] <= 'z') ||
                (rest->data[n] >= 'A' && rest->data[n] <= 'Z') ||
                (rest->data[n] >= '0' && rest->data[n] <= '9') || (n > 0 && rest->data[n] == '.')))
                n++;
        *ret = text_slice(*rest, 0, n);
        *rest = text_slice(*rest, n, rest->len);
        return n > 0;
}

/* What a slice has of the media engines, by an attribute behind "+". */
static void note_attribute(struct text attribute, struct profile_name *name) {
        if (text_equal_fold(attribute, TEXT("me")))
                name->media = MEDIA_OWNER;
        else if (text_equal_fold(attribute, TEXT("me.all")))
                name->media = MEDIA_ALL;
}

static bool take_attributes(struct text *rest, struct profile_name *name) {
        struct text attribute;

        if (take_word(rest, TEXT("+"))) {
                do {
                        if (!take_attribute(rest, &attribute))
                                return false;
                        note_attribute(attribute, name);
                } while (take_word(rest, TEXT(",")));
        }
        if (!take_word(rest, TEXT("-")))
                return true;
        if (!take_attribute(rest, &attribute))
                return false;
        if (text_equal_fold(attribute, TEXT("me")))
                name->media = MEDIA_NONE;
        return true;
}

bool profile_parse(struct text text, struct profile_name *ret) {
        struct profile_name name = { .media = MEDIA_SHARED };
        struct text rest = text;

        if (!take_number(&rest, &name.gpu_slices))
                return false;
        name.compute_slices = name.gpu_slices;
        if (take_word(&rest, TEXT("c.")) && !take_number(&rest, &name.gpu_slices))
                return false;
        if (name.compute_slices < 1 || name.compute_slices > name.gpu_slices)
                return false;
        if (!take_word(&rest, TEXT("g.")) || !take_number(&rest, &name.memory_gib))
                return false;
        if (!take_word(&rest, TEXT("gb")))
                return false;
        name.attributes = rest;
        if (!take_attributes(&rest, &name) || !text_is_empty(rest))
                return false;
        *ret = name;
        return true;
}
