// Package status is the use case of the public look-ups: the status of an
// invoice by IK, number and date (RP-1, RP-2) and the invoices that a payment
// voucher pays (RP-3). It only reads (RP-6), shows nothing of an insured person
// (RP-7) and answers alike for what is wrong and what is unknown (PRV-11). The
// portal and the command line call it.
package status

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

var (
	// ErrNotFound says that no invoice or voucher matches in all values.
	ErrNotFound = errors.New("nothing matches all values")
	// ErrExpired says that a kept look-up is unknown or older than KeepFor.
	ErrExpired = errors.New("look-up is unknown or has expired")
)

const (
	// KeepFor is how long a look-up can be opened again under its id.
	KeepFor = 15 * time.Minute
	// PageSize is the number of rows of one page of a result.
	PageSize = 50
)

// Area is one of the three areas of the look-up (RP-4).
type Area string

// Areas of the look-up.
const (
	// Other are the Sonstige Leistungserbringer (§ 302 SGB V).
	Other Area = "sonstige"
	// Pharmacy is the Arzneimittelabrechnung (§ 300 SGB V).
	Pharmacy Area = "arzneimittel"
	// Integrated is the integrierte Versorgung (§ 295 Abs. 1b SGB V).
	Integrated Area = "integrierte-versorgung"
)

// Valid reports whether a is one of the three areas.
func (a Area) Valid() bool { return a == Other || a == Pharmacy || a == Integrated }

// groups returns the provider groups of the area; § 300 and § 295 are one each.
func (a Area) groups() []string {
	switch a {
	case Pharmacy:
		return []string{billing.GroupPharmacy.String()}
	case Integrated:
		return []string{billing.GroupIntegrated.String()}
	case Other:
	default:
		return []string{}
	}
	groups := make([]string, 0, 'S'-'A'+1)
	for g := billing.Group('A'); g <= 'S'; g++ {
		groups = append(groups, g.String())
	}
	return groups
}

// Query is what a visitor knows of an invoice. IK is the IK that is paid: the
// billing service's where it collects (RP-5).
type Query struct {
	Area   Area          `json:"area"`
	IK     string        `json:"ik"`
	Number string        `json:"number"`
	Date   calendar.Date `json:"date"`
}

// Invoice is what is shown of one invoice.
type Invoice = store.InvoiceStatus

// Payment is what one voucher paid for an invoice.
type Payment = store.Payment

// VoucherLine is one invoice that a voucher pays or sets off.
type VoucherLine struct {
	store.VoucherLine
}

// Area returns the area in which the invoice is looked up (RP-4).
func (l VoucherLine) Area() Area {
	switch l.Group {
	case billing.GroupPharmacy.String():
		return Pharmacy
	case billing.GroupIntegrated.String():
		return Integrated
	default:
		return Other
	}
}

// LookupNumber returns the number that the look-up asks for: the single one in
// the integrierte Versorgung, else the collective one (RP-2).
func (l VoucherLine) LookupNumber() string {
	if l.Area() == Integrated {
		return l.Number.Single
	}
	return l.Number.Collective
}

// SingleNumber returns the single number where it stands beside the one looked
// up, else "".
func (l VoucherLine) SingleNumber() string {
	if l.Area() == Integrated || l.Number.Single == "0" {
		return ""
	}
	return l.Number.Single
}

func voucherLines(in []store.VoucherLine) []VoucherLine {
	out := make([]VoucherLine, len(in))
	for i := range in {
		out[i] = VoucherLine{in[i]}
	}
	return out
}

// Result is the answer to a Query.
type Result struct {
	Query
	// Sums are over all invoices found.
	Sums store.InvoiceSums
	// Invoices is one page of them; Page counts from 1.
	Invoices    []Invoice
	Page, Pages int
	// AsOf is the instant of the figures.
	AsOf time.Time
}

// Summary is the status of a collective invoice as a whole.
type Summary string

// Summaries, from the invoices that belong to it.
const (
	AllPaid    Summary = "all_paid"
	PartlyPaid Summary = "partly_paid"
	AllRefused Summary = "all_refused"
	// AllCancelled: all that was not refused has been taken back.
	AllCancelled Summary = "all_cancelled"
	Corrected    Summary = "corrected"
	Approved     Summary = "approved"
)

// Summary returns the status of the whole: paid when everything that is payable
// has been paid.
func (r Result) Summary() Summary {
	s := r.Sums
	switch {
	case s.Refused == s.Invoices:
		return AllRefused
	case s.Refused+s.Cancelled == s.Invoices:
		return AllCancelled
	case s.Paid+s.Refused+s.Cancelled == s.Invoices:
		return AllPaid
	case s.Paid > 0:
		return PartlyPaid
	case s.Corrected+s.Refused > 0:
		return Corrected
	default:
		return Approved
	}
}

// Voucher is what is shown of a payment voucher: the invoices it pays.
type Voucher struct {
	Number string
	Total  int
	// Lines is one page of them; Page counts from 1.
	Lines       []VoucherLine
	Page, Pages int
	AsOf        time.Time
}

