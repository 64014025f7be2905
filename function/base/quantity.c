/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quantity.h"

#include <errno.h>

#include "base/arena.h"

#define NANO 1000000000
#define NANO_CAP ((int128)INT64_MAX * NANO)
#define TEN_TO_19 ((int128)1000000000 * 1000000000 * 10)

/* The parts of "-12.5Ki": negative, "12", "5", "Ki". */
struct parts {
        bool negative;
        struct text whole;
        struct text fraction;
        struct text suffix;
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* The digits at the front of *rest, taken off it. */
static struct text take_digits(struct text *rest) {
        size_t n = 0;
        struct text digits;

        while (n < rest->len && is_digit(rest->data[n]))
                n++;
        digits = text_slice(*rest, 0, n);
        *rest = text_slice(*rest, n, rest->len);
        return digits;
}

static bool take_char(struct text *rest, char c) {
        if (rest->len == 0 || rest->data[0] != c)
                return false;
        *rest = text_slice(*rest, 1, rest->len);
        return true;
}

static struct parts split(struct text t) {
        struct parts parts = { .negative = take_char(&t, '-') };

        if (!parts.negative)
                take_char(&t, '+');
        parts.whole = take_digits(&t);
        if (take_char(&t, '.'))
                parts.fraction = take_digits(&t);
        parts.suffix = t;
        return parts;
}

/* What a suffix multiplies by: 10^ten * 2^two. */
struct scale {
        int32_t ten;
        uint8_t two;
};

static const struct {
        struct text suffix;
        struct scale scale;
} suffixes[] = {
        { TEXT_INIT(""), { 0, 0 } },    { TEXT_INIT("n"), { -9, 0 } },
        { TEXT_INIT("u"), { -6, 0 } },  { TEXT_INIT("m"), { -3, 0 } },
        { TEXT_INIT("k"), { 3, 0 } },   { TEXT_INIT("M"), { 6, 0 } },
        { TEXT_INIT("G"), { 9, 0 } },   { TEXT_INIT("T"), { 12, 0 } },
        { TEXT_INIT("P"), { 15, 0 } },  { TEXT_INIT("E"), { 18, 0 } },
        { TEXT_INIT("Ki"), { 0, 10 } }, { TEXT_INIT("Mi"), { 0, 20 } },
        { TEXT_INIT("Gi"), { 0, 30 } }, { TEXT_INIT("Ti"), { 0, 40 } },
        { TEXT_INIT("Pi"), { 0, 50 } }, { TEXT_INIT("Ei"), { 0, 60 } },
};

/* "e3", "E-3": upstream reads 64 bits and keeps the lower 32. */
static bool read_exponent(struct text suffix, struct scale *ret) {
        bool negative;
        uint64_t number;

        if (!take_char(&suffix, 'e') && !take_char(&suffix, 'E'))
                return false;
        negative = take_char(&suffix, '-');
        if (!negative)
                take_char(&suffix, '+');
        if (!text_to_u64(suffix, &number) || number > (uint64_t)INT64_MAX + negative)
                return false;
        *ret = (struct scale) { .ten = (int32_t)(uint32_t)(negative ? 0 - number : number) };
        return true;
}

/* "E" is a suffix of its own; only with a number behind it is it an exponent. */
static bool read_suffix(struct text suffix, struct scale *ret) {
        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
                if (text_equal(suffixes[i].suffix, suffix)) {
                        *ret = suffixes[i].scale;
                        return true;
                }
        }
        return read_exponent(suffix, ret);
}

static int128 capped(int128 nano) {
        return nano > NANO_CAP ? NANO_CAP : nano;
}

/* Digit i of the n digits "whole, fraction", 0 beyond them. */
static int digit_at(const struct parts *parts, size_t i) {
        if (i < parts->whole.len)
                return parts->whole.data[i] - '0';
        i -= parts->whole.len;
        return i < parts->fraction.len ? parts->fraction.data[i] - '0' : 0;
}

static bool any_digit_from(const struct parts *parts, size_t from) {
        for (size_t i = from; i < parts->whole.len + parts->fraction.len; i++) {
                if (digit_at(parts, i) != 0)
                        return true;
        }
        return false;
}

