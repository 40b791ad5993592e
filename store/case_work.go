package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// CaseScope says whose cases a statement may see: those of the IKs, as payee or
// provider. The zero value sees none; only operators see all.
type CaseScope struct {
	IKs []string
	All bool
}

// inScope is the condition of a CaseScope given as $1 and $2.
const inScope = `($1 or cc.payee_ik = any($2) or cc.provider_ik = any($2)) and cc.erased_at is null`

// iks returns the IKs for a query, never null.
func (s CaseScope) iks() []string { return append([]string{}, s.IKs...) }

// WorkCase is a correction case with what decides about working on it.
type WorkCase struct {
	ID                  uuid.UUID
	CaseID, InvoiceID   int64
	DeliveryID          uuid.UUID
	ProviderIK, PayeeIK string
	Group, VoucherNo    string
	// Corrected is what the corrections of the case take.
	Corrected     money.Cents
	State         billing.CaseState
	Cancelled     bool // its invoice
	ProvidedAt    time.Time
	EditableUntil time.Time
	VisibleUntil  time.Time     // zero if not completed
	FollowUpOn    calendar.Date // 0 for none
	FollowUp      string        // its reason
	CompletedAt   time.Time     // zero if not completed
	CompletedBy   string
	Version       int
	CheckRun      int
	// Outcome is what the re-check decided, "" before; Refused that it refused the
	// data, by the rule RefusedBy. Successor is the case that follows, uuid.Nil for none.
	Outcome   billing.InvoiceState
	Refused   bool
	RefusedBy string
	Successor uuid.UUID
}

// Standing returns what decides on the access of an institution registered on the
// day given.
func (c *WorkCase) Standing(registered calendar.Date) billing.CaseStanding {
	return billing.CaseStanding{
		Group: c.Group, State: c.State, Cancelled: c.Cancelled, ProvidedOn: calendar.InBerlin(c.ProvidedAt),
		RegisteredOn: registered, EditableUntil: c.EditableUntil, VisibleUntil: c.VisibleUntil,
	}
}

const workCaseColumns = `cc.id, cc.case_id, cc.invoice_id, i.delivery_id, cc.provider_ik, cc.payee_ik, cc.provider_group, cc.voucher_no,
	cc.corrected_cents, cc.state, i.state = 'cancelled', cc.provided_at, cc.editable_until, cc.visible_until, cc.follow_up_on,
	coalesce(cc.follow_up_reason, ''), cc.completed_at, coalesce(cc.completed_by, ''), cc.version, cc.check_run,
	coalesce(cc.outcome, ''), cc.refused_by is not null, coalesce(cc.refused_by, ''), cc.successor`

func scanWorkCase(row pgx.CollectableRow) (c WorkCase, err error) {
	var visible, completed, followUp *time.Time
	var successor *uuid.UUID
	err = row.Scan(&c.ID, &c.CaseID, &c.InvoiceID, &c.DeliveryID, &c.ProviderIK, &c.PayeeIK, &c.Group, &c.VoucherNo,
		&c.Corrected, &c.State, &c.Cancelled, &c.ProvidedAt, &c.EditableUntil, &visible, &followUp,
		&c.FollowUp, &completed, &c.CompletedBy, &c.Version, &c.CheckRun, &c.Outcome, &c.Refused, &c.RefusedBy, &successor)
	if visible != nil {
		c.VisibleUntil = *visible
	}
	if completed != nil {
		c.CompletedAt = *completed
	}
	if followUp != nil {
		c.FollowUpOn = calendar.OfTime(*followUp)
	}
	if successor != nil {
		c.Successor = *successor
	}
	return c, err
}

// ReadCase returns a case in the scope; ErrNotFound for any other.
func ReadCase(ctx context.Context, tx Tx, scope CaseScope, id uuid.UUID) (WorkCase, error) {
	return oneCase(ctx, tx, scope, id, "")
}

// LockCase returns a case in the scope and keeps others from changing it until the
// transaction ends: ErrNotFound, or ErrLocked if somebody else held it too long.
func LockCase(ctx context.Context, tx Tx, scope CaseScope, id uuid.UUID) (WorkCase, error) {
	if _, err := tx.Exec(ctx, `set local lock_timeout = '`+caseLockTimeout+`'`); err != nil {
		return WorkCase{}, fmt.Errorf("limit waiting: %w", err)
	}
	return oneCase(ctx, tx, scope, id, " for update of cc")
}

func oneCase(ctx context.Context, tx Tx, scope CaseScope, id uuid.UUID, lock string) (WorkCase, error) {
	rows, err := tx.Query(ctx, `select `+workCaseColumns+` from correction_case cc join invoice i on i.id = cc.invoice_id
		where `+inScope+` and cc.id = $3`+lock, scope.All, scope.iks(), id)
	if err != nil {
		return WorkCase{}, fmt.Errorf("read case: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanWorkCase)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return WorkCase{}, ErrNotFound
	case lockTimeout(err):
		return WorkCase{}, ErrLocked
	case err != nil:
		return WorkCase{}, fmt.Errorf("read case: %w", err)
	}
	return c, nil
}

// SaveCase writes state and follow-up of a case that this transaction has locked and
// returns its next version.
func SaveCase(ctx context.Context, tx Tx, c *WorkCase) (version int, err error) {
	var on *time.Time
	var reason *string
	if !c.FollowUpOn.IsZero() {
		day := c.FollowUpOn.UTC()
		on, reason = &day, &c.FollowUp
	}
	err = tx.QueryRow(ctx, `update correction_case set state = $2, follow_up_on = $3, follow_up_reason = $4, version = version + 1
		where id = $1 returning version`, c.ID, c.State, on, reason).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("save case: %w", err)
	}
	return version, nil
}

