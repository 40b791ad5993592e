package payment

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/internal/letter"
	"klarbeleg/store"
)

//go:embed advice.json
var adviceJSON []byte

// Advice prints remittance advices (Zahlungsavis).
type Advice struct {
	db     *store.DB
	sender letter.Sender
	texts  map[string]string
}

// ErrNoVoucher says that no voucher has the number.
var ErrNoVoucher = errors.New("there is no voucher with this number")

// NewAdvice returns an Advice that writes in the name of sender.
func NewAdvice(db *store.DB, sender letter.Sender) (*Advice, error) {
	a := &Advice{db: db, sender: sender}
	if err := json.Unmarshal(adviceJSON, &a.texts); err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	return a, nil
}

// Voucher returns what the voucher holds; ErrNoVoucher if it is unknown.
func (a *Advice) Voucher(ctx context.Context, number string) (store.Voucher, error) {
	v, err := a.db.Voucher(ctx, number)
	if errors.Is(err, store.ErrNotFound) {
		return v, ErrNoVoucher
	}
	return v, err
}

// Write writes the remittance advice of the voucher as PDF (PAY-2). Nothing of it
// is stored: a voucher never changes, so the bytes are the same each time (G-12).
func (a *Advice) Write(ctx context.Context, number string, w io.Writer) error {
	v, err := a.Voucher(ctx, number)
	if err != nil {
		return err
	}
	l := a.letter(&v)
	return l.Write(w)
}

// text returns a text with its values; the texts are part of the program, so a
// missing one is a fault of it.
func (a *Advice) text(key string, values ...any) string {
	format, ok := a.texts[key]
	if !ok {
		panic("payment: no text " + key)
	}
	if len(values) == 0 {
		return format
	}
	return fmt.Sprintf(format, values...)
}

func (a *Advice) letter(v *store.Voucher) letter.Letter {
	p := &v.Payee
	l := letter.Letter{
		Sender: a.sender, Date: v.RunOn.UTC(), Page: a.text("page"), Subject: a.text("subject", v.Number),
		Info: []letter.Field{
			{Label: a.text("voucher"), Value: v.Number},
			{Label: a.text("run"), Value: v.RunOn.German()},
			{Label: a.text("paid_on"), Value: v.PaidOn.German()},
			{Label: a.text("payee"), Value: p.IK},
			{Label: a.text("payer"), Value: v.PayerIK},
		},
	}
	for _, text := range []string{p.Name, p.Street, p.City} {
		if text != "" {
			l.Address = append(l.Address, text)
		}
	}
	payer := a.text("payer_unnamed", v.PayerIK)
	if v.PayerName != "" {
		payer = a.text("payer_named", v.PayerName, v.PayerIK)
	}
	opening := a.text("no_transfer", payer, v.PaidOn.German())
	if v.Total > 0 {
		opening = a.text("transfer", payer, v.PaidOn.German(), v.Total.German(), p.IBAN[len(p.IBAN)-4:], v.Number)
	}
	l.Parts = []letter.Part{
		letter.Paragraph(a.text("greeting")), letter.Paragraph(opening), a.table(v), letter.Paragraph(a.text("closing")),
		letter.Paragraph(a.text("regards")), letter.Paragraph(a.sender.Name), letter.Paragraph(a.text("no_signature")),
	}
	return l
}

// invoiceNumber returns the number as the provider knows it: without the part that
// is missing.
func invoiceNumber(n billing.InvoiceNumber) string {
	switch {
	case n.Single == "" || n.Single == "0":
		return n.Collective
	case n.Collective == "" || n.Collective == "0":
		return n.Single
	default:
		return n.String()
	}
}

// table lists the invoices with their sums.
func (a *Advice) table(v *store.Voucher) *letter.Table {
	t := &letter.Table{Columns: []letter.Column{
		{Title: a.text("column_invoice"), Width: 44, Align: letter.Left},
		{Title: a.text("column_provider"), Width: 19, Align: letter.Left},
		{Title: a.text("column_date"), Width: 20, Align: letter.Left},
		{Title: a.text("column_billed"), Width: 21, Align: letter.Right},
		{Title: a.text("column_corrected"), Width: 20, Align: letter.Right},
		{Title: a.text("column_earlier"), Width: 20, Align: letter.Right},
		{Title: a.text("column_paid"), Width: 21, Align: letter.Right},
	}}
	var billed, corrected, earlier, paid, setOff money.Cents
	for _, i := range v.Lines {
		number := invoiceNumber(i.Number)
		if i.Amount < 0 {
			t.Rows = append(t.Rows, []string{number + "\n" + a.text("set_off"), i.ProviderIK, i.Date.German(), "", "", "", i.Amount.German()})
			setOff += i.Amount
			continue
		}
		t.Rows = append(t.Rows, []string{
			number, i.ProviderIK, i.Date.German(), i.Billed.German(), i.Corrected.German(), i.Earlier.German(), i.Amount.German(),
		})
		billed, corrected, earlier, paid = billed+i.Billed, corrected+i.Corrected, earlier+i.Earlier, paid+i.Amount
	}
	t.Sums = [][]string{{a.text("sum_invoices"), "", "", billed.German(), corrected.German(), earlier.German(), paid.German()}}
	if setOff < 0 {
		t.Sums = append(t.Sums, []string{a.text("sum_set_off"), "", "", "", "", "", setOff.German()})
	}
	t.Sums = append(t.Sums, []string{a.text("sum_transfer"), "", "", "", "", "", v.Total.German()})
	return t
}
