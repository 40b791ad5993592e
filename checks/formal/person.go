package formal

import (
	"strings"
	"unicode"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

func personRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCase
	return []checks.Binding{
		{ID: "P3040", Turn: turn, Scope: ofCase, Check: birthDate},
		{ID: "P3059", Turn: turn, Scope: ofCase, Check: tripAddresses},
		{ID: "P3069", Turn: turn, Scope: ofCase, Check: personName},
		{ID: "P3070", Turn: turn, Scope: ofCase, Check: countryMark},
	}
}

// P3040: born before the first service and not above the age limit. Of an incomplete
// date only the year counts.
func birthDate(x *checks.Context) checks.Outcome {
	b := x.Case.Person.Birth
	if b.Year == 0 || x.Sums.First == 0 {
		return checks.NotApplicable
	}
	earliest, latest := birthSpan(b)
	limit := x.Limits.MaxAge.On(x.Sums.First)
	if earliest <= x.Sums.First && latest.AddMonths(12*limit) >= x.Sums.First {
		return checks.Pass
	}
	x.Fail(x.Case.Person.Place, "NAD").With("datum", earliest.German())
	return checks.Fail
}

// birthSpan returns the first and the last day on which the person may be born.
func birthSpan(b billing.Birth) (earliest, latest calendar.Date) {
	if d, ok := b.Date(); ok {
		return d, d
	}
	earliest, _ = calendar.NewDate(int(b.Year), 1, 1)
	latest, _ = calendar.NewDate(int(b.Year), 12, 31)
	return earliest, latest
}

// P3059: pick-up and destination are complete; a country mark where the postcode is
// no German one.
func tripAddresses(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Trips {
		t := &x.Case.Trips[i]
		complete := t.FromStreet != "" && t.ToStreet != "" && t.ToPostcode != "" && t.ToCity != "" &&
			(t.ToCountry != "" || germanPostcode(t.ToPostcode)) &&
			(t.FromPostcode == "" || t.FromCountry != "" || germanPostcode(t.FromPostcode))
		if !complete {
			x.FailPart(i, t.Place, "KTL")
			outcome = checks.Fail
		}
	}
	return outcome
}

// P3069: last and first name are there and are names: not numeric, not one letter
// repeated. The latter is only flagged.
func personName(x *checks.Context) checks.Outcome {
	p := &x.Case.Person
	if hasLetter(p.LastName) && hasLetter(p.FirstName) {
		if !oneLetter(p.LastName) && !oneLetter(p.FirstName) {
			return checks.Pass
		}
		x.Fail(p.Place, "NAD").Milder(checks.Warn)
		return checks.Fail
	}
	x.Fail(p.Place, "NAD")
	return checks.Fail
}

func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }

// oneLetter reports whether a name of three characters or more repeats one letter.
func oneLetter(s string) bool {
	n, first := 0, rune(0)
	for _, r := range s {
		r = unicode.ToLower(r)
		if n == 0 {
			first = r
		} else if r != first {
			return false
		}
		n++
	}
	return n >= 3
}

// P3070: a country mark where the postcode is no German one.
func countryMark(x *checks.Context) checks.Outcome {
	p := &x.Case.Person
	switch {
	case p.Postcode == "":
		return checks.NotApplicable
	case p.Country != "" || germanPostcode(p.Postcode):
		return checks.Pass
	}
	x.Fail(p.Place, "NAD")
	return checks.Fail
}

func germanPostcode(s string) bool {
	_, ok := digitsOf(s, 5)
	return ok
}