/* The number in digits from..to, up to the cap; at most 19 digits where that is to be exact. */
static int128 digits_between(const struct parts *parts, size_t from, size_t to) {
        int128 number = 0;

        for (size_t i = from; i < to; i++)
                number = capped(number * 10 + digit_at(parts, i));
        return number;
}

/* Rounded up: a digit that falls off the end and is not 0 counts as one more. */
static int128 scale_by_ten(const struct parts *parts, int32_t ten) {
        int64_t n_digits = (int64_t)(parts->whole.len + parts->fraction.len);
        int64_t shift = (int64_t)ten + 9 - (int64_t)parts->fraction.len;
        int64_t n_kept = shift >= 0 ? n_digits : n_digits + shift;
        int128 nano;

        if (n_kept < 0)
                n_kept = 0;
        nano = digits_between(parts, 0, (size_t)n_kept);
        for (; shift > 0 && nano > 0 && nano < NANO_CAP; shift--)
                nano = capped(nano * 10);
        return capped(nano + any_digit_from(parts, (size_t)n_kept));
}

/*
 * The fraction is multiplied in two groups, 9 and 19 digits, that fit 127 bits
 * each. Digits beyond those 28 are worth less than one nano together, also
 * times 2^60, and only say that there is something to round up.
 */
static int128 scale_by_two(const struct parts *parts, uint8_t two) {
        size_t point = parts->whole.len;
        int128 whole = digits_between(parts, 0, point);
        int128 coarse = digits_between(parts, point, point + 9);
        int128 fine = digits_between(parts, point + 9, point + 28) << two;
        bool rest = fine % TEN_TO_19 != 0 || any_digit_from(parts, point + 28);

        if (whole > (NANO_CAP / NANO) >> two)
                return NANO_CAP;
        return capped((whole * NANO << two) + (coarse << two) + fine / TEN_TO_19 + rest);
}

/*
 * Without any digit upstream's short path reads 0 and its long path, taken for
 * scales that it cannot hold in 64 bits, fails.
 */
static bool reads_without_digits(struct scale scale) {
        return scale.ten >= -9 && scale.two <= 40;
}

/*
 * "40Gi", "2.91": nine digits at most and no suffix, or none after the point and
 * a binary one. Nothing is rounded, so that 64 bits do.
 */
static bool parse_short(struct text t, struct quantity *ret) {
        static const uint8_t shifts['T' + 1] = { ['K'] = 10, ['M'] = 20, ['G'] = 30, ['T'] = 40 };
        static const int32_t powers[] = { 1,      10,      100,      1000,      10000,
                                          100000, 1000000, 10000000, 100000000, 1000000000 };
        size_t i = 0, n_fraction = 0;
        int32_t number = 0;
        bool has_point = false;
        unsigned char prefix;

        for (; i < t.len && i < 10; i++) {
                if (t.data[i] == '.' && !has_point && i > 0) {
                        has_point = true;
                } else if (is_digit(t.data[i]) && i - has_point < 9) {
                        number = number * 10 + (t.data[i] - '0');
                        n_fraction += has_point;
                } else {
                        break;
                }
        }
        if (i == 0)
                return false;
        if (i == t.len) {
                ret->nano = (int64_t)number * powers[9 - n_fraction];
                return true;
        }
        prefix = (unsigned char)t.data[i];
        if (has_point || t.len - i != 2 || t.data[i + 1] != 'i' || prefix > 'T' || !shifts[prefix])
                return false;
        ret->nano = capped(((int128)number << shifts[prefix]) * NANO);
        return true;
}

int quantity_parse(struct text t, struct quantity *ret, struct fault *fault) {
        struct parts parts;
        struct scale scale;
        bool digits;
        int128 nano;

        if (parse_short(t, ret))
                return 0;
        parts = split(t);
        digits = parts.whole.len + parts.fraction.len > 0;
        if (t.len == 0 || !read_suffix(parts.suffix, &scale) ||
            (!digits && !reads_without_digits(scale))) {
                struct text shown = text_shown(t, 60);

                fault_set(fault, "not a quantity such as 40Gi: \"%.*s%s\"", TEXT_ARG(shown),
                          shown.len < t.len ? "..." : "");
                return -EINVAL;
        }
        nano = scale.two > 0 ? scale_by_two(&parts, scale.two) : scale_by_ten(&parts, scale.ten);
        ret->nano = parts.negative ? -nano : nano;
        return 0;
}

