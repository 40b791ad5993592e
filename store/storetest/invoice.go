package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// Invoice is an accepted invoice to make; zero fields take a default.
type Invoice struct {
	PayeeIK, ProviderIK, PayerIK string
	Number                       billing.InvoiceNumber
	Date                         calendar.Date
	Received                     time.Time
	Billed, Corrected            money.Cents
	// Test is the test indicator; default "2", live.
	Test string
}

// AddInvoice makes an invoice of § 295 with its delivery, its correction and its bookings,
// as intake does, and returns its id.
func AddInvoice(t testing.TB, db *store.DB, i Invoice) int64 {
	t.Helper()
	n := sequence.Add(1)
	i.PayeeIK = or(i.PayeeIK, "261234563")
	i.ProviderIK = or(i.ProviderIK, i.PayeeIK)
	i.PayerIK = or(i.PayerIK, "109519005")
	i.Number = or(i.Number, billing.InvoiceNumber{Collective: "0", Single: fmt.Sprintf("R-%06d", n)})
	i.Date = or(i.Date, calendar.InBerlin(i.Received))
	delivery := uuid.New()
	exec(t, db, `insert into delivery (id, message_id, sender_ik, payload_sha256, size_bytes, state, received_at, received_on, test_indicator)
		values ($1, $2, '123456789', decode(md5($2), 'hex'), 1, 'accepted', $3, $4, $5)`,
		delivery, delivery.String(), i.Received, calendar.InBerlin(i.Received).UTC(), or(i.Test, "2"))
	exec(t, db, `insert into invoice (id, delivery_id, received_on, provider_group, collective_number, single_number,
			invoice_date, kind, processing_code, provider_ik, payer_ik, fund_ik, payee_ik, segment, byte_offset, cases, positions,
			billed_cents, approved_cents, corrected_cents, state, created_at)
		values ($1, $2, $3, '295', $4, $5, $6, 1, 1, $7, $8, $8, $9, 1, 0, 1, 1, $10, $11, $12, $13, $14)`,
		n, delivery, calendar.InBerlin(i.Received).UTC(), i.Number.Collective, i.Number.Single, i.Date.UTC(), i.ProviderIK, i.PayerIK, i.PayeeIK,
		i.Billed, i.Billed-i.Corrected, i.Corrected, billing.StateOf(int64(i.Billed), int64(i.Corrected)), i.Received)
	bookings := []billing.Booking{{Invoice: n, From: billing.AccountBilled, To: billing.AccountOpen, Amount: i.Billed}}
	if i.Corrected > 0 {
		bookings = append(bookings, billing.Booking{Invoice: n, From: billing.AccountOpen, To: billing.AccountCorrected, Amount: i.Corrected})
		id := uuid.New()
		exec(t, db, `insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no,
				corrected_cents, state, provided_at, editable_until)
			values ($1, $2, $2, $3, $4, '295', '1', $5, 'new', $6, $6::timestamptz + interval '3 months')`, id, n, i.ProviderIK, i.PayeeIK, i.Corrected, i.Received)
		exec(t, db, `insert into correction (id, invoice_id, case_id, correction_case_id, rule_code, rule_version,
				amount_cents, gross_cut_cents, copay_cut_cents, text, heal, created_at)
			values ($1, $2, $2, $3, 'P4010', 1, $4, $4, 0, '', '', $5)`, uuid.New(), n, id, i.Corrected, i.Received)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return store.Book(ctx, tx, i.Received, bookings)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// CancelInvoice cancels an invoice made by AddInvoice, as a delivery with its
// Storno does.
func CancelInvoice(t testing.TB, db *store.DB, id int64, at time.Time) {
	t.Helper()
	if err := db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
		var key billing.SingleKey
		if err := tx.QueryRow(ctx, `select provider_ik, single_number from invoice where id = $1`, id).Scan(&key.Provider, &key.Number); err != nil {
			return err
		}
		w := store.NewInvoiceWriter(tx, uuid.New(), at, billing.DefaultDeadlines())
		if _, err := w.Cancel(ctx, key); err != nil {
			return err
		}
		return w.Close(ctx)
	}); err != nil {
		t.Fatal(err)
	}
}

// MoneyHolds fails the test if one of the promises about money is broken: INV-4,
// INV-5, INV-6, INV-13.
func MoneyHolds(t testing.TB, db *store.DB) {
	t.Helper()
	broken, err := db.CheckInvariants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range broken {
		if slices.Contains([]string{"INV-4", "INV-5", "INV-6", "INV-13"}, v.ID) {
			t.Errorf("%s broken (%s): %v", v.ID, v.What, v.IDs)
		}
	}
}
