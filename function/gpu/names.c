/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/names.h"

#include "base/count.h"

static const struct text slices_mark = TEXT_INIT("-MIG-"), shares_mark = TEXT_INIT("-SHARED");

static char fold(char c) {
        if (c >= 'A' && c <= 'Z')
                return (char)(c - 'A' + 'a');
        return c == ' ' || c == '_' ? '-' : c;
}

bool names_are_same(struct text a, struct text b) {
        if (a.len != b.len)
                return false;
        /* Products of one maker begin alike: most differ at the end. */
        for (size_t i = a.len; i-- > 0;) {
                if (fold(a.data[i]) != fold(b.data[i]))
                        return false;
        }
        return true;
}

static const struct text makers[] = { TEXT_INIT("nvidia-"), TEXT_INIT("amd-"),
                                      TEXT_INIT("intel-") };

struct text names_bare(struct text name) {
        for (size_t i = 0; i < COUNT_OF(makers); i++) {
                if (name.len > makers[i].len && fold(name.data[0]) == makers[i].data[0] &&
                    names_are_same(text_slice(name, 0, makers[i].len), makers[i]))
                        return text_slice(name, makers[i].len, name.len);
        }
        return name;
}

bool names_is_called(struct text name, struct text bare) {
        if (name.len == bare.len)
                return names_are_same(name, bare) && names_bare(name).len == bare.len;
        for (size_t i = 0; i < COUNT_OF(makers); i++) {
                if (name.len == makers[i].len + bare.len)
                        return names_are_same(names_bare(name), bare);
        }
        return false;
}

/* Where "-MIG-" begins, or where the label ends. */
static size_t find_slices(struct text label) {
        for (size_t i = 1; i + slices_mark.len < label.len; i++) {
                if (fold(label.data[i]) == '-' &&
                    names_are_same(text_slice(label, i, i + slices_mark.len), slices_mark))
                        return i;
        }
        return label.len;
}

bool names_is_shared(struct text label) {
        return label.len > shares_mark.len &&
               names_are_same(text_slice(label, label.len - shares_mark.len, label.len),
                              shares_mark);
}

static struct text without_shares(struct text label) {
        return names_is_shared(label) ? text_slice(label, 0, label.len - shares_mark.len) : label;
}

struct text names_of_card(struct text label) {
        label = without_shares(label);
        return text_slice(label, 0, find_slices(label));
}

struct text names_slices(struct text label) {
        label = without_shares(label);
        return text_slice(label, find_slices(label) + slices_mark.len, label.len);
}

bool names_is_pci_id(struct text name, struct text pci_id) {
        enum { DEVICE = 6 }; /* as long is "0x2330" */

        return name.len >= DEVICE && name.data[0] == '0' &&
               (text_equal_fold(name, pci_id) ||
                (name.len == DEVICE && text_equal_fold(name, text_slice(pci_id, 0, DEVICE))));
}
