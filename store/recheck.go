package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// BilledCase says where a billing case stands and what it came to.
type BilledCase struct {
	InvoiceID int64
	// CaseNo counts the cases of the invoice from 0, FirstNo is the number of the
	// first position of the case in the invoice, from 1.
	CaseNo, FirstNo int
	// Segment and Offset are where the invoice stood in the delivery.
	Segment           int32
	Offset            int64
	ReceivedOn        calendar.Date
	Billed, Corrected money.Cents
	Delivery          StoredDelivery
}

// ReadBilledCase returns the billing case and the delivery that brought it;
// ErrNotFound if its bytes were erased.
func ReadBilledCase(ctx context.Context, tx Tx, id int64) (b BilledCase, err error) {
	var received time.Time
	d := &b.Delivery
	err = tx.QueryRow(ctx, `select i.id, b.no - 1, coalesce((select min(p.no) from position p
				where p.invoice_id = i.id and p.case_id = b.id and p.received_on = b.received_on), 1),
			i.segment, i.byte_offset, b.received_on, b.billed_cents, b.corrected_cents,
			d.id, d.blob_key, d.size_bytes, d.order_file, coalesce(d.transfer_name, ''), d.received_at
		from billing_case b join invoice i on i.id = b.invoice_id join delivery d on d.id = i.delivery_id
		where b.id = $1 and d.blob_key is not null and d.erased_at is null`, id).
		Scan(&b.InvoiceID, &b.CaseNo, &b.FirstNo, &b.Segment, &b.Offset, &received, &b.Billed, &b.Corrected,
			&d.ID, &d.BlobKey, &d.Bytes, &d.OrderFile, &d.TransferName, &d.ReceivedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, ErrNotFound
	}
	if err != nil {
		return b, fmt.Errorf("read billing case: %w", err)
	}
	b.ReceivedOn = calendar.OfTime(received)
	return b, nil
}

// LockInvoice locks an invoice and returns it with its balances.
func LockInvoice(ctx context.Context, tx Tx, id int64) (LedgerInvoice, error) {
	list, err := lockInvoices(ctx, tx, `i.id = $1`, id)
	if err != nil {
		return LedgerInvoice{}, err
	}
	if len(list) == 0 {
		return LedgerInvoice{}, ErrNotFound
	}
	return list[0], nil
}

// LockProvider makes deliveries of the provider wait until the transaction ends, and
// waits for those that bill at the moment (CHK-5).
func LockProvider(ctx context.Context, tx Tx, ik string) error {
	return lockProviders(ctx, tx, []*billing.Invoice{{Head: billing.Head{Provider: ik}}})
}

// Rechecked is what the re-check of one billing case decided, ready to be stored.
type Rechecked struct {
	Case   WorkCase
	Billed BilledCase
	// Invoice is the invoice with all changes.
	Invoice *billing.Invoice
	Run     int
	At      time.Time
	// Corrections replace those in force. Open ones belong to Successor, which is
	// uuid.Nil if there is none; settled ones to Case.
	Corrections   []RecheckCorrection
	Successor     uuid.UUID
	EditableUntil time.Time // of Successor
	Findings      []billing.Found
	// Approved and Corrected are the new sums of the invoice, State its next state.
	Approved, Corrected money.Cents
	State               billing.InvoiceState
	Bookings            []billing.Booking
}

// RecheckCorrection is a correction of a re-check; SettledBy is "" for an open one.
type RecheckCorrection struct {
	billing.Correction
	SettledBy billing.CorrectionEvent
}

// StoreRecheck writes the decision of a re-check: it takes the old corrections out of
// force, stores the new ones, the changed data, the sums of position, case and
// invoice, and books. The caller has locked case and invoice. It panics if the sums
// disagree: that would be a fault of the program.
func StoreRecheck(ctx context.Context, tx Tx, r *Rechecked) error {
	corrected := r.assertSums()
	batch := &pgx.Batch{}
	batch.Queue(`update correction set in_force = false where case_id = $1 and in_force`, r.Case.CaseID)
	r.queueSuccessor(batch)
	r.queueCorrections(batch)
	r.queueFindings(batch)
	r.queueData(batch, corrected)
	batch.Queue(`update invoice set approved_cents = $2, corrected_cents = $3, state = $4,
			collective_number = $5, single_number = $6, invoice_date = $7, fund_ik = $8 where id = $1`,
		r.Case.InvoiceID, r.Approved, r.Corrected, r.State,
		r.Invoice.Number.Collective, r.Invoice.Number.Single, r.Invoice.Date.UTC(), r.Invoice.Fund)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("store re-check: %w", err)
	}
	if len(r.Bookings) == 0 {
		return nil
	}
	return Book(ctx, tx, r.At, r.Bookings)
}

// assertSums returns what is corrected of the case now.
func (r *Rechecked) assertSums() (sum money.Cents) {
	for i := range r.Corrections {
		sum += r.Corrections[i].Amount
	}
	if sum < 0 || sum > r.Billed.Billed || r.Approved < 0 || r.Corrected < 0 {
		panic(fmt.Sprintf("store: re-check corrects %d of %d cents", sum, r.Billed.Billed))
	}
	return sum
}

