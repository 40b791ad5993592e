package payment_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"klarbeleg/app/payment"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/internal/letter"
	"klarbeleg/store/storetest"
)

var update = flag.Bool("update", false, "write the golden remittance advices anew")

var sender = letter.Sender{
	Name: "Abrechnungszentrum Nord", Street: "Musterweg 1", City: "00000 Musterstadt", Phone: "0000 000000", Email: "service@klarbeleg.example",
}

// advised makes two vouchers of the same payee: the first pays many invoices, the
// second one invoice more, less a claim.
func advised(t *testing.T) (*bundle, *payment.Advice) {
	t.Helper()
	b := setup(t)
	var taken int64
	for n := range 90 {
		id := b.received("2026-11-01", storetest.Invoice{
			PayeeIK: praxis, ProviderIK: []string{praxis, unknown}[n%2], Billed: money.Cents(10001 + n), Corrected: money.Cents(n % 3),
			Number: billing.InvoiceNumber{Collective: fmt.Sprintf("2026-%04d", n/10), Single: fmt.Sprint(n + 1)},
		})
		if n == 11 {
			taken = id
		}
	}
	b.run("2026-11-16")
	storetest.CancelInvoice(t, b.db, taken, at("2026-11-17 09:00"))
	b.received("2026-11-05", storetest.Invoice{PayeeIK: praxis, Billed: 1234567, Corrected: 4567, Number: billing.InvoiceNumber{Collective: "EINE-SEHR-LANGE-SAMMELRECHNUNGSNUMMER-2026", Single: "0"}})
	b.run("2026-11-20")
	a, err := payment.NewAdvice(b.db, sender)
	if err != nil {
		t.Fatal(err)
	}
	return b, a
}

// PAY-2, G-12: the remittance advice of a voucher has the same bytes whenever it
// is printed; testdata/*.pdf are looked at by people.
func TestAdviceGolden(t *testing.T) {
	t.Parallel()
	b, a := advised(t)
	for _, number := range []string{"0000000001", "0000000002"} {
		var first, second bytes.Buffer
		if err := a.Write(b.ctx, number, &first); err != nil {
			t.Fatal(err)
		}
		if err := a.Write(b.ctx, number, &second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("printed twice, the bytes of %s differ: %v", number, err)
		}
		path := "testdata/avis_" + number + ".pdf"
		if *update {
			if err := os.WriteFile(path, first.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if golden, err := os.ReadFile(path); err != nil || !bytes.Equal(golden, first.Bytes()) {
			t.Errorf("%s differs from the advice: look at it and run with -update (%v)", path, err)
		}
	}
	if err := a.Write(b.ctx, "0000000009", &bytes.Buffer{}); !errors.Is(err, payment.ErrNoVoucher) {
		t.Errorf("unknown voucher: %v", err)
	}
}

// PAY-2: the table of the advice says what the voucher says, to the cent.
func TestAdviceTable(t *testing.T) {
	t.Parallel()
	b, a := advised(t)
	first, err := a.Voucher(b.ctx, "0000000001")
	if err != nil {
		t.Fatal(err)
	}
	table := a.Table(&first)
	b.want("rows", 90, len(table.Rows))
	b.want("first row", []string{"2026-0000:1", praxis, "01.11.2026", "100,01", "0,00", "0,00", "100,01"}, table.Rows[0])
	b.want("second row", []string{"2026-0000:2", unknown, "01.11.2026", "100,02", "0,01", "0,00", "100,01"}, table.Rows[1])
	// 90 x 100,01 + 0 + 1 + ... + 89 cents; 30 x (0 + 1 + 2) cents corrected.
	b.want("sums", [][]string{
		{"Summe der Rechnungen", "", "", "9.040,95", "0,90", "0,00", "9.040,05"},
		{"Überweisung", "", "", "", "", "", "9.040,05"},
	}, table.Sums)
	second, err := a.Voucher(b.ctx, "0000000002")
	if err != nil {
		t.Fatal(err)
	}
	b.want("with a claim", [][]string{
		{"Summe der Rechnungen", "", "", "12.345,67", "45,67", "0,00", "12.300,00"},
		{"Verrechnet", "", "", "", "", "", "-100,10"},
		{"Überweisung", "", "", "", "", "", "12.199,90"},
	}, a.Table(&second).Sums)
}
