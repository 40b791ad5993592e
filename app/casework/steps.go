package casework

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// Start takes a new case into work (COR-2). It returns the next version of the case.
func (d *Desk) Start(ctx context.Context, a Actor, s Step) (version int, err error) {
	return d.work(ctx, a, s, billing.CaseStart, func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: string(billing.CaseStart)})
	})
}

// Defer sets a follow-up: the case comes back to attention on the day, for the reason
// given (COR-9). The day lies behind today and within the time for work.
func (d *Desk) Defer(ctx context.Context, a Actor, s Step, on calendar.Date, reason string) (version int, err error) {
	reason, err = textOf(reason, maxReason)
	if err != nil {
		return 0, err
	}
	return d.work(ctx, a, s, billing.CaseDefer, func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		if on <= calendar.InBerlin(d.clock.Now()) || on.EndInBerlin().After(c.EditableUntil) {
			return ErrFollowUpDay
		}
		c.FollowUpOn, c.FollowUp = on, reason
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: string(billing.CaseDefer), New: on.German(), Note: reason})
	})
}

// Resume clears the follow-up.
func (d *Desk) Resume(ctx context.Context, a Actor, s Step) (version int, err error) {
	return d.work(ctx, a, s, billing.CaseResume, func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		old := c.FollowUpOn.German()
		c.FollowUpOn, c.FollowUp = 0, ""
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: string(billing.CaseResume), Old: old})
	})
}

// kindNote and the like are the kinds of events that move no state.
const (
	kindNote      = "note"
	kindRecheck   = "recheck"
	kindObjection = "objection"
)

// Note leaves a note to the centre, which goes with the case into its re-check (COR-6).
func (d *Desk) Note(ctx context.Context, a Actor, s Step, text string) (version int, err error) {
	text, err = textOf(text, maxNote)
	if err != nil {
		return 0, err
	}
	return d.work(ctx, a, s, "", func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: kindNote, Note: text})
	})
}

// Objection is a written objection that came on paper, with the name of the first page
// of the correction letter that lay with it (COR-11).
type Objection struct {
	Case       uuid.UUID
	ReceivedOn calendar.Date
	FirstPage  string
}

// RecordObjection lets an operator record an objection; what came is recorded whatever
// the state of the case. It stays visible as long as the case.
func (d *Desk) RecordObjection(ctx context.Context, a Actor, o Objection) (id uuid.UUID, err error) {
	if a.Kind != Operator {
		return id, ErrForbidden
	}
	page, err := textOf(o.FirstPage, maxReason)
	if err != nil {
		return id, err
	}
	if id, err = uuid.NewV7(); err != nil {
		return id, err
	}
	err = d.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := store.LockCase(ctx, tx, a.scope(), o.Case)
		if err != nil {
			return err
		}
		now := d.clock.Now()
		if o.ReceivedOn < calendar.InBerlin(c.ProvidedAt) || o.ReceivedOn > calendar.InBerlin(now) {
			return ErrObjectionDay
		}
		added, err := store.AddObjection(ctx, tx, store.Objection{
			ID: id, Case: c.ID, ReceivedOn: o.ReceivedOn.UTC(), FirstPage: page, RecordedBy: a.ID, RecordedAt: now,
		})
		if err != nil {
			return err
		}
		if !added {
			return ErrRecorded
		}
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: kindObjection, New: o.ReceivedOn.German(), Note: page})
	})
	return id, err
}

// textOf returns a text without space around it; ErrText if nothing is left, or too
// much, or it has control characters other than line breaks.
func textOf(s string, limit int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	control := func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit || strings.ContainsFunc(s, control) {
		return "", ErrText
	}
	return s, nil
}
