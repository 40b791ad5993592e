package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// batchSize is how many cases one transaction ends: few enough that a provider
// who opens one of them does not wait, enough to end a hundred thousand in
// seconds.
const batchSize = 500

// byDeadline is the value of correction_case.completed_by for COR-8.
const byDeadline = "deadline"

// Service works on correction cases. It is safe for concurrent use.
type Service struct {
	db        *store.DB
	deadlines billing.CaseDeadlines
}

// New returns a Service with the deadlines given.
func New(db *store.DB, deadlines billing.CaseDeadlines) *Service {
	return &Service{db: db, deadlines: deadlines}
}

// ErrCasesBusy is returned when somebody else held cases for too long; they are
// still open, and Expire must be called again.
var ErrCasesBusy = errors.New("cases are being worked on")

// Expired counts the cases of one call of Expire.
type Expired struct {
	// Completed were ended.
	Completed int
	// Busy were locked by somebody else and are still open.
	Busy int
	// Failed could not be ended and are still open; each is logged by its id.
	Failed int
}

// Expire moves every correction case that could be worked on until now or
// earlier to completed (COR-8). It may run twice and may stop anywhere: cases
// end in batches. A case that cannot be ended does not stop the others; an error
// is returned only where trying again can help.
//
// A case ends at its deadline, not when this ran: so a late run changes nothing
// for the provider, and the portal, which compares the deadline itself, decides
// alike (F-55, F-56).
func (s *Service) Expire(ctx context.Context, now time.Time) (Expired, error) {
	var total Expired
	var after store.OverdueCase
	for {
		cases, err := s.db.OverdueCases(ctx, now, after, batchSize)
		if err != nil {
			return total, err
		}
		if len(cases) == 0 {
			break
		}
		after = cases[len(cases)-1]
		if err := s.expireBatch(ctx, now, cases, &total); err != nil {
			return total, err
		}
	}
	if total.Busy > 0 {
		return total, ErrCasesBusy
	}
	return total, nil
}

// expireBatch ends the cases together; what was locked by somebody, or all of
// them if one is at fault, it ends one by one.
func (s *Service) expireBatch(ctx context.Context, now time.Time, cases []store.OverdueCase, total *Expired) error {
	ids := make([]uuid.UUID, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	ended, err := s.end(ctx, now, ids, false)
	if err != nil && canTryAgain(ctx, err) {
		return err
	}
	total.Completed += len(ended)
	for _, id := range ids {
		if _, ok := ended[id]; ok {
			continue
		}
		if err := s.expireOne(ctx, now, id, total); err != nil {
			return err
		}
	}
	return nil
}

// expireOne ends one case that did not end together with the others.
func (s *Service) expireOne(ctx context.Context, now time.Time, id uuid.UUID, total *Expired) error {
	ended, err := s.end(ctx, now, []uuid.UUID{id}, true)
	switch {
	case err == nil:
		total.Completed += len(ended)
		return nil
	case errors.Is(err, store.ErrLocked):
		total.Busy++
		return nil
	case canTryAgain(ctx, err):
		return err
	}
	total.Failed++
	logging.From(ctx).Error("correction case not ended", zap.Stringer("case", id), zap.Error(err))
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return store.JobProgress(ctx, tx, 0, 1)
	})
}

// canTryAgain reports whether the same call may succeed later; then the fault is
// none of the case.
func canTryAgain(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, store.ErrLeaseLost) || store.Transient(err)
}

// end ends the cases in one transaction and returns those it ended. Cases that
// are no longer open are left out, and those locked by others unless wait is
// true.
func (s *Service) end(ctx context.Context, now time.Time, ids []uuid.UUID, wait bool) (map[uuid.UUID]struct{}, error) {
	var ended map[uuid.UUID]struct{}
	err := s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		ended = map[uuid.UUID]struct{}{}
		cases, err := store.LockOverdueCases(ctx, tx, ids, now, wait)
		if err != nil {
			return err
		}
		ends := make([]store.CaseEnd, len(cases))
		for i, c := range cases {
			next, ok := c.State.Next(billing.CaseExpire)
			if !ok {
				return fmt.Errorf("case in state %q cannot expire", c.State)
			}
			ends[i] = store.CaseEnd{
				ID: c.ID, State: next, CompletedAt: c.EditableUntil, CompletedBy: byDeadline,
				VisibleUntil: visibleUntil(s.deadlines, c.EditableUntil),
				Event: store.CaseEvent{
					Case: c.ID, At: c.EditableUntil, ActorKind: "job", ActorID: "expire", Kind: string(billing.CaseExpire),
				},
			}
			ended[c.ID] = struct{}{}
		}
		if err := store.EndCases(ctx, tx, ends); err != nil {
			return err
		}
		return store.JobProgress(ctx, tx, len(ends), 0)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// visibleUntil returns the end of the Berlin day on which a case that ended at
// the instant given leaves the portal (COR-10). The day of the end is not
// counted (§ 187 Abs. 1 BGB); a deadline ends a case at the first moment of the
// day after it, so nothing disappears early.
func visibleUntil(d billing.CaseDeadlines, completed time.Time) time.Time {
	return calendar.InBerlin(completed).AddMonths(d.ClosedMonths).EndInBerlin()
}