func (r *Rechecked) queueSuccessor(batch *pgx.Batch) {
	if r.Successor == uuid.Nil {
		return
	}
	var open money.Cents
	for i := range r.Corrections {
		if r.Corrections[i].SettledBy == "" {
			open += r.Corrections[i].Amount
		}
	}
	batch.Queue(`insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, corrected_cents,
			state, provided_at, editable_until, check_run)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'new', $9, $10, $11)`,
		r.Successor, r.Case.CaseID, r.Case.InvoiceID, r.Case.ProviderIK, r.Case.PayeeIK, r.Case.Group, r.Case.VoucherNo, open,
		r.At, r.EditableUntil, r.Run)
}

// positionNo returns the number of a position of the case in the invoice, nil for
// none.
func (r *Rechecked) positionNo(position int) *int {
	if position < 0 {
		return nil
	}
	no := r.Billed.FirstNo + position
	return &no
}

func (r *Rechecked) queueCorrections(batch *pgx.Batch) {
	for i := range r.Corrections {
		k := &r.Corrections[i]
		owner, state, by := r.Case.ID, billing.CorrectionCorrected, &k.SettledBy
		if k.SettledBy == "" {
			owner, state, by = r.Successor, billing.CorrectionOpen, nil
		}
		batch.Queue(`insert into correction (id, invoice_id, case_id, position_no, correction_case_id, rule_code, rule_version, check_run,
				amount_cents, gross_cut_cents, copay_cut_cents, text, heal, state, settled_by, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			k.ID, r.Case.InvoiceID, r.Case.CaseID, r.positionNo(k.Position), owner, k.Rule, k.Version, r.Run,
			k.Amount, k.GrossCut, k.CopayCut, k.Text, k.Heal, state, by, r.At)
	}
}

func (r *Rechecked) queueFindings(batch *pgx.Batch) {
	for i := range r.Findings {
		f := &r.Findings[i]
		var params []byte
		if len(f.Params) > 0 {
			params = mustJSON(f.Params)
		}
		batch.Queue(`insert into finding (received_on, invoice_id, case_id, position_no, check_run, rule, rule_version, severity, segment,
				byte_offset, billed_cents, corrected_cents, params) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			r.Billed.ReceivedOn.UTC(), r.Case.InvoiceID, r.Case.CaseID, r.positionNo(f.Position), r.Run, f.Rule, f.Version, f.Severity,
			f.Place.Segment, f.Place.Offset, f.Billed, f.Corrected, params)
	}
}

// queueData writes the changed case, so that later deliveries are compared with what
// was really rendered (CHK-5).
func (r *Rechecked) queueData(batch *pgx.Batch, corrected money.Cents) {
	c := &r.Invoice.Cases[r.Billed.CaseNo]
	batch.Queue(`update billing_case set corrected_cents = $2, kvnr = $3, document = $4 where id = $1`,
		r.Case.CaseID, corrected, c.KVNR, encodeCase(c))
	cut := make([]money.Cents, len(c.Positions))
	for i := range r.Corrections {
		if k := &r.Corrections[i]; k.Position >= 0 {
			cut[k.Position] += k.Amount
		}
	}
	for i := range c.Positions {
		p := &c.Positions[i]
		var key *int64
		if fingerprint, ok := billing.LineFingerprint(r.Invoice.Provider, c, p); ok {
			v := int64(fingerprint)
			key = &v
		}
		batch.Queue(`update position set tariff = $4, item = $5, quantity = $6, price_cents = $7, vat_cents = $8, service_date = $9,
				corrected_cents = $10, line_key = $11, extra = $12
			where invoice_id = $1 and no = $2 and received_on = $3`,
			r.Case.InvoiceID, r.Billed.FirstNo+i, r.Billed.ReceivedOn.UTC(), p.Tariff, p.Item, p.Quantity, p.Price, p.VAT.Amount, p.Date.UTC(),
			cut[i], key, encodePositionExtra(p))
	}
}

// CompletedCase says how a provider's case ended.
type CompletedCase struct {
	ID           uuid.UUID
	State        billing.CaseState
	At           time.Time
	VisibleUntil time.Time
	Outcome      billing.InvoiceState
	Refused      bool
	RefusedBy    string
	Successor    uuid.UUID
}

// CompleteCase writes the end of a case that this transaction has locked.
func CompleteCase(ctx context.Context, tx Tx, c CompletedCase) (version int, err error) {
	var refused *string
	if c.Refused {
		refused = &c.RefusedBy
	}
	err = tx.QueryRow(ctx, `update correction_case set state = $2, completed_at = $3, completed_by = 'provider', visible_until = $4,
			follow_up_on = null, outcome = $5, refused_by = $6, successor = $7, version = version + 1
		where id = $1 returning version`,
		c.ID, c.State, c.At, c.VisibleUntil, c.Outcome, refused, uuidOrNull(c.Successor)).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("complete case: %w", err)
	}
	return version, nil
}
