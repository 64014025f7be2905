/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/utf8.h"

#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes of 0x01..0x7f? Taking one from each sets the top bit of a 0 only. */
static bool are_plain(uint64_t word) {
        return ((word | (word - EACH(1))) & EACH(0x80)) == 0;
}

static bool is_plain(const char *p) {
        uint64_t word;

        memcpy(&word, p, sizeof(word));
        return are_plain(word);
}

/* The same for 1..7 bytes: some are looked at twice so that there are eight. */
static bool is_short_plain(const char *p, size_t len) {
        uint32_t low, high;

        if (len < 4) {
                unsigned char first = (unsigned char)p[0], middle = (unsigned char)p[len / 2],
                              last = (unsigned char)p[len - 1];

                return first && middle && last && (first | middle | last) < 0x80;
        }
        memcpy(&low, p, sizeof(low));
        memcpy(&high, p + len - sizeof(high), sizeof(high));
        return are_plain((uint64_t)high << 32 | low);
}

/* Without a way out of the loop, so that the compiler takes many words at once. */
bool utf8_is_plain(struct text text) {
        const char *p = text.data;
        uint64_t bits = 0, word;
        size_t at = 0;

        if (text.len < sizeof(word))
                return text.len == 0 || is_short_plain(p, text.len);
        for (; at + sizeof(word) <= text.len; at += sizeof(word)) {
                memcpy(&word, p + at, sizeof(word));
                bits |= word | (word - EACH(1));
        }
        memcpy(&word, p + text.len - sizeof(word), sizeof(word)); /* some of it again */
        bits |= word | (word - EACH(1));
        return (bits & EACH(0x80)) == 0;
}

/* Bytes of the sequence at p, or 0. Source: The Unicode Standard 15.0, table 3-7. */
static size_t sequence_len(const unsigned char *p, size_t left) {
        unsigned char low = 0x80, high = 0xbf;
        size_t len;

        if (p[0] >= 0xc2 && p[0] <= 0xdf)
                len = 2;
        else if (p[0] >= 0xe0 && p[0] <= 0xef)
                len = 3;
        else if (p[0] >= 0xf0 && p[0] <= 0xf4)
                len = 4;
        else
                return 0;
        if (left < len)
                return 0;
        if (p[0] == 0xe0)
                low = 0xa0;
        else if (p[0] == 0xed)
                high = 0x9f;
        else if (p[0] == 0xf0)
                low = 0x90;
        else if (p[0] == 0xf4)
                high = 0x8f;
        if (p[1] < low || p[1] > high)
                return 0;
        for (size_t i = 2; i < len; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        }
        return len;
}

enum utf8 utf8_check(struct text text) {
        size_t at = 0;

        while (at < text.len) {
                const unsigned char *p = (const unsigned char *)text.data + at;
                size_t left = text.len - at;

                if (left >= 8 && is_plain(text.data + at)) {
                        at += 8;
                } else if (left < 8 && is_short_plain(text.data + at, left)) {
                        break;
                } else if (*p == 0) {
                        return UTF8_HAS_NUL;
                } else if (*p < 0x80) {
                        at++;
                } else {
                        size_t len = sequence_len(p, left);

                        if (len == 0)
                                return UTF8_BROKEN;
                        at += len;
                }
        }
        return UTF8_GOOD;
}
