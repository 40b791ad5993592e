package intake

import (
	"context"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// Offline is the sink of a check before sending (DTA-9): it tells the findings
// and stores nothing. Earlier billings are unknown to it, but those of the file
// itself are not.
type Offline struct {
	// On is told of every finding.
	On func(*Finding) error
	// Found is true after a finding above a warning.
	Found   bool
	history *billing.History
}

var _ Sink = (*Offline)(nil)

// Header lets every file pass: whether it came before is not known here.
func (*Offline) Header(context.Context, *billing.Header) ([]Finding, error) { return nil, nil }

// History returns what the file itself billed so far.
func (o *Offline) History(context.Context, []*billing.Invoice) (*billing.History, error) {
	if o.history == nil {
		o.history = billing.NewHistory()
		o.history.Partial = true
	}
	return o.history, nil
}

// Finding tells a finding.
func (o *Offline) Finding(_ context.Context, f *Finding) error {
	if f.Severity != checks.Warn.String() {
		o.Found = true
	}
	return o.On(f)
}

// Accept does nothing: nothing is stored.
func (*Offline) Accept(context.Context, *billing.Checked) error { return nil }

// Refuse does nothing.
func (*Offline) Refuse(billing.RefusedInvoice) {}

// Cancel does nothing.
func (*Offline) Cancel(context.Context, *billing.Invoice) error { return nil }

// ERezept does nothing.
func (*Offline) ERezept(context.Context, *billing.ERezept) error { return nil }

// PharmacyFile does nothing: the other files of the delivery are not known.
func (*Offline) PharmacyFile(context.Context, *billing.PharmacyFile) error { return nil }

// BeginCollective does nothing.
func (*Offline) BeginCollective(context.Context) error { return nil }

// EndCollective does nothing.
func (*Offline) EndCollective(context.Context, bool) error { return nil }

// Check checks a delivery with the centre's current lists and rules, and stores
// nothing (DTA-9). Sealed ones are not opened: whoever intercepts a foreign file
// must not learn here what it holds.
func (s *Service) Check(ctx context.Context, in Input, on func(*Finding) error) (*Report, error) {
	now := s.clock.Now()
	facts, err := s.loadFacts(ctx, now)
	if err != nil {
		return nil, err
	}
	security := Security{MaxBytes: s.settings.Security.MaxBytes, SpoolDir: s.settings.Security.SpoolDir}
	return security.Check(ctx, NewEngine(s.rules, s.settings.Checks), in, CheckedBy{Facts: facts, At: now, Sink: &Offline{On: on}})
}
