// Package storetest makes the rows that tests of use cases start from: an
// invoice with its correction case, a user with an institution. Only tests
// import it. All data are synthetic.
package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// Case is a correction case to make; zero fields take a default.
type Case struct {
	ID                           uuid.UUID
	PayeeIK, ProviderIK, PayerIK string
	Group                        string
	VoucherNo                    string
	InvoiceNo                    string
	// Provided is when the case was made available, EditableUntil the first instant
	// after its deadline.
	Provided, EditableUntil time.Time
	State                   billing.CaseState
	CompletedAt             time.Time
	FollowUp                calendar.Date
	Corrections             []Correction
}

// Correction is a correction of a case.
type Correction struct {
	Rule       string
	Cents      int64
	At         time.Time
	State      billing.CorrectionState
	NotInForce bool
}

// sequence numbers the rows of this test binary.
var sequence atomic.Int64

// AddCase makes an invoice with one billing case that was corrected, and returns
// the id of the correction case. Without corrections it makes one of 10,00 EUR.
func AddCase(t testing.TB, db *store.DB, c Case) uuid.UUID {
	t.Helper()
	c.complete()
	n := sequence.Add(1)
	id, delivery := c.ID, uuid.New()
	var total int64
	for _, r := range c.Corrections {
		total += r.Cents
	}
	var completedAt, completedBy, followUp any
	if c.State == billing.CaseCompleted {
		completedAt, completedBy = c.CompletedAt, "provider"
	}
	if !c.FollowUp.IsZero() {
		followUp = c.FollowUp.UTC()
	}
	const billed = 10_000_000_00 // more than any correction of a test
	exec(t, db, `insert into delivery (id, message_id, sender_ik, payload_sha256, size_bytes, state, received_at, received_on)
		values ($1, $2, '123456789', decode(md5($2), 'hex'), 1, 'accepted', $3, $4)`,
		delivery, id.String(), c.Provided, calendar.InBerlin(c.Provided).UTC())
	exec(t, db, `insert into invoice (id, delivery_id, received_on, provider_group, collective_number, single_number,
			invoice_date, kind, processing_code, provider_ik, payer_ik, fund_ik, payee_ik, segment, byte_offset, cases, positions,
			billed_cents, approved_cents, corrected_cents, state, created_at)
		values ($1, $2, $3, $4, $5, '0', $3, 1, 1, $6, $7, $7, $8, 1, 0, 1, 1, $9, $9 - $10::bigint, $10, 'corrected', $11)`,
		n, delivery, calendar.InBerlin(c.Provided).UTC(), c.Group, c.InvoiceNo, c.ProviderIK, c.PayerIK, c.PayeeIK,
		billed, total, c.Provided)
	exec(t, db, `insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no,
			corrected_cents, state, provided_at, editable_until, follow_up_on, completed_at, completed_by)
		values ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		id, n, c.ProviderIK, c.PayeeIK, c.Group, c.VoucherNo, total, c.State, c.Provided, c.EditableUntil, followUp,
		completedAt, completedBy)
	for i, r := range c.Corrections {
		exec(t, db, `insert into correction (id, invoice_id, case_id, position_no, correction_case_id, rule_code, rule_version,
				amount_cents, gross_cut_cents, copay_cut_cents, text, heal, state, in_force, created_at)
			values ($1, $2, $2, $3, $4, $5, 1, $6, $6, 0, '', '', $7, $8, $9)`,
			uuid.New(), n, i, id, r.Rule, r.Cents, r.State, !r.NotInForce, r.At)
	}
	return id
}

func (c *Case) complete() {
	if c.ID == uuid.Nil {
		c.ID = uuid.New()
	}
	c.PayeeIK = or(c.PayeeIK, "261234563")
	c.ProviderIK = or(c.ProviderIK, c.PayeeIK)
	c.PayerIK = or(c.PayerIK, "109519005")
	c.Group = or(c.Group, "A")
	c.VoucherNo = or(c.VoucherNo, "1")
	c.InvoiceNo = or(c.InvoiceNo, "R1")
	if !c.FollowUp.IsZero() {
		c.State = or(c.State, billing.CaseFollowUp)
	}
	c.State = or(c.State, billing.CaseNew)
	if c.EditableUntil.IsZero() {
		c.EditableUntil = billing.DefaultDeadlines().EditableUntil(calendar.InBerlin(c.Provided)).EndInBerlin()
	}
	if len(c.Corrections) == 0 {
		c.Corrections = []Correction{{}}
	}
	for i := range c.Corrections {
		r := &c.Corrections[i]
		r.Rule = or(r.Rule, "P4010")
		r.Cents = or(r.Cents, 1000)
		r.State = or(r.State, billing.CorrectionOpen)
		if r.At.IsZero() {
			r.At = c.Provided
		}
	}
}

func or[T comparable](value, preset T) T {
	var zero T
	if value == zero {
		return preset
	}
	return value
}

// AddInstitution makes an institution that the IKs belong to.
func AddInstitution(t testing.TB, db *store.DB, iks ...string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	exec(t, db, `insert into institution (id, name, created_at) values ($1, 'Praxis Muster', '2026-01-01')`, id)
	for _, ik := range iks {
		exec(t, db, `insert into institution_ik (ik, institution_id) values ($1, $2)`, ik, id)
	}
	return id
}

// AddUser makes a user of the institution; state is "active", "inactive" or
// "deleted".
func AddUser(t testing.TB, db *store.DB, institution uuid.UUID, email, state string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	exec(t, db, `insert into app_user (id, institution_id, email, state, created_at) values ($1, $2, $3, $4, '2026-01-01')`,
		id, institution, email, state)
	return id
}

func exec(t testing.TB, db *store.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}
