package intake

import (
	"context"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// reference is the state of the reference lists at one version.
type reference struct {
	version int64
	facts   billing.Facts
}

// loadFacts returns the facts for a delivery received at now. The lists are read
// anew only when an import changed them.
func (s *Service) loadFacts(ctx context.Context, now time.Time) (*billing.Facts, error) {
	version, err := s.db.ListVersion(ctx)
	if err != nil {
		return nil, err
	}
	ref := s.facts.Load()
	if ref == nil || ref.version != version {
		ref = &reference{version: version}
		ref.facts.Prices, ref.facts.Payers, ref.facts.Providers, err = s.db.LoadLists(ctx)
		if err != nil {
			return nil, err
		}
		if ref.facts.Terms, ref.facts.Tables, err = s.db.LoadTerms(ctx); err != nil {
			return nil, err
		}
		if ref.facts.Senders, err = s.db.LoadSenders(ctx); err != nil {
			return nil, err
		}
		s.facts.Store(ref)
	}
	facts := ref.facts
	facts.ReceivedOn = calendar.InBerlin(now)
	return &facts, nil
}
