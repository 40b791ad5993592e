// Package payment pays what the checks approved: the nightly run issues one
// voucher per payee and payer (PAY-1), writes the SEPA transfer file that follows
// from the vouchers (PAY-2), and prints the remittance advice of a voucher again
// at any time. Jobs and the command line call it. It refuses to pay a payee without
// bank details, and test data. Nothing of an insured person is read here.
package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/logging"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// Settings of the payment run.
type Settings struct {
	Term   billing.PaymentTerm
	Debtor store.Debtor
	// Dir is the folder of the transfer files; it is made if it is missing.
	Dir string
}

// Service pays. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	settings Settings
}

// Faults of the settings.
var (
	ErrTerm   = errors.New("term of payment must be 0 to 365 days")
	ErrDebtor = errors.New("name and IBAN of the debtor are needed")
	ErrDir    = errors.New("folder of the transfer files is missing")
)

// maxTerm is far beyond any contract: a larger term is a typing mistake.
const maxTerm = 365

// New checks the settings; ErrTerm, ErrDebtor, ErrDir, billing.ErrIBAN and
// billing.ErrBIC say what is wrong.
func New(db *store.DB, settings Settings) (*Service, error) {
	d := &settings.Debtor
	switch {
	case settings.Term < 0 || settings.Term > maxTerm:
		return nil, ErrTerm
	case sepaText(d.Name) == "" || d.IBAN == "":
		return nil, ErrDebtor
	case settings.Dir == "":
		return nil, ErrDir
	}
	iban, err := billing.ParseIBAN(d.IBAN)
	if err != nil {
		return nil, err
	}
	d.IBAN = iban
	if d.BIC != "" {
		if err := billing.CheckBIC(d.BIC); err != nil {
			return nil, err
		}
	}
	return &Service{db: db, settings: settings}, nil
}

// Report counts what one call of Run did.
type Report struct {
	Vouchers int
	Paid     money.Cents
	// Blocked payees have no bank details; Failed vouchers could not be issued. Both
	// are logged, their invoices stay open and the next run tries again.
	Blocked, Failed int
	// File is the path of the transfer file, "" if nothing is to be transferred or it
	// had been written before.
	File string
}

// Run is the payment run of the Berlin day (PAY-1, JOB-5): it pays everything
// that is approved, open and due, and writes the transfer file. It may run twice
// and may stop anywhere: each voucher is a transaction of its own, and a run that
// was finished does nothing. now is the present: nothing is executed in the past.
// A payee that cannot be paid does not stop the others; an error is returned only
// where trying again can help.
func (s *Service) Run(ctx context.Context, day calendar.Date, now time.Time) (report Report, err error) {
	run, err := s.open(ctx, day, now)
	if err != nil {
		return report, err
	}
	if !run.Closed {
		if err := s.pay(ctx, run, now, &report); err != nil {
			return report, err
		}
	}
	if run.FileName == "" {
		report.File, err = s.writeTransfers(ctx, run, now)
	}
	return report, err
}

func (s *Service) open(ctx context.Context, day calendar.Date, now time.Time) (run store.PaymentRun, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		run, err = store.OpenPaymentRun(ctx, tx, store.PaymentRun{
			On: day, ExecuteOn: max(day, calendar.InBerlin(now)).BankDay(), ReceivedThrough: s.settings.Term.ReceivedThrough(day),
			Debtor: s.settings.Debtor, OpenedAt: now,
		})
		return err
	})
	return run, err
}

// pay issues the vouchers of the run and closes it.
func (s *Service) pay(ctx context.Context, run store.PaymentRun, now time.Time, report *Report) error {
	groups, err := s.db.DuePayments(ctx, run.ReceivedThrough)
	if err != nil {
		return err
	}
	for _, g := range groups {
		err := s.payGroup(ctx, run, g, now, report)
		switch {
		case err == nil:
		case errors.Is(err, store.ErrRunClosed): // by another process, which had nothing left
			return nil
		case ctx.Err() != nil || errors.Is(err, store.ErrLeaseLost) || store.Transient(err):
			return err
		default:
			if err := s.setAside(ctx, g, err, report); err != nil {
				return err
			}
		}
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := store.ClosePaymentRun(ctx, tx, run.On, now); err != nil {
			return err
		}
		return store.JobProgress(ctx, tx, 0, 0)
	})
}

// errNoBank says that nothing is known of the payee's account.
var errNoBank = errors.New("payee has no bank details")

