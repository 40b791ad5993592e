package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

func tripRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	causes := []string{"P3042", "P3043", "P3103"}
	return []checks.Binding{
		{ID: "P4401", Turn: turn, Scope: ofCase, Unless: append([]string{"P4402"}, causes...), Check: tripCopay},
		{ID: "P4402", Turn: turn, Scope: ofCase, Unless: causes, Check: tripOfMinor},
		{ID: "P4403", Turn: turn, Scope: ofCase, Unless: append([]string{"P4402"}, causes...), Check: tripWithoutCopay},
		{ID: "P4410", Turn: checks.TurnCase, Scope: ofCase, Check: tripsOverlap},
	}
}

// P4401: per trip 10 %, between 5,00 and 10,00, never above the price. It fits the
// gross amount as billed or as corrected.
func tripCopay(x *checks.Context) checks.Outcome {
	if !liable(x.Case) {
		return checks.NotApplicable
	}
	rates := x.Copay(x.Sums.First)
	outcome := checks.Pass
	for i := range x.Case.Trips {
		t := &x.Case.Trips[i]
		billed, corrected := x.PartSum(i)
		due := rates.Bounded(billed)
		if !t.Present || near(x, t.Copay.Cents, due) || near(x, t.Copay.Cents, rates.Bounded(corrected)) {
			continue
		}
		x.FailPart(i, t.CopayPlace, "ZUK").
			With("soll", due.German()).With("ist", t.Copay.Cents.German()).
			Copay(due - t.Copay.Cents)
		outcome = checks.Fail
	}
	return outcome
}

// P4402: children pay for trips too; only an exemption frees them.
func tripOfMinor(x *checks.Context) checks.Outcome {
	marker := x.Case.Prescription.CopayMarker
	minor, known := x.Minor(x.Sums.Last)
	if !known || !minor || marker == copayExempt || marker == copayUnpaid {
		return checks.NotApplicable
	}
	for i := range x.Case.Trips {
		if x.Case.Trips[i].Copay.Cents > 0 {
			return checks.Pass
		}
	}
	return tripsWithout(x)
}

// P4403: each trip has its own co-payment, the way back too.
func tripWithoutCopay(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.CopayMarker != copayDue {
		return checks.NotApplicable
	}
	return tripsWithout(x)
}

// tripsWithout finds the trips without a co-payment.
func tripsWithout(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Trips {
		t := &x.Case.Trips[i]
		if t.Present {
			continue
		}
		billed, _ := x.PartSum(i)
		x.FailPart(i, t.Place, "KTL").Copay(x.Copay(x.Sums.First).Bounded(billed))
		outcome = checks.Fail
	}
	return outcome
}

// span is the time of a trip from its first to its last line, in minutes of a day;
// the zero value is a trip without times.
type span struct {
	date     calendar.Date
	from, to int16
}

func (s span) meets(o span) bool { return s.date == o.date && s.from < o.to && o.from < s.to }

// tripSpans appends the times of the trips of a case.
func tripSpans(spans []span, c *billing.Case) []span {
	for range c.Trips {
		spans = append(spans, span{})
	}
	for i := range c.Positions {
		p := &c.Positions[i]
		if p.Part < 0 || int(p.Part) >= len(spans) || p.From < 0 || p.To < p.From {
			continue
		}
		s := &spans[p.Part]
		if s.date == 0 {
			*s = span{p.Date, p.From, p.To}
			continue
		}
		s.from, s.to = min(s.from, p.From), max(s.to, p.To)
	}
	return spans
}

// P4410: the trips of a person do not overlap, in the case and in earlier cases of
// the invoice. The later one falls.
func tripsOverlap(x *checks.Context) checks.Outcome {
	var own, other [32]span // enough for most cases, so that clean ones cost no memory
	spans := tripSpans(own[:0], x.Case)
	outcome := checks.Pass
	for i, s := range spans {
		if s.date != 0 && (meetsAny(s, spans[:i]) || meetsTwin(s, x, other[:0])) {
			x.FailPart(i, x.Case.Trips[i].Place, "KTL").With("datum", s.date.German())
			outcome = checks.Fail
		}
	}
	return outcome
}

func meetsAny(s span, others []span) bool {
	for _, o := range others {
		if s.meets(o) {
			return true
		}
	}
	return false
}

func meetsTwin(s span, x *checks.Context, buffer []span) bool {
	for twin := range x.Twins {
		if meetsAny(s, tripSpans(buffer, twin)) {
			return true
		}
	}
	return false
}
