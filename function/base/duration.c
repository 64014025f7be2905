/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

static const struct {
        struct text name;
        uint64_t nanoseconds;
} units[] = {
        /* the longer name before its first letter */
        { TEXT_INIT("ns"), 1 },
        { TEXT_INIT("us"), 1000 },
        { TEXT_INIT("\xc2\xb5s"), 1000 }, /* the micro sign */
        { TEXT_INIT("\xce\xbcs"), 1000 }, /* the Greek letter mu */
        { TEXT_INIT("ms"), 1000000 },
        { TEXT_INIT("s"), 1000000000 },
        { TEXT_INIT("m"), UINT64_C(60) * 1000000000 },
        { TEXT_INIT("h"), UINT64_C(3600) * 1000000000 },
};

static struct text take_digits(struct text *rest) {
        size_t n = 0;
        struct text digits;

        while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
                n++;
        digits = text_slice(*rest, 0, n);
        *rest = text_slice(*rest, n, rest->len);
        return digits;
}

static bool take(struct text *rest, struct text word) {
        if (!text_starts_with(*rest, word))
                return false;
        *rest = text_slice(*rest, word.len, rest->len);
        return true;
}

static uint64_t take_unit(struct text *rest) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
                if (take(rest, units[i].name))
                        return units[i].nanoseconds;
        }
        return 0;
}

/* unit * 0.fraction; digits that a unit cannot resolve are cut off. */
static uint64_t fraction_of(struct text fraction, uint64_t unit) {
        uint64_t numerator = 0, denominator = 1;

        for (size_t i = 0; i < fraction.len && denominator < UINT64_C(1000000000000000); i++) {
                numerator = numerator * 10 + (uint64_t)(fraction.data[i] - '0');
                denominator *= 10;
        }
        return (uint64_t)((__extension__(unsigned __int128) unit) * numerator / denominator);
}

/* One "1.5h" off the front of *rest, added to *sum. */
static bool take_term(struct text *rest, uint64_t *sum) {
        struct text whole = take_digits(rest), fraction = { 0 };
        uint64_t number = 0, unit;

        if (take(rest, TEXT(".")))
                fraction = take_digits(rest);
        if (whole.len + fraction.len == 0 || (whole.len > 0 && !text_to_u64(whole, &number)))
                return false;
        unit = take_unit(rest);
        return unit > 0 && !__builtin_mul_overflow(number, unit, &number) &&
               !__builtin_add_overflow(*sum, number, sum) &&
               !__builtin_add_overflow(*sum, fraction_of(fraction, unit), sum);
}

bool duration_parse(struct text t, int64_t *ret_nanoseconds) {
        bool negative = take(&t, TEXT("-"));
        uint64_t sum = 0;

        if (!negative)
                take(&t, TEXT("+"));
        if (text_is_empty(t))
                return false;
        if (!text_equal(t, TEXT("0"))) {
                do {
                        if (!take_term(&t, &sum))
                                return false;
                } while (!text_is_empty(t));
        }
        if (sum > (uint64_t)INT64_MAX + negative)
                return false;
        *ret_nanoseconds = (int64_t)(negative ? 0 - sum : sum);
        return true;
}
