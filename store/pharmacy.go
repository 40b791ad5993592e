package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
)

// loadPrescriptions finds which Belegnummern and Rezept-IDs were billed before
// (APO-V07, APO-V08).
func loadPrescriptions(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	var vouchers, ids []string
	for _, inv := range invoices {
		for i := range inv.Cases {
			vouchers = append(vouchers, inv.Cases[i].VoucherNo)
			if id := inv.Cases[i].EVO; id != "" {
				ids = append(ids, id)
			}
		}
	}
	for _, q := range []struct {
		column string
		keys   []string
		into   map[string]billing.InvoiceNumber
	}{{"voucher_no", vouchers, h.Vouchers}, {"prescription_id", ids, h.Prescriptions}} {
		rows, err := tx.Query(ctx, `select p.`+q.column+`, i.collective_number, i.single_number from unnest($1::text[]) k (k)
			join prescription p on p.`+q.column+` = k.k join invoice i on i.id = p.invoice_id
			where $2::timestamptz is null or i.created_at < $2`, q.keys, scope.until())
		if err != nil {
			return fmt.Errorf("look up prescriptions: %w", err)
		}
		var key string
		var number billing.InvoiceNumber
		_, err = pgx.ForEachRow(rows, []any{&key, &number.Collective, &number.Single}, func() error {
			q.into[key] = number
			return nil
		})
		if err != nil {
			return fmt.Errorf("look up prescriptions: %w", err)
		}
	}
	return nil
}

// duplicateRules find prescriptions billed before; those are not noted again.
var duplicateRules = map[string]bool{"APO-V07": true, "APO-V08": true}

// addPrescriptions notes the prescriptions of a § 300 invoice that are no
// duplicates.
func (w *InvoiceWriter) addPrescriptions(invoiceID int64, c *billing.Checked, caseIDs []int64) {
	if c.Invoice.Header.Group != billing.GroupPharmacy {
		return
	}
	known := map[int]bool{}
	for i := range c.Findings {
		if f := &c.Findings[i]; duplicateRules[f.Rule] {
			known[f.Case] = true
		}
	}
	for i := range c.Invoice.Cases {
		bc, t := &c.Invoice.Cases[i], w.prescriptions
		if known[i] {
			continue
		}
		t.int(caseIDs[i])
		t.int(invoiceID)
		t.date(w.receivedOn)
		t.text(bc.VoucherNo)
		if bc.EVO == "" {
			t.null()
		} else {
			t.text(bc.EVO)
		}
		t.int(int64(bc.Totals.Gross))
		t.int(int64(bc.Totals.Copay.Cents))
		t.end()
	}
}

// ERezeptWriter stores the prescriptions of one TA7 file by COPY.
type ERezeptWriter struct {
	table    *copyTable
	delivery uuid.UUID
}

// NewERezeptWriter returns a writer for the delivery.
func NewERezeptWriter(delivery uuid.UUID) *ERezeptWriter {
	return &ERezeptWriter{
		table:    newCopyTable("erezept", "delivery_id, sender_ik, invoice_number, prescription_id, voucher_no, gross_cents, copay_cents"),
		delivery: delivery,
	}
}

// Add stores a prescription of the sender.
func (w *ERezeptWriter) Add(ctx context.Context, tx Tx, sender string, e *billing.ERezept) error {
	t := w.table
	t.uuid(w.delivery)
	t.text(sender)
	t.text(e.Invoice)
	t.text(e.ID)
	t.text(e.VoucherNo)
	t.int(int64(e.Gross))
	t.int(int64(e.Copay))
	t.end()
	if t.buf.Len() >= flushBytes {
		return w.Flush(ctx, tx)
	}
	return nil
}

// Flush sends what is buffered.
func (w *ERezeptWriter) Flush(ctx context.Context, tx Tx) error { return w.table.flush(ctx, tx) }

