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
	"os"
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
	// ErrKind: there is no report of that name.
	ErrKind = errors.New("no such report")
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
	// Sums are over all rows; the amounts are those of the report's kind.
	Sums   store.ReportSums
	Bytes  int64
	SHA256 [sha256.Size]byte
}

// definition describes a kind of report. Its texts have the key kind + "." + name or
// those of columns.
type definition struct {
	columns []column
	// amounts name the euro columns of the sums, dimensions by what they are broken
	// down.
	amounts, dimensions []string
	// each calls add for the rows of the period, total sums them up another way: by
	// the database, without joins, so that a row lost there shows.
	each  func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error
	total func(ctx context.Context, tx store.Tx, p store.Period) (store.ReportSums, error)
}

// line is one row: a value per column, an amount per sum, a value per dimension.
type line struct {
	cells   []any
	amounts []money.Cents
	by      []string
}

func (s *Service) definitions(p Params) map[string]definition {
	return map[string]definition{
		"corrections": s.corrections(), "invoices": s.invoices(), "payments": s.payments(), "cards": s.cards(), "rules": s.rules(),
		"open-cards": s.openCards(p),
	}
}

// Kinds returns the names of the reports, sorted.
func (s *Service) Kinds() []string { return slices.Sorted(maps.Keys(s.definitions(Params{}))) }

// Title returns the German title of a report.
func (s *Service) Title(kind string) string { return s.texts.of("title." + kind) }

// FileName returns the name of the file of a report and period, without folder.
func (s *Service) FileName(kind string, p Params) string {
	return fmt.Sprintf("%s-%s-%s.xlsx", s.texts.of("file."+kind), p.From, p.To)
}

// Nightly writes every report of the month to date into the folder, up to and with
// the Berlin day, each with its checksum beside it in the form of sha256sum (REP-4).
// A repeated run for the day replaces its files.
func (s *Service) Nightly(ctx context.Context, day calendar.Date, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("export folder: %w", err)
	}
	y, m, _ := day.Civil()
	first, _ := calendar.NewDate(y, m, 1)
	p := Params{From: first, To: day}
	for _, kind := range s.Kinds() {
		name := s.FileName(kind, p)
		path := filepath.Join(folder, name)
		sum, err := s.Write(ctx, kind, p, path)
		if err != nil {
			return err
		}
		if err := writeChecksum(path+".sha256", fmt.Sprintf("%x  %s\n", sum.SHA256, name)); err != nil {
			return err
		}
	}
	return nil
}

func writeChecksum(path, line string) (err error) {
	file, err := wholefile.New(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write([]byte(line)); err != nil {
		return err
	}
	_, err = file.Publish()
	return err
}

// Write writes the report of the kind and period to an xlsx file at path, replacing
// one that is there: the rows, their sums by several dimensions, and what the
// figures are. All of it is one snapshot of the database. The file appears complete
// or not at all.
func (s *Service) Write(ctx context.Context, kind string, p Params, path string) (sum Summary, err error) {
	def, ok := s.definitions(p)[kind]
	switch {
	case !ok:
		return Summary{}, fmt.Errorf("%s: %w", kind, ErrKind)
	case p.From.IsZero() || p.To < p.From:
		return Summary{}, ErrPeriod
	case !strings.EqualFold(filepath.Ext(path), ".xlsx"):
		return Summary{}, ErrFileName
	}
	file, err := wholefile.New(path)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	err = s.db.Snapshot(ctx, func(ctx context.Context, tx store.Tx, asOf time.Time) (err error) {
		book, err := newWorkbook(file.Work(), s.texts, s.Title(kind), asOf)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, book.close()) }()
		sum.AsOf = asOf
		if sum.Sums, err = s.fill(ctx, tx, book, def, p); err != nil {
			return err
		}
		if err := s.writeStatus(book, kind, def, p, sum); err != nil {
			return err
		}
		return book.writeTo(file)
	})
	if err != nil {
		return Summary{}, fmt.Errorf("report %s: %w", kind, err)
	}
	sum.Bytes = file.Size()
	sum.SHA256, err = file.Publish()
	return sum, err
}

