/* SPDX-License-Identifier: Apache-2.0 */
#include "base/printable.h"

/*
 * Source: The Unicode Standard 15.0, general categories Cc, Zl, Zp, and Cf without the
 * signs of Arabic, Syriac, Kaithi, Egyptian and shorthand, which are seen; and U+FFFE and
 * U+FFFF, which YAML does not hold.
 */
static const struct {
        uint32_t first, last;
} unprintable[] = {
        { 0x00, 0x1f },       { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x61c, 0x61c },
        { 0x180e, 0x180e },   { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
        { 0xfeff, 0xfeff },   { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0x1d173, 0x1d17a },
        { 0xe0000, 0xe007f },
};

static bool is_printable(uint32_t code) {
        for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
                if (code >= unprintable[i].first && code <= unprintable[i].last)
                        return false;
        }
        return true;
}

static bool is_plain(struct text t) {
        bool plain = true;

        for (size_t i = 0; i < t.len; i++)
                plain &= t.data[i] >= ' ' && t.data[i] <= '~';
        return plain;
}

/* The bytes of the character that t begins with, or 0 when there is none of UTF-8. */
static size_t sequence_length(struct text t) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        unsigned char lead = (unsigned char)t.data[0];
        size_t len = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t code = lead & (0x7fu >> len);

        if (len < 2)
                return len;
        if (len > t.len)
                return 0;
        for (size_t i = 1; i < len; i++) {
                if (((unsigned char)t.data[i] & 0xc0) != 0x80)
                        return 0;
                code = code << 6 | ((unsigned char)t.data[i] & 0x3f);
        }
        return code < least[len] || code > 0x10ffff || code >> 11 == 0x1b ? 0 : len;
}

/* The code point at the front of t, of *ret_len bytes. */
static uint32_t first_code(struct text t, size_t *ret_len) {
        unsigned char lead = (unsigned char)t.data[0];
        size_t len = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t code = len == 1 ? lead : lead & (0x7fu >> len);

        if (len > t.len)
                len = t.len;
        for (size_t i = 1; i < len; i++)
                code = code << 6 | ((unsigned char)t.data[i] & 0x3f);
        *ret_len = len;
        return code;
}

static void put_escape(struct builder *b, uint32_t code) {
        builder_string(b, code > 0xffff ? "\\U" : "\\u");
        builder_hex(b, code, code > 0xffff ? 8 : 4);
}

static void put_byte(struct builder *b, unsigned char byte) {
        builder_string(b, "\\x");
        builder_hex(b, byte, 2);
}

bool printable_first(struct text t, size_t *ret_len) {
        return is_printable(first_code(t, ret_len));
}

struct text printable_text(struct text t, struct arena *arena) {
        struct builder b;
        size_t len;

        if (is_plain(t))
                return t;
        builder_init(&b, arena);
        for (; t.len > 0; t = text_slice(t, len, t.len)) {
                uint32_t code = first_code(t, &len);

                if (sequence_length(t) == 0) {
                        put_byte(&b, (unsigned char)t.data[0]);
                        len = 1;
                } else if (is_printable(code)) {
                        builder_text(&b, text_slice(t, 0, len));
                } else {
                        put_escape(&b, code);
                }
        }
        return builder_done(&b);
}