// AddPharmacyFile stores an accepted § 300 file and returns the sums of all accepted
// files of the sender about its Rechnungsnummern, its own included. It locks the
// sender's files until the end of the transaction.
func AddPharmacyFile(ctx context.Context, tx Tx, delivery uuid.UUID, sender string, f *billing.PharmacyFile) (sums [][]byte, err error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 2))`, sender); err != nil {
		return nil, fmt.Errorf("lock pharmacy files: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into pharmacy_file (delivery_id, sender_ik, kind, file_name, invoice_numbers, sums)
		values ($1, $2, $3, $4, $5, $6)`, delivery, sender, f.Kind, f.Name, f.Invoices, jsonOrNull(f.Sums))
	if err != nil {
		return nil, fmt.Errorf("write pharmacy file: %w", err)
	}
	rows, err := tx.Query(ctx, `select sums from pharmacy_file where invoice_numbers && $1 and sender_ik = $2 and sums is not null`, f.Invoices, sender)
	if err != nil {
		return nil, fmt.Errorf("read pharmacy files: %w", err)
	}
	if sums, err = pgx.CollectRows(rows, pgx.RowTo[[]byte]); err != nil {
		return nil, fmt.Errorf("read pharmacy files: %w", err)
	}
	return sums, nil
}

func jsonOrNull(raw []byte) any {
	if raw == nil {
		return nil
	}
	return json.RawMessage(raw)
}

// PharmacyInvoice is the state of one Rechnungsnummer of § 300.
type PharmacyInvoice struct {
	Sender, Number string
	State          billing.ReconcileState
	Differences    []Difference
}

// Difference is one finding of the comparison: rule and German sentence.
type Difference struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// SetPharmacyInvoice stores the state and compares the E-Rezepte of ABRP and TA7 as
// far as both are there.
func SetPharmacyInvoice(ctx context.Context, tx Tx, p *PharmacyInvoice, now time.Time) error {
	if p.Differences == nil {
		p.Differences = []Difference{}
	}
	_, err := tx.Exec(ctx, `
		with sides as (
			select count(distinct kind) = 2 as there from pharmacy_file
			where sender_ik = $1 and invoice_numbers @> array[$2::text] and kind in ('ABRP', 'TA7')),
		abrp as (
			select p.prescription_id, p.voucher_no, p.gross_cents, p.copay_cents from prescription p
			join invoice i on i.id = p.invoice_id
			where i.payee_ik = $1 and i.collective_number = $2 and i.provider_group = '300' and p.prescription_id is not null),
		ta7 as (select prescription_id, voucher_no, gross_cents, copay_cents from erezept where sender_ik = $1 and invoice_number = $2),
		compared as (
			select count(*) filter (where t.prescription_id is null) as missing,
				count(*) filter (where a.prescription_id is null) as unknown,
				count(*) filter (where (a.voucher_no, a.gross_cents, a.copay_cents) <> (t.voucher_no, t.gross_cents, t.copay_cents)) as differ
			from abrp a full join ta7 t on t.prescription_id = a.prescription_id, sides where sides.there)
		insert into pharmacy_invoice (sender_ik, number, state, differences, erx_missing, erx_unknown, erx_differ, updated_at)
		select $1, $2, $3, $4, missing, unknown, differ, $5 from compared
		on conflict (sender_ik, number) do update set state = excluded.state, differences = excluded.differences,
			erx_missing = excluded.erx_missing, erx_unknown = excluded.erx_unknown, erx_differ = excluded.erx_differ, updated_at = excluded.updated_at`,
		p.Sender, p.Number, string(p.State), p.Differences, now)
	if err != nil {
		return fmt.Errorf("write pharmacy invoice: %w", err)
	}
	return nil
}

// PharmacyInvoiceCounts returns the number of Rechnungsnummern by state.
func (db *DB) PharmacyInvoiceCounts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	var state string
	var n int64
	err := db.each(ctx, `select state, count(*) from pharmacy_invoice group by state`, []any{&state, &n}, func() { out[state] = n })
	if err != nil {
		return nil, fmt.Errorf("count pharmacy invoices: %w", clean(err))
	}
	return out, nil
}

// ReferenceStates returns the states of the deliveries of a sender by their
// interchange reference, of several the newest; in the procedure of the header.
func ReferenceStates(ctx context.Context, tx Tx, h *billing.Header, references []string) (map[string]billing.DeliveryState, error) {
	rows, err := tx.Query(ctx, `select distinct on (exchange_reference) exchange_reference, state from delivery
		where sender_ik = $1 and exchange_reference = any($2) and provider_group = $3 and state <> 'duplicate'
		order by exchange_reference, received_at desc, id desc`, h.Sender, references, h.Group.String())
	if err != nil {
		return nil, fmt.Errorf("read earlier files: %w", err)
	}
	out := map[string]billing.DeliveryState{}
	var reference, state string
	_, err = pgx.ForEachRow(rows, []any{&reference, &state}, func() error {
		out[reference] = billing.DeliveryState(state)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read earlier files: %w", err)
	}
	return out, nil
}
