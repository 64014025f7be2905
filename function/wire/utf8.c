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

/* Sixteen bytes as signed numbers: below 1 are NUL and all that is not ASCII. */
typedef signed char bytes16 __attribute__((vector_size(16)));
typedef int64_t words2 __attribute__((vector_size(16)));

static bytes16 load(const char *p) {
        bytes16 bytes;

        memcpy(&bytes, p, sizeof(bytes));
        return bytes;
}

/* The last step looks at some bytes again, so that there is no rest. */
bool utf8_is_plain(struct text text) {
        const char *p = text.data;
        bytes16 bad;
        words2 words;

        if (text.len < 8)
                return text.len == 0 || is_short_plain(p, text.len);
        if (text.len < sizeof(bad))
                return is_plain(p) && is_plain(p + text.len - 8);
        bad = load(p + text.len - sizeof(bad)) < 1;
        for (size_t at = 0; at + sizeof(bad) < text.len; at += sizeof(bad))
                bad |= load(p + at) < 1;
        words = (words2)bad;
        return (words[0] | words[1]) == 0;
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
