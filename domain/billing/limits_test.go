package billing

import (
	"testing"
	"time"

	"klarbeleg/domain/calendar"
)

// standing is a case that its institution can edit on 2027-01-10.
func standing() CaseStanding {
	return CaseStanding{
		Group: "A", State: CaseInProgress, ProvidedOn: calendar.MustDate("2026-12-01"), RegisteredOn: calendar.MustDate("2026-01-01"),
		EditableUntil: calendar.MustDate("2027-03-01").EndInBerlin(),
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	now := calendar.MustDate("2027-01-10").UTC()
	for _, c := range []struct {
		name   string
		change func(*CaseStanding)
		want   Access
	}{
		{"COR-2 a case in work", func(*CaseStanding) {}, AccessEdit},
		{"COR-7 without registration nothing is too old", func(c *CaseStanding) { c.RegisteredOn = 0 }, AccessEdit},
		{"CHK-8 group B", func(c *CaseStanding) { c.Group = "B" }, AccessCorrectionBill},
		{"COR-1 § 300", func(c *CaseStanding) { c.Group = "300" }, AccessProcedure},
		{"COR-1 § 295", func(c *CaseStanding) { c.Group = "295" }, AccessProcedure},
		{"DTA-4 the invoice was taken back", func(c *CaseStanding) { c.Cancelled = true }, AccessCancelled},
		{"COR-8 over", func(c *CaseStanding) { c.EditableUntil = now }, AccessDeadline},
		{"COR-8 a moment before", func(c *CaseStanding) { c.EditableUntil = now.Add(1) }, AccessEdit},
		{"COR-2 completed", func(c *CaseStanding) { c.State = CaseCompleted }, AccessCompleted},
		{"COR-11 completed and over", func(c *CaseStanding) { c.State, c.EditableUntil = CaseCompleted, now }, AccessDeadline},
		{"COR-10 visible for the last moment", func(c *CaseStanding) { c.State, c.VisibleUntil = CaseCompleted, now.Add(1) }, AccessCompleted},
		{"COR-10 gone", func(c *CaseStanding) { c.State, c.VisibleUntil = CaseCompleted, now }, AccessHidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := standing()
			c.change(&s)
			if got := DefaultLimits().Access(s, now); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// COR-7, JOB-8: the look-back from the registration in calendar months, month ends
// and the leap day; computed by hand.
func TestLookback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		registered, provided string
		want                 Access
	}{
		{"2026-11-25", "2026-08-25", AccessEdit},
		{"2026-11-25", "2026-08-24", AccessLookback},
		{"2026-11-25", "2026-05-25", AccessLookback},
		{"2026-11-25", "2026-05-24", AccessHidden},
		{"2027-05-31", "2027-02-28", AccessEdit}, // no 31 February
		{"2027-05-31", "2027-02-27", AccessLookback},
		{"2028-05-31", "2028-02-29", AccessEdit}, // leap day
		{"2028-05-31", "2028-02-28", AccessLookback},
		{"2028-08-31", "2028-02-29", AccessLookback},
		{"2028-08-31", "2028-02-28", AccessHidden},
		{"2027-06-28", "2027-03-28", AccessEdit}, // spring night
		{"2026-10-25", "2026-07-25", AccessEdit}, // autumn night
		{"2026-10-25", "2026-10-25", AccessEdit},
		{"2026-10-25", "2026-10-26", AccessEdit}, // provided after the registration
	} {
		s := standing()
		s.RegisteredOn, s.ProvidedOn = calendar.MustDate(c.registered), calendar.MustDate(c.provided)
		s.EditableUntil = DefaultDeadlines().EditableUntil(s.ProvidedOn).EndInBerlin()
		if got := DefaultLimits().Access(s, s.EditableUntil.Add(-time.Second)); got != c.want {
			t.Errorf("registered %s, provided %s: got %q, want %q", c.registered, c.provided, got, c.want)
		}
	}
}

// COR-2: the whole table, so that a move cannot appear unseen.
func TestCorrectionTransitions(t *testing.T) {
	t.Parallel()
	for _, s := range []CorrectionState{CorrectionOpen, CorrectionCorrected} {
		for _, e := range []CorrectionEvent{CorrectionHeal, CorrectionAccept} {
			if next, ok := s.Next(e); !ok || next != CorrectionCorrected {
				t.Errorf("%s %s: %q, %v", s, e, next, ok)
			}
		}
	}
	if _, ok := CaseCompleted.Next(CaseHeal); ok {
		t.Error("a completed case is healed")
	}
	if _, ok := CaseNew.Next(CaseComplete); ok {
		t.Error("a new case is completed")
	}
}

// CHK-7: a re-check moves an invoice by what is corrected now; a cancelled one stays.
func TestRechecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from      InvoiceState
		corrected int64
		want      InvoiceState
		ok        bool
	}{
		{InvoiceCorrected, 0, InvoiceApproved, true},
		{InvoiceCorrected, 10, InvoiceCorrected, true},
		{InvoiceCorrected, 100, InvoiceRefused, true},
		{InvoiceRefused, 0, InvoiceApproved, true},
		{InvoicePaid, 0, InvoiceApproved, true},
		{InvoicePaid, 10, InvoiceCorrected, true},
		{InvoicePaid, 100, "", false},
		{InvoiceCancelled, 0, "", false},
		{InvoiceApproved, 0, "", false},
	} {
		if got, ok := c.from.Rechecked(100, c.corrected); got != c.want || ok != c.ok {
			t.Errorf("%s, %d corrected: %q, %v", c.from, c.corrected, got, ok)
		}
	}
}