// CaseCorrection is a correction of a case as its provider works on it.
type CaseCorrection struct {
	ID uuid.UUID
	// Position counts the positions of the case from 0, -1 for the whole case.
	Position   int
	Rule       string
	Version    int
	Amount     money.Cents
	GrossCut   money.Cents
	CopayCut   money.Cents
	Text, Heal string
	State      billing.CorrectionState
	// SettledBy is how the provider settled it, "" if open.
	SettledBy billing.CorrectionEvent
	InForce   bool
	// CheckRun is the check that made it. A completed case has those of its re-check
	// beside its own, if they are settled.
	CheckRun int
}

const correctionColumns = `k.id, coalesce(k.position_no - p.first, -1), k.rule_code, k.rule_version, k.amount_cents, k.gross_cut_cents,
	k.copay_cut_cents, k.text, k.heal, k.state, coalesce(k.settled_by, ''), k.in_force, k.check_run
	from correction k cross join lateral (select coalesce(min(p.no), 0) as first from position p
		join billing_case b on b.id = k.case_id and b.received_on = p.received_on where p.invoice_id = k.invoice_id and p.case_id = k.case_id) p`

// CaseCorrections returns the corrections that belong to a correction case.
func CaseCorrections(ctx context.Context, tx Tx, id uuid.UUID) ([]CaseCorrection, error) {
	return readCorrections(ctx, tx, `where k.correction_case_id = $1`, id)
}

// CorrectionsInForce returns what is corrected of a billing case at present, whatever
// correction case it belongs to.
func CorrectionsInForce(ctx context.Context, tx Tx, billingCase int64) ([]CaseCorrection, error) {
	return readCorrections(ctx, tx, `where k.case_id = $1 and k.in_force`, billingCase)
}

func readCorrections(ctx context.Context, tx Tx, where string, arg any) ([]CaseCorrection, error) {
	rows, err := tx.Query(ctx, `select `+correctionColumns+` `+where+` order by k.position_no nulls first, k.rule_code, k.check_run`, arg)
	if err != nil {
		return nil, fmt.Errorf("read corrections: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CaseCorrection])
	if err != nil {
		return nil, fmt.Errorf("read corrections: %w", err)
	}
	return list, nil
}

// SettleCorrection notes how the provider settled a correction.
func SettleCorrection(ctx context.Context, tx Tx, id uuid.UUID, state billing.CorrectionState, by billing.CorrectionEvent) error {
	if _, err := tx.Exec(ctx, `update correction set state = $2, settled_by = $3 where id = $1`, id, state, by); err != nil {
		return fmt.Errorf("settle correction: %w", err)
	}
	return nil
}

// CaseChange is a change by which a correction is healed, with the rule that it heals.
type CaseChange struct {
	heal.Change
	Correction uuid.UUID
	Old        string
	// CaseNo counts the cases of the invoice from 0. Own says that the change is of the
	// correction case asked for, and not taken over yet.
	CaseNo int
	Own    bool
	// What the correction said.
	Position int
	Rule     string
	Version  int
	Text     string
	Heal     string
}

// SaveChange notes a change of a correction case; another value for the same field
// takes its place.
func SaveChange(ctx context.Context, tx Tx, id uuid.UUID, c CaseChange, at time.Time) error {
	_, err := tx.Exec(ctx, `insert into case_change (correction_case_id, correction_id, field, field_index, old_value, value, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7) on conflict (correction_case_id, field, field_index)
		do update set correction_id = excluded.correction_id, value = excluded.value, changed_at = excluded.changed_at`,
		id, c.Correction, c.Field, c.Index, c.Old, c.Value, at)
	if err != nil {
		return fmt.Errorf("save change: %w", err)
	}
	return nil
}

// DropChanges forgets the changes that healed a correction.
func DropChanges(ctx context.Context, tx Tx, id, correction uuid.UUID) error {
	if _, err := tx.Exec(ctx, `delete from case_change where correction_case_id = $1 and correction_id = $2`, id, correction); err != nil {
		return fmt.Errorf("drop changes: %w", err)
	}
	return nil
}

// InvoiceChanges returns the changes that count when the case is checked: its own, and
// those of all cases of the invoice that a re-check has taken over, in the order in
// which they were made.
func InvoiceChanges(ctx context.Context, tx Tx, c *WorkCase) ([]CaseChange, error) {
	rows, err := tx.Query(ctx, `select h.field, h.field_index, h.value, h.correction_id, h.old_value, b.no - 1,
			coalesce(k.position_no - p.first, -1), k.rule_code, k.rule_version, k.text, k.heal, cc.outcome is null
		from case_change h join correction_case cc on cc.id = h.correction_case_id
		join billing_case b on b.id = cc.case_id join correction k on k.id = h.correction_id
		cross join lateral (select coalesce(min(p.no), 0) as first from position p
			where p.invoice_id = k.invoice_id and p.case_id = k.case_id and p.received_on = b.received_on) p
		where cc.invoice_id = $1 and (cc.id = $2 or (cc.outcome is not null and cc.refused_by is null))
		order by h.changed_at, h.field, h.field_index`, c.InvoiceID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h CaseChange, err error) {
		err = row.Scan(&h.Field, &h.Index, &h.Value, &h.Correction, &h.Old, &h.CaseNo, &h.Position, &h.Rule, &h.Version, &h.Text, &h.Heal, &h.Own)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return list, nil
}
