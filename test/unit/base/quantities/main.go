// SPDX-License-Identifier: Apache-2.0

// quantities writes what Kubernetes' own parser says of some thousand texts, as a
// table that test/unit/base/quantities.c holds ours against:
//
//	cd test/unit/base/quantities && go run . > ../quantities.tsv
//
// Columns: the text; its value in units of 10^-9, "large" or "-large" from 10^40 of
// them on, "no" where it is no quantity;
// the value in whole units, rounded up, or "-" where that is beyond 2^63-1, and
// below 0, where Value() rounds now this way and now that.
package main

import (
	"bufio"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"strings"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

var (
	signs    = []string{"", "", "", "+", "-"}
	suffixes = []string{"", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
		"e0", "e3", "E3", "e-3", "e-9", "e-12", "e+2", "E18", "e18", "e19"}
	wrong   = []string{"K", "ki", "mi", "Kib", "e", "E+", "e3k", "i", "Zi", "B", "µ", " ", "ee3", "e1.5", "e99999999999999999999", "_"}
	numbers = []string{"0", "1", "2", "7", "9", "10", "39.5", "40", "100", "999", "1000", "1023", "1024", "0.1", "0.5", ".5", "5.",
		"00.50", "007", "0.000000001", "0.0000000001", "0.0000000009", "1.0000000001", "1.9999999999", "123456789.123456789",
		"123456789.1234567891", "9007199254740993", "9223372036854775806", "9223372036854775807", "9223372036854775808",
		"9223372036.854775807", "9223372036.8547758071", "18446744073709551615", "18446744073709551616",
		"99999999999999999999", "340282366920938463463374607431768211456", "7.9999999999", "8.0", "7999999999999999999",
		"0.00000000000000000000000000000000000000000001", "1000000000000000000000000000000", "", ".", "-", "1.2.3", "1..2", "0x10", "1,5", "١"}
	letters = "0123456789012345678901234567890123456789.+-nukMGTPEimeE"
)

func texts() []string {
	var all []string
	for _, number := range numbers {
		for _, suffix := range suffixes {
			all = append(all, number+suffix)
		}
		all = append(all, "+"+number, "-"+number, "-"+number+"Ki", "-"+number+"e-9", "--"+number, "+-"+number)
	}
	for _, suffix := range wrong {
		all = append(all, suffix, "1"+suffix, "-0.5"+suffix)
	}
	random := rand.New(rand.NewSource(1))
	for i := 0; i < 800; i++ { // likely ones
		digits := make([]byte, 1+random.Intn(22))
		for k := range digits {
			digits[k] = byte('0' + random.Intn(10))
		}
		if random.Intn(2) == 0 {
			digits[random.Intn(len(digits))] = '.'
		}
		all = append(all, signs[random.Intn(len(signs))]+string(digits)+suffixes[random.Intn(len(suffixes))])
	}
	for i := 0; i < 400; i++ { // unlikely ones
		text := make([]byte, random.Intn(8))
		for k := range text {
			text[k] = letters[random.Intn(len(letters))]
		}
		all = append(all, string(text))
	}
	return all
}

func nano(q resource.Quantity) *big.Int {
	return new(inf.Dec).Round(q.AsDec(), 9, inf.RoundExact).UnscaledBig()
}

func shown(n *big.Int) string {
	if digits := n.String(); len(digits) <= 40 {
		return digits
	} else if digits[0] == '-' {
		return "-large"
	}
	return "large"
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	seen := map[string]bool{}
	largest := big.NewInt(1<<63 - 1)
	for _, text := range texts() {
		if seen[text] || strings.ContainsAny(text, "\t\n") {
			continue
		}
		seen[text] = true
		q, err := resource.ParseQuantity(text)
		if err != nil {
			fmt.Fprintf(out, "%s\tno\t-\n", text)
			continue
		}
		whole := "-"
		n := nano(q.DeepCopy())
		if n.Sign() >= 0 && new(big.Int).Quo(n, big.NewInt(1e9)).Cmp(largest) < 0 {
			whole = fmt.Sprint(q.Value())
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", text, shown(n), whole)
	}
}
