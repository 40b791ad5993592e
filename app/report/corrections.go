// Package report writes spreadsheets for finance analysts: typed cells, sums
// that agree with the database to the cent, and the instant as of which they hold
// (REP-1, REP-3). Command line, jobs and portal call it. Reports show our own ids,
// invoices and amounts, nothing of an insured person.
package report

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/wholefile"
	"klarbeleg/store"
)

// Service writes reports. It is safe for concurrent use, but not for the same
// file at once.
type Service struct {
	db      *store.DB
	texts   texts
	maxRows int
}

// New returns a Service.
func New(db *store.DB) (*Service, error) {
	t, err := loadTexts()
	if err != nil {
		return nil, err
	}
	return &Service{db: db, texts: t, maxRows: maxRows}, nil
}

// Faults of a call.
var (
	// ErrPeriod: the period is missing or ends before it begins.
	ErrPeriod = errors.New("period ends before it begins")
	// ErrFileName: the file must be named *.xlsx.
	ErrFileName = errors.New("file name must end in .xlsx")
	// ErrNotReconciled: the rows do not add up to the database's sums; nothing was
	// written.
	ErrNotReconciled = errors.New("rows and sums of the report disagree")
)

// Params select what is reported.
type Params struct {
	// From and To are the first and the last Berlin day of the period.
	From, To calendar.Date
}

// Summary says what a report holds.
type Summary struct {
	// AsOf is the instant of the snapshot.
	AsOf time.Time
	Rows int64
	// Total is the sum of all amounts, InForce of those still in force.
	Total, InForce money.Cents
	Bytes          int64
	SHA256         [sha256.Size]byte
}

// correctionColumns are the columns of the data sheet.
func correctionColumns() []column {
	return []column{
		{"created_on", kindDate, 12},
		{"case", kindText, 38},
		{"voucher", kindText, 16},
		{"invoice", kindText, 24},
		{"invoice_date", kindDate, 14},
		{"group", kindText, 9},
		{"provider", kindText, 15},
		{"payee", kindText, 15},
		{"payer", kindText, 15},
		{"rule", kindText, 10},
		{"amount", kindEuro, 15},
		{"gross_cut", kindEuro, 15},
		{"copay_cut", kindEuro, 15},
		{"state", kindText, 12},
		{"in_force", kindText, 9},
		{"case_state", kindText, 16},
		{"last_day", kindDate, 14},
	}
}

// Corrections writes the corrections made in the period to an xlsx file at path,
// replacing one that is there: the rows, their sums by several dimensions, and
// what the figures are. All of it is one snapshot of the database. The file
// appears complete or not at all.
func (s *Service) Corrections(ctx context.Context, p Params, path string) (sum Summary, err error) {
	if p.From.IsZero() || p.To < p.From {
		return Summary{}, ErrPeriod
	}
	if !strings.EqualFold(filepath.Ext(path), ".xlsx") {
		return Summary{}, ErrFileName
	}
	file, err := wholefile.New(path)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	err = s.db.Snapshot(ctx, func(ctx context.Context, tx store.Tx, asOf time.Time) (err error) {
		book, err := newWorkbook(file.Work(), s.texts, s.texts.of("title.corrections"), asOf)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, book.close()) }()
		sum, err = s.fillCorrections(ctx, tx, book, p)
		if err != nil {
			return err
		}
		sum.AsOf = asOf
		if err := s.writeStatus(book, p, sum); err != nil {
			return err
		}
		return book.writeTo(file)
	})
	if err != nil {
		return Summary{}, fmt.Errorf("report of corrections: %w", err)
	}
	sum.Bytes = file.Size()
	sum.SHA256, err = file.Publish()
	return sum, err
}

// fillCorrections writes the rows and their sums, and compares both with the
// database.
func (s *Service) fillCorrections(ctx context.Context, tx store.Tx, book *workbook, p Params) (Summary, error) {
	from, to := p.From.AddDays(-1).EndInBerlin(), p.To.EndInBerlin()
	data, err := book.table(s.texts.of("sheet.data"), s.maxRows, correctionColumns())
	if err != nil {
		return Summary{}, err
	}
	sums := newSums()
	if err := store.EachCorrection(ctx, tx, from, to, func(r *store.CorrectionRow) error {
		sums.add(r)
		return s.addCorrection(data, r)
	}); err != nil {
		return Summary{}, err
	}
	if err := data.close(); err != nil {
		return Summary{}, err
	}
	want, err := store.SumCorrections(ctx, tx, from, to)
	if err != nil {
		return Summary{}, err
	}
	if sums.all != want {
		return Summary{}, ErrNotReconciled
	}
	if err := s.writeSums(book, sums); err != nil {
		return Summary{}, err
	}
	return Summary{Rows: want.Rows, Total: want.Total, InForce: want.InForce}, nil
}