// fill writes the rows and their sums, and compares both with the database.
func (s *Service) fill(ctx context.Context, tx store.Tx, book *workbook, def definition, p Params) (store.ReportSums, error) {
	period := store.Period{From: p.From.AddDays(-1).EndInBerlin(), To: p.To.EndInBerlin()}
	data, err := book.table(s.texts.of("sheet.data"), s.maxRows, def.columns)
	if err != nil {
		return store.ReportSums{}, err
	}
	all := newSums(def)
	if err := def.each(ctx, tx, period, func(l line) error {
		all.add(l)
		return data.add(l.cells...)
	}); err != nil {
		return store.ReportSums{}, err
	}
	if err := data.close(); err != nil {
		return store.ReportSums{}, err
	}
	want, err := def.total(ctx, tx, period)
	if err != nil {
		return store.ReportSums{}, err
	}
	if !all.all.Equal(want) {
		return store.ReportSums{}, ErrNotReconciled
	}
	return want, s.writeSums(book, def, all)
}

// sums are the sums of the rows, in all and by the values of each dimension.
type sums struct {
	all store.ReportSums
	by  []map[string]*store.ReportSums
}

func newSums(def definition) *sums {
	s := &sums{all: store.NewReportSums(len(def.amounts))}
	for range def.dimensions {
		s.by = append(s.by, map[string]*store.ReportSums{})
	}
	return s
}

func (s *sums) add(l line) {
	s.all.Add(l.amounts)
	for d, value := range l.by {
		if s.by[d][value] == nil {
			fresh := store.NewReportSums(len(l.amounts))
			s.by[d][value] = &fresh
		}
		s.by[d][value].Add(l.amounts)
	}
}

// writeSums writes the sums as values: they stay right when rows are filtered.
func (s *Service) writeSums(book *workbook, def definition, sums *sums) error {
	columns := []column{{"dimension", kindText, 26}, {"value", kindText, 16}, {"count", kindCount, 12}}
	for _, a := range def.amounts {
		columns = append(columns, column{a, kindEuro, 18})
	}
	t, err := book.table(s.texts.of("sheet.sums"), s.maxRows, columns)
	if err != nil {
		return err
	}
	add := func(dimension, value string, sum *store.ReportSums) error {
		cells := []any{s.texts.of("dimension." + dimension), value, sum.Rows}
		for _, a := range sum.Amounts {
			cells = append(cells, a)
		}
		return t.add(cells...)
	}
	if err := add("all", s.texts.of("value.all"), &sums.all); err != nil {
		return err
	}
	for d, name := range def.dimensions {
		for _, value := range slices.Sorted(maps.Keys(sums.by[d])) {
			if err := add(name, value, sums.by[d][value]); err != nil {
				return err
			}
		}
	}
	return t.close()
}

// writeStatus writes what the figures are and as of when.
func (s *Service) writeStatus(book *workbook, kind string, def definition, p Params, sum Summary) error {
	t, err := book.table(s.texts.of("sheet.status"), s.maxRows, []column{{"label", kindText, 32}, {"content", kindText, 32}})
	if err != nil {
		return err
	}
	type entry struct {
		label   string
		kind    cellKind
		content any
	}
	entries := []entry{
		{"status.report", kindText, s.Title(kind)},
		{"status.filter", kindText, s.texts.of("filter." + kind)},
		{"status.from", kindDate, p.From},
		{"status.to", kindDate, p.To},
		{"status.as_of", kindInstant, sum.AsOf},
		{"status.rows", kindCount, sum.Sums.Rows},
	}
	for i, a := range def.amounts {
		entries = append(entries, entry{"status." + a, kindEuro, sum.Sums.Amounts[i]})
	}
	for _, e := range entries {
		t.columns[1].kind = e.kind
		if err := t.add(s.texts.of(e.label), e.content); err != nil {
			return err
		}
	}
	return t.close()
}

// month returns the Berlin month of an instant, as 2026-11.
func month(at time.Time) string { return at.In(calendar.Berlin()).Format("2006-01") }

// number returns a Rechnungsnummer as it is printed.
func number(collective, single string) string {
	if collective == "" {
		return single
	}
	return collective + ":" + single
}
