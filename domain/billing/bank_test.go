package billing

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// PAY-2: examples of the IBAN registry and of BLZ and account numbers that no
// bank has.
func TestParseIBAN(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "AT611904300234573201", "NL91ABNA0417164300",
		"FR1420041010050500013M02606", "NO9386011117947",
	} {
		if got, err := ParseIBAN(good); err != nil || got != strings.ReplaceAll(good, " ", "") {
			t.Errorf("%s: %q, %v", good, got, err)
		}
	}
	for name, bad := range map[string]string{
		"wrong check digits":  "DE88370400440532013000",
		"digits swapped":      "DE89370400440532010300",
		"too short":           "DE8937040044053201300",
		"too long":            "DE893704004405320130000",
		"small letters":       "de89370400440532013000",
		"no country":          "8989370400440532013000",
		"other characters":    "DE8937040044053201300-",
		"empty":               "",
		"check digits 00":     "DE00000000000000000000",
		"letter before check": "DEX9370400440532013000",
	} {
		if _, err := ParseIBAN(bad); !errors.Is(err, ErrIBAN) {
			t.Errorf("%s was accepted", name)
		}
	}
}

// PAY-2: every account number gets check digits that hold, and one changed digit
// is always found.
func TestGermanIBAN(t *testing.T) {
	t.Parallel()
	if got, err := GermanIBAN("37040044", "0532013000"); err != nil || got != "DE89370400440532013000" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := GermanIBAN("3704004", "0532013000"); !errors.Is(err, ErrIBAN) {
		t.Error("a Bankleitzahl of 7 digits was accepted")
	}
	rapid.Check(t, func(t *rapid.T) {
		iban, err := GermanIBAN(rapid.StringMatching(`[0-9]{8}`).Draw(t, "bank"), rapid.StringMatching(`[0-9]{10}`).Draw(t, "account"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseIBAN(iban); err != nil || got != iban {
			t.Fatalf("%s: %v", iban, err)
		}
		i := rapid.IntRange(4, 21).Draw(t, "place")
		changed := iban[:i] + string('0'+(iban[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10) + iban[i+1:]
		if _, err := ParseIBAN(changed); err == nil {
			t.Errorf("%s was accepted, changed from %s", changed, iban)
		}
	})
}

func TestCheckBIC(t *testing.T) {
	t.Parallel()
	for bic, want := range map[string]error{
		"MARKDEF1100": nil, "COBADEFF": nil, "N26ADEB1": nil,
		"": ErrBIC, "COBADEF": ErrBIC, "COBA1EFF": ErrBIC, "cobadeff": ErrBIC, "COBADEFFX": ErrBIC, "COBADEFF-XX": ErrBIC,
	} {
		if err := CheckBIC(bic); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", bic, err, want)
		}
	}
}
