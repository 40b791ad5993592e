package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// StoredInvoice is an invoice as it is stored, with one of its cases: what a provider
// sees of it (COR-1, COR-13). Head and case hold the values with all changes taken
// over. Social data.
type StoredInvoice struct {
	Invoice                     billing.Invoice
	Billed, Approved, Corrected money.Cents
	State                       billing.InvoiceState
	ReceivedOn                  calendar.Date
	CaseBilled, CaseCorrected   money.Cents
	// PositionCorrected holds the corrected cents of each position of the case.
	PositionCorrected []money.Cents
}

// ReadCaseData returns the invoice of a billing case with that case alone; ErrNotFound
// if its data were erased.
func ReadCaseData(ctx context.Context, tx Tx, billingCase int64) (*StoredInvoice, error) {
	s := &StoredInvoice{}
	s.Invoice.Cases = make([]billing.Case, 1)
	s.Invoice.Header = &billing.Header{}
	var date, received time.Time
	var group string
	var kind, processing int16
	var document []byte
	err := tx.QueryRow(ctx, `select i.provider_group, i.collective_number, i.single_number, i.invoice_date, i.kind, i.processing_code,
			i.provider_ik, i.payer_ik, i.fund_ik, i.biller_ik, i.received_on, i.billed_cents, i.approved_cents, i.corrected_cents, i.state,
			b.document, b.billed_cents, b.corrected_cents
		from billing_case b join invoice i on i.id = b.invoice_id where b.id = $1`, billingCase).
		Scan(&group, &s.Invoice.Number.Collective, &s.Invoice.Number.Single, &date, &kind, &processing,
			&s.Invoice.Provider, &s.Invoice.Payer, &s.Invoice.Fund, &s.Invoice.Biller, &received, &s.Billed, &s.Approved, &s.Corrected, &s.State,
			&document, &s.CaseBilled, &s.CaseCorrected)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read case data: %w", err)
	}
	if err := json.Unmarshal(document, &s.Invoice.Cases[0]); err != nil {
		return nil, &DataError{Field: "billing_case.document"}
	}
	s.Invoice.Date, s.ReceivedOn = calendar.OfTime(date), calendar.OfTime(received)
	s.Invoice.Kind, s.Invoice.Processing = byte('0'+kind), billing.ProcessingCode(processing)
	s.Invoice.Header.Group = billing.GroupOf(group)
	return s, s.readPositions(ctx, tx, billingCase, received)
}

func (s *StoredInvoice) readPositions(ctx context.Context, tx Tx, billingCase int64, received time.Time) error {
	rows, err := tx.Query(ctx, `select p.segment, p.byte_offset, p.billing_code, p.tariff, p.item, p.quantity, p.price_cents, p.vat_cents,
			p.copay_cents, p.service_date, p.corrected_cents, p.extra
		from position p join billing_case b on b.id = p.case_id
		where b.id = $1 and p.invoice_id = b.invoice_id and p.received_on = $2 order by p.no`, billingCase, received)
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	var corrected money.Cents
	s.Invoice.Cases[0].Positions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p billing.Position, err error) {
		p = billing.Position{Part: -1, Kilometres: -1, From: -1, To: -1, Minutes: -1}
		var date time.Time
		var copay *int64
		var extra []byte
		err = row.Scan(&p.Segment, &p.Offset, &p.BillingCode, &p.Tariff, &p.Item, &p.Quantity, &p.Price, &p.VAT.Amount,
			&copay, &date, &corrected, &extra)
		if err != nil {
			return p, err
		}
		p.Date = calendar.OfTime(date)
		if copay != nil {
			p.CopayPerUnit = billing.Some(money.Cents(*copay))
		}
		s.PositionCorrected = append(s.PositionCorrected, corrected)
		return p, decodePositionExtra(extra, &p)
	})
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	return nil
}