// setAside counts and logs what could not be paid.
func (s *Service) setAside(ctx context.Context, g store.PaymentGroup, reason error, report *Report) error {
	fields := []zap.Field{zap.String("payee", g.PayeeIK), zap.String("payer", g.PayerIK)}
	if errors.Is(reason, errNoBank) {
		report.Blocked++
		logging.From(ctx).Warn("payee has no bank details", fields...)
	} else {
		report.Failed++
		logging.From(ctx).Error("voucher not issued", append(fields, zap.Error(reason))...)
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return store.JobProgress(ctx, tx, 0, 1) })
}

// payGroup issues the voucher of one payee and payer: number, lines, bookings,
// states and messages are one transaction.
func (s *Service) payGroup(ctx context.Context, run store.PaymentRun, g store.PaymentGroup, now time.Time, report *Report) error {
	var v *store.NewVoucher
	var number string
	err := s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		v = nil
		if err := store.JoinPaymentRun(ctx, tx, run.On); err != nil {
			return err
		}
		open, err := store.LockPayable(ctx, tx, g, run.ReceivedThrough)
		if err != nil || len(open) == 0 { // paid or cancelled meanwhile
			return err
		}
		payee, err := store.PayeeAt(ctx, tx, g.PayeeIK, run.ExecuteOn)
		if errors.Is(err, store.ErrNotFound) {
			return errNoBank
		}
		if err != nil {
			return err
		}
		claims, err := store.LockClaims(ctx, tx, g)
		if err != nil {
			return err
		}
		v = &store.NewVoucher{Run: run.On, Payee: payee, PayerIK: g.PayerIK, PaidOn: run.ExecuteOn, At: now}
		if err := fill(v, open, claims); err != nil {
			return err
		}
		if number, err = store.AddVoucher(ctx, tx, v); err != nil {
			return err
		}
		if err := announce(ctx, tx, number, v, open); err != nil {
			return err
		}
		return store.JobProgress(ctx, tx, 1, 0)
	})
	if err != nil || v == nil {
		return err
	}
	report.Vouchers++
	report.Paid += v.Total
	logging.From(ctx).Info("voucher issued", zap.String("voucher", number), zap.String("payee", g.PayeeIK), zap.String("payer", g.PayerIK),
		zap.Int("invoices", len(v.Lines)), zap.Int64("cents", int64(v.Total)))
	return nil
}

// fill decides the lines of the voucher.
func fill(v *store.NewVoucher, open, claims []store.LedgerInvoice) error {
	known := make(map[int64]*store.LedgerInvoice, len(open)+len(claims))
	due, back := make([]billing.Payable, len(open)), make([]billing.Payable, len(claims))
	for i := range open {
		due[i] = billing.Payable{Invoice: open[i].ID, Amount: open[i].Open}
		known[open[i].ID] = &open[i]
	}
	for i := range claims {
		back[i] = billing.Payable{Invoice: claims[i].ID, Amount: claims[i].Paid, Claim: true}
		known[claims[i].ID] = &claims[i]
	}
	lines, total, err := billing.SetOff(due, back)
	if err != nil {
		return err
	}
	v.Total = total
	for _, l := range lines {
		i := known[l.Invoice]
		state := i.State
		if !l.Claim {
			var ok bool
			if state, ok = i.State.Next(billing.InvoicePay); !ok {
				return fmt.Errorf("invoice in state %q cannot be paid", i.State)
			}
		}
		v.Lines = append(v.Lines, store.NewVoucherLine{Payable: l, Corrected: i.Corrected, State: state})
	}
	return nil
}

// flushBytes is the size of buffered messages at which they are written.
const flushBytes = 1 << 20

// announce writes the change of state of each invoice paid.
func announce(ctx context.Context, tx store.Tx, number string, v *store.NewVoucher, open []store.LedgerInvoice) error {
	out := store.NewOutboxWriter()
	for n := range open { // they are the first lines, in this order
		i, l := &open[n], &v.Lines[n]
		out.Add(store.OutboxMessage{
			EventID: uuid.Must(uuid.NewV7()), Kind: "invoice", Topic: messages.TopicInvoices, Key: i.ProviderIK, Type: messages.TypeInvoiceStatus, At: v.At,
			Body: messages.Encode(messages.InvoiceStatus{
				Invoice: i.Number.String(), InvoiceDate: i.Date.String(), ProviderIK: i.ProviderIK, PayeeIK: i.PayeeIK, PayerIK: i.PayerIK,
				Group: i.Group, State: string(l.State), Billed: int64(i.Billed), Approved: int64(i.Approved), Corrected: int64(i.Corrected),
				Voucher: number, Paid: int64(l.Amount), DeliveryID: i.DeliveryID.String(), At: v.At,
			}),
		})
		if out.Bytes() >= flushBytes {
			if err := out.Flush(ctx, tx); err != nil {
				return err
			}
		}
	}
	return out.Flush(ctx, tx)
}