int quantity_compare(struct quantity a, struct quantity b) {
        return (a.nano > b.nano) - (a.nano < b.nano);
}

int64_t quantity_whole(struct quantity q) {
        int128 whole = q.nano / NANO;

        if (q.nano % NANO > 0)
                whole++;
        return whole > INT64_MAX ? INT64_MAX : (int64_t)whole;
}

int64_t quantity_floor(struct quantity q) {
        int128 whole = q.nano / NANO;

        if (q.nano % NANO < 0)
                whole--;
        return whole > INT64_MAX ? INT64_MAX : (int64_t)whole;
}

/* "40G" where it is written so, and binary suffixes need many digits; else empty. */
static struct text spell_decimal(int64_t bytes, struct arena *arena) {
        static const char units[] = "TGM";
        int64_t unit = INT64_C(1000000000000);

        for (int i = 0; i < 3; i++, unit /= 1000) {
                long long tenths = (long long)(bytes / (unit / 10));

                if (bytes >= unit && bytes % (unit / 10) == 0)
                        return tenths % 10 == 0
                                       ? text_format(arena, "%lld%c", tenths / 10, units[i])
                                       : text_format(arena, "%lld.%lld%c", tenths / 10, tenths % 10,
                                                     units[i]);
        }
        return (struct text) { 0 };
}

struct text quantity_spell_bytes(int64_t bytes, struct arena *arena) {
        struct text t = quantity_format_bytes(bytes, arena), decimal;

        if (bytes < 0)
                return TEXT("an unknown amount");
        decimal = spell_decimal(bytes, arena);
        if (!text_is_empty(decimal) && decimal.len < t.len)
                return decimal;
        return text_ends_with(t, TEXT("i")) ? t : text_format(arena, "%.*s bytes", TEXT_ARG(t));
}

struct text quantity_format_bytes(int64_t bytes, struct arena *arena) {
        static const char units[] = "EPTGMK";
        struct builder b;

        builder_init(&b, arena);
        for (int i = 0; i < 6; i++) {
                int64_t unit = INT64_C(1) << (60 - 10 * i);
                int128 tenths = (int128)bytes * 10 / unit;

                if (bytes < unit || (int128)bytes * 10 % unit != 0)
                        continue;
                builder_i64(&b, (int64_t)(tenths / 10));
                if (tenths % 10 != 0) {
                        builder_char(&b, '.');
                        builder_i64(&b, (int64_t)(tenths % 10));
                }
                builder_char(&b, units[i]);
                builder_char(&b, 'i');
                return builder_done(&b);
        }
        builder_i64(&b, bytes);
        return builder_done(&b);
}

struct text quantity_about_bytes(int64_t bytes, struct arena *arena) {
        static const char units[] = "EPTGM";
        const int64_t mebi = INT64_C(1) << 20;

        if (bytes < mebi || (int128)bytes * 10 % mebi == 0)
                return quantity_format_bytes(bytes, arena);
        for (int i = 0; i < 5; i++) {
                int64_t unit = INT64_C(1) << (60 - 10 * i);
                int64_t tenths = (int64_t)(((int128)bytes * 10 + unit - 1) / unit);

                if (bytes >= unit)
                        return text_format(arena, "%lld.%lld%ci", (long long)(tenths / 10),
                                           (long long)(tenths % 10), units[i]);
        }
        BUG("a mebibyte and more has a suffix");
}

struct text quantity_doubt(struct text what, int64_t bytes, struct arena *arena) {
        if (bytes <= 0 || bytes >= INT64_C(1) << 30)
                return (struct text) { 0 };
        if (bytes < 1000)
                return text_format(arena, "%.*s is %lld bytes, less than 1Gi: is %lldGi meant?",
                                   TEXT_ARG(what), (long long)bytes, (long long)bytes);
        return text_format(arena,
                           "%.*s is %lld bytes, less than 1Gi: is the unit missing or wrong?",
                           TEXT_ARG(what), (long long)bytes);
}