// Service answers look-ups. It is safe for concurrent use.
type Service struct {
	db    *store.DB
	clock clock.Clock
}

// New returns a Service on the database.
func New(db *store.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Lookup returns page (from 1) of the invoices that match the query in all
// values; ErrNotFound if none does, whatever the reason.
func (s *Service) Lookup(ctx context.Context, q Query, page int) (Result, error) {
	sums, list, err := s.db.InvoiceStatus(ctx, store.InvoiceQuery{
		PayeeIK: q.IK, Number: q.Number, Date: q.Date, Groups: q.Area.groups(), Single: q.Area == Integrated,
	}, pageOf(page))
	if err != nil {
		return Result{}, err
	}
	if len(list) == 0 {
		return Result{}, ErrNotFound
	}
	return Result{
		Query: q, Sums: sums, Invoices: list, Page: page, Pages: pages(sums.Invoices), AsOf: s.clock.Now(),
	}, nil
}

// Voucher returns page (from 1) of the invoices that the voucher pays;
// ErrNotFound if it is unknown.
func (s *Service) Voucher(ctx context.Context, number string, page int) (Voucher, error) {
	total, lines, err := s.db.VoucherLines(ctx, number, pageOf(page))
	if err != nil {
		return Voucher{}, err
	}
	if len(lines) == 0 {
		return Voucher{}, ErrNotFound
	}
	return Voucher{
		Number: number, Total: total, Lines: voucherLines(lines), Page: page, Pages: pages(total), AsOf: s.clock.Now(),
	}, nil
}

// VoucherLine returns line n (from 1) of the voucher, in the order in which
// Voucher lists them.
func (s *Service) VoucherLine(ctx context.Context, number string, n int) (VoucherLine, error) {
	if n < 1 {
		return VoucherLine{}, ErrNotFound
	}
	_, lines, err := s.db.VoucherLines(ctx, number, store.Page{Limit: 1, Offset: n - 1})
	if err != nil {
		return VoucherLine{}, err
	}
	if len(lines) == 0 {
		return VoucherLine{}, ErrNotFound
	}
	return VoucherLine{lines[0]}, nil
}

func pageOf(page int) store.Page {
	return store.Page{Limit: PageSize, Offset: (max(page, 1) - 1) * PageSize}
}

func pages(rows int) int { return (rows + PageSize - 1) / PageSize }

// Kinds of kept look-ups.
const (
	kindInvoice = "invoice"
	kindVoucher = "voucher"
)

// Keep runs the look-up and keeps the question under a random id for KeepFor, so
// that no value of it stands in an address (RP-7). ErrNotFound if nothing
// matches; then nothing is kept.
func (s *Service) Keep(ctx context.Context, q Query) (id string, err error) {
	if _, err := s.Lookup(ctx, q, 1); err != nil {
		return "", err
	}
	return s.keep(ctx, kindInvoice, q)
}

// Kept returns page of the result of a kept look-up with the figures of now;
// ErrExpired if the id is unknown or too old.
func (s *Service) Kept(ctx context.Context, id string, page int) (Result, error) {
	var q Query
	if err := s.open(ctx, kindInvoice, id, &q); err != nil {
		return Result{}, err
	}
	return s.Lookup(ctx, q, page)
}

// KeepVoucher is Keep for a voucher number.
func (s *Service) KeepVoucher(ctx context.Context, number string) (id string, err error) {
	if _, err := s.Voucher(ctx, number, 1); err != nil {
		return "", err
	}
	return s.keep(ctx, kindVoucher, number)
}

// KeptVoucher is Kept for a voucher number.
func (s *Service) KeptVoucher(ctx context.Context, id string, page int) (Voucher, error) {
	var number string
	if err := s.open(ctx, kindVoucher, id, &number); err != nil {
		return Voucher{}, err
	}
	return s.Voucher(ctx, number, page)
}

// KeptVoucherLine returns line n (from 1) of a kept voucher.
func (s *Service) KeptVoucherLine(ctx context.Context, id string, n int) (VoucherLine, error) {
	var number string
	if err := s.open(ctx, kindVoucher, id, &number); err != nil {
		return VoucherLine{}, err
	}
	return s.VoucherLine(ctx, number, n)
}

func (s *Service) keep(ctx context.Context, kind string, question any) (id string, err error) {
	payload, err := json.Marshal(question)
	if err != nil {
		return "", fmt.Errorf("encode look-up: %w", err)
	}
	now := s.clock.Now()
	id = rand.Text() // at least 128 random bits
	err = s.db.KeepLookup(ctx, store.KeptLookup{
		ID: id, Kind: kind, Payload: payload, CreatedAt: now, ExpiresAt: now.Add(KeepFor),
	})
	return id, err
}

func (s *Service) open(ctx context.Context, kind, id string, question any) error {
	payload, err := s.db.OpenLookup(ctx, id, kind, s.clock.Now())
	if errors.Is(err, store.ErrNotFound) {
		return ErrExpired
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(payload, question); err != nil {
		return fmt.Errorf("decode look-up: %w", err)
	}
	return nil
}
