/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - is a text UTF-8?
 */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "base/text.h"

enum utf8 {
        UTF8_GOOD,
        UTF8_BROKEN, /* cut, overlong, a surrogate or beyond U+10FFFF */
        UTF8_HAS_NUL,
};

/* utf8_is_plain() - all bytes are 0x01..0x7f, as most are; also when there are none. */
bool utf8_is_plain(struct text text);

/* utf8_check() - what is wrong first, if anything. */
enum utf8 utf8_check(struct text text);

#endif