func (s *Service) addCorrection(data *table, r *store.CorrectionRow) error {
	inForce := s.texts.of("no")
	if r.InForce {
		inForce = s.texts.of("yes")
	}
	return data.add(
		calendar.InBerlin(r.CreatedAt), r.CaseID.String(), r.VoucherNo, r.Collective+":"+r.Single, calendar.OfTime(r.InvoiceDate),
		r.Group, r.ProviderIK, r.PayeeIK, r.PayerIK, r.Rule, r.Amount, r.GrossCut, r.CopayCut,
		s.texts.of("state."+string(r.State)), inForce, s.texts.of("case_state."+string(r.CaseState)),
		// The deadline is the first instant after the last day.
		calendar.InBerlin(r.EditableUntil.Add(-time.Nanosecond)),
	)
}

// Dimensions of the sums, in the order of the sheet; the text has the key
// "dimension." + name.
const (
	byGroup = iota
	byPayer
	byRule
	byMonth
	dimensions
)

// sums are the sums of the rows, in all and by the values of each dimension.
type sums struct {
	all store.CorrectionSums
	by  [dimensions]map[string]*store.CorrectionSums
}

func newSums() *sums {
	s := &sums{}
	for d := range s.by {
		s.by[d] = map[string]*store.CorrectionSums{}
	}
	return s
}

func (s *sums) add(r *store.CorrectionRow) {
	count(&s.all, r)
	values := [dimensions]string{
		byGroup: r.Group, byPayer: r.PayerIK, byRule: r.Rule,
		byMonth: r.CreatedAt.In(calendar.Berlin()).Format("2006-01"),
	}
	for d, value := range values {
		if s.by[d][value] == nil {
			s.by[d][value] = &store.CorrectionSums{}
		}
		count(s.by[d][value], r)
	}
}

func count(s *store.CorrectionSums, r *store.CorrectionRow) {
	s.Rows++
	s.Total += r.Amount
	if r.InForce {
		s.InForce += r.Amount
	}
}

// writeSums writes the sums as values: they stay right when rows are filtered.
func (s *Service) writeSums(book *workbook, sums *sums) error {
	t, err := book.table(s.texts.of("sheet.sums"), s.maxRows, []column{
		{"dimension", kindText, 26},
		{"value", kindText, 16},
		{"count", kindCount, 12},
		{"total", kindEuro, 18},
		{"total_in_force", kindEuro, 18},
	})
	if err != nil {
		return err
	}
	if err := t.add(s.texts.of("dimension.all"), s.texts.of("value.all"), sums.all.Rows, sums.all.Total, sums.all.InForce); err != nil {
		return err
	}
	for d, name := range [dimensions]string{byGroup: "group", byPayer: "payer", byRule: "rule", byMonth: "month"} {
		for _, value := range slices.Sorted(maps.Keys(sums.by[d])) {
			v := sums.by[d][value]
			if err := t.add(s.texts.of("dimension."+name), value, v.Rows, v.Total, v.InForce); err != nil {
				return err
			}
		}
	}
	return t.close()
}

// writeStatus writes what the figures are and as of when.
func (s *Service) writeStatus(book *workbook, p Params, sum Summary) error {
	t, err := book.table(s.texts.of("sheet.status"), s.maxRows, []column{{"label", kindText, 32}, {"content", kindText, 32}})
	if err != nil {
		return err
	}
	for _, line := range []struct {
		label   string
		kind    kind
		content any
	}{
		{"status.report", kindText, s.texts.of("title.corrections")},
		{"status.filter", kindText, s.texts.of("status.filter_text")},
		{"status.from", kindDate, p.From},
		{"status.to", kindDate, p.To},
		{"status.as_of", kindInstant, sum.AsOf},
		{"status.rows", kindCount, sum.Rows},
		{"status.total", kindEuro, sum.Total},
		{"status.total_in_force", kindEuro, sum.InForce},
	} {
		t.columns[1].kind = line.kind
		if err := t.add(s.texts.of(line.label), line.content); err != nil {
			return err
		}
	}
	return t.close()
}
