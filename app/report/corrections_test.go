package report_test

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"klarbeleg/app/report"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

type bundle struct {
	testing.TB
	ctx     context.Context
	db      *store.DB
	reports *report.Service
	dir     string
}

func setup(t testing.TB) *bundle {
	t.Helper()
	db := store.New(testdb.New(t))
	reports, err := report.New(db)
	if err != nil {
		t.Fatal(err)
	}
	return &bundle{TB: t, ctx: t.Context(), db: db, reports: reports, dir: t.TempDir()}
}

func berlin(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, calendar.Berlin())
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func november() report.Params {
	return report.Params{From: calendar.MustDate("2026-11-01"), To: calendar.MustDate("2026-11-30")}
}

// seed adds what the golden workbook shows: a row for each type and state, rows
// at both ends of the period and just outside, texts that would be formulas.
func (b *bundle) seed() {
	b.Helper()
	at := func(s string, r storetest.Correction) storetest.Correction { r.At = berlin(s); return r }
	for i, c := range []storetest.Case{
		{Provided: berlin("2026-10-31 23:59:59")}, // before
		{Provided: berlin("2026-11-01 00:00:00"), Group: "A", VoucherNo: "0000000001", Corrections: []storetest.Correction{
			at("2026-11-01 00:00:00", storetest.Correction{Rule: "P4010", Cents: 1}),
			at("2026-11-01 00:00:01", storetest.Correction{Rule: "P3102", Cents: 123_456_789, State: billing.CorrectionCorrected}),
		}},
		{
			Provided: berlin("2026-11-15 12:00:00"), Group: "B", VoucherNo: "=1+1", InvoiceNo: "@SUM(A1)", PayerIK: "101575519",
			State: billing.CaseInProgress, Corrections: []storetest.Correction{{Rule: "P4010", Cents: 1010}},
		},
		{
			Provided: berlin("2026-11-30 23:59:59"), Group: "E", ProviderIK: "261234574", State: billing.CaseCompleted,
			CompletedAt: berlin("2026-11-30 23:59:59"), Corrections: []storetest.Correction{{Rule: "P4201", Cents: 999, NotInForce: true}},
		},
		{Provided: berlin("2026-12-01 00:00:00")}, // after
	} {
		c.ID = uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		storetest.AddCase(b, b.db, c)
	}
}

func (b *bundle) write(p report.Params) (report.Summary, *excelize.File) {
	b.Helper()
	path := filepath.Join(b.dir, "berichtigungen.xlsx")
	sum, err := b.reports.Write(b.ctx, "corrections", p, path)
	if err != nil {
		b.Fatal(err)
	}
	return sum, b.open(path)
}

func (b *bundle) open(path string) *excelize.File {
	b.Helper()
	book, err := excelize.OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := book.Close(); err != nil {
			b.Error(err)
		}
	})
	return book
}

// dump writes every cell as type, stored value and what a reader sees.
func (b *bundle) dump(book *excelize.File) string {
	b.Helper()
	types := map[excelize.CellType]string{
		excelize.CellTypeInlineString: "text", excelize.CellTypeNumber: "number", excelize.CellTypeUnset: "number",
		excelize.CellTypeFormula: "FORMULA", excelize.CellTypeSharedString: "shared",
	}
	var out strings.Builder
	for _, sheet := range book.GetSheetList() {
		raw, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&out, "# %s\n", sheet)
		for r, cells := range raw {
			for c, value := range cells {
				name, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					b.Fatal(err)
				}
				kind, err := book.GetCellType(sheet, name)
				if err != nil {
					b.Fatal(err)
				}
				shown, err := book.GetCellValue(sheet, name)
				if err != nil {
					b.Fatal(err)
				}
				if formula, err := book.GetCellFormula(sheet, name); err != nil || formula != "" {
					b.Errorf("%s!%s is a formula, %v", sheet, name, err)
				}
				fmt.Fprintf(&out, "%s %s %q %q\n", name, types[kind], value, shown)
			}
		}
	}
	return out.String()
}

// REP-1, REP-3: the workbook compared by cells.
func TestCorrectionsGolden(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seed()
	sum, book := b.write(november())
	got := b.dump(book)
	asOf := sum.AsOf.In(calendar.Berlin()).Format("02.01.2006 15:04:05")
	if strings.Count(got, asOf) != 1 {
		t.Errorf("the workbook does not say as of when: %s", asOf)
	}
	// The instant is the only cell that differs from run to run.
	lines := strings.Split(got, "\n")
	for i, line := range lines {
		if strings.Contains(line, asOf) {
			lines[i] = line[:strings.Index(line, " ")] + " AS OF"
		}
	}
	got = strings.Join(lines, "\n")
	const file = "testdata/corrections.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	t.Run("REP-3 sums equal the database's to the cent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.seed()
		for i := range 300 {
			storetest.AddCase(t, b.db, storetest.Case{
				Provided: berlin("2026-11-10 08:00:00"), PayerIK: fmt.Sprint(100000000 + i%7),
				Corrections: []storetest.Correction{{Cents: int64(i*i*37 + 1), Rule: fmt.Sprintf("P%d", 3000+i%11)}},
			})
		}
		sum, book := b.write(november())
		var rows, total, inForce int64
		if err := b.db.Pool().QueryRow(b.ctx, `select count(*), sum(amount_cents)::bigint, sum(amount_cents) filter (where in_force)::bigint
			from correction where created_at >= '2026-10-31T23:00:00Z' and created_at < '2026-11-30T23:00:00Z'`).
			Scan(&rows, &total, &inForce); err != nil {
			t.Fatal(err)
		}
		if sum.Sums.Rows != rows || int64(sum.Sums.Amounts[0]) != total || int64(sum.Sums.Amounts[1]) != inForce {
			t.Errorf("summary %d, %d, %d; database %d, %d, %d", sum.Sums.Rows, sum.Sums.Amounts[0], sum.Sums.Amounts[1], rows, total, inForce)
		}
		data := b.cells(book, "Daten")[1:]
		var cents int64
		for _, row := range data {
			cents += centsOf(t, row[10])
		}
		if int64(len(data)) != rows || cents != total {
			t.Errorf("data sheet: %d rows, %d cents; database %d, %d", len(data), cents, rows, total)
		}
		byDimension := map[string]int64{}
		for _, row := range b.cells(book, "Summen")[1:] {
			byDimension[row[0]] += centsOf(t, row[3])
		}
		want := map[string]int64{"Gesamt": total, "Leistungserbringergruppe": total, "Kostenträger": total, "Regel": total, "Monat": total}
		if diff := cmp.Diff(want, byDimension); diff != "" {
			t.Errorf("sums (-database +workbook):\n%s", diff)
		}
	})
	t.Run("REP-1 header frozen, filter, landscape, header on each page", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.seed()
		_, book := b.write(november())
		for sheet, filter := range map[string]string{"Daten": "A1:Q5", "Summen": "A1:E11", "Stand": "A1:B9"} {
			panes, err := book.GetPanes(sheet)
			if err != nil || !panes.Freeze || panes.YSplit != 1 {
				t.Errorf("%s: panes %+v, %v", sheet, panes, err)
			}
			layout, err := book.GetPageLayout(sheet)
			if err != nil || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 || *layout.Size != 9 {
				t.Errorf("%s: layout %+v, %v", sheet, layout, err)
			}
			props, err := book.GetSheetProps(sheet)
			if err != nil || props.FitToPage == nil || !*props.FitToPage {
				t.Errorf("%s: does not fit to the page, %v", sheet, err)
			}
			if xml := b.sheetXML(book, sheet); !strings.Contains(xml, `<autoFilter ref="`+dollar(filter)+`"`) && !strings.Contains(xml, `<autoFilter ref="`+filter+`"`) {
				t.Errorf("%s: no filter over %s", sheet, filter)
			}
		}
		titles := 0
		for _, name := range book.GetDefinedName() {
			if name.Name == "_xlnm.Print_Titles" && name.RefersTo == "'"+name.Scope+"'!$1:$1" {
				titles++
			}
		}
		if titles != 3 {
			t.Errorf("%d sheets repeat their header, want 3", titles)
		}
	})
	t.Run("REP-2 a full sheet goes on on the next one", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.reports.SplitAfter(2)
		for day := 1; day <= 5; day++ {
			storetest.AddCase(t, b.db, storetest.Case{Provided: berlin(fmt.Sprintf("2026-11-%02d 08:00:00", day))})
		}
		_, book := b.write(november())
		if got := book.GetSheetList()[:3]; !cmp.Equal(got, []string{"Daten", "Daten 2", "Daten 3"}) {
			t.Fatalf("sheets %q", got)
		}
		var days []string
		for _, sheet := range []string{"Daten", "Daten 2", "Daten 3"} {
			rows, err := book.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if rows[0][0] != "Erstellt am" || len(rows) > 3 {
				t.Errorf("%s: header %q, %d rows", sheet, rows[0][0], len(rows))
			}
			for _, row := range rows[1:] {
				days = append(days, row[0])
			}
		}
		if diff := cmp.Diff([]string{"01.11.2026", "02.11.2026", "03.11.2026", "04.11.2026", "05.11.2026"}, days); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("REP-1 an empty period has a header and zero sums", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		sum, book := b.write(november())
		if sum.Sums.Rows != 0 || sum.Sums.Amounts[0] != 0 || len(b.cells(book, "Daten")) != 1 || len(b.cells(book, "Summen")) != 2 {
			t.Errorf("%+v", sum)
		}
	})
	t.Run("F-11 the file appears whole or not at all, and replaces the one before", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.seed()
		first, _ := b.write(november())
		path := filepath.Join(b.dir, "berichtigungen.xlsx")
		b.checkFile(path, first)
		// What a killed process leaves behind.
		if err := os.MkdirAll(filepath.Join(b.dir, ".berichtigungen.xlsx.part", "excelize-1"), 0o700); err != nil {
			t.Fatal(err)
		}
		second, _ := b.write(november())
		b.checkFile(path, second)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// A row without its case: the join loses it, the sums do not.
		if _, err := b.db.Pool().Exec(b.ctx, `alter table correction drop constraint correction_correction_case_id_fkey;
			delete from correction_case where provider_group = 'B'`); err != nil {
			t.Fatal(err)
		}
		if _, err := b.reports.Write(b.ctx, "corrections", november(), path); !errors.Is(err, report.ErrNotReconciled) {
			t.Fatalf("got %v", err)
		}
		after, err := os.ReadFile(path)
		if err != nil || string(after) != string(before) {
			t.Errorf("the file changed, %v", err)
		}
		b.checkFile(path, second)
	})
	t.Run("refuses", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		good := filepath.Join(b.dir, "a.xlsx")
		for _, c := range []struct {
			p    report.Params
			path string
			want error
		}{
			{report.Params{From: november().To, To: november().From}, good, report.ErrPeriod},
			{report.Params{}, good, report.ErrPeriod},
			{november(), filepath.Join(b.dir, "a.csv"), report.ErrFileName},
			{november(), filepath.Join(b.dir, "missing", "a.xlsx"), os.ErrNotExist},
		} {
			if _, err := b.reports.Write(b.ctx, "corrections", c.p, c.path); !errors.Is(err, c.want) {
				t.Errorf("%+v %s: got %v, want %v", c.p, c.path, err, c.want)
			}
		}
	})
}

// checkFile checks that the file is what the summary says and that nothing else
// is in the folder.
func (b *bundle) checkFile(path string, sum report.Summary) {
	b.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if sha256.Sum256(content) != sum.SHA256 || int64(len(content)) != sum.Bytes {
		b.Errorf("file of %d bytes differs from its summary", len(content))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		b.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(b.dir)
	if err != nil || len(entries) != 1 {
		b.Errorf("folder holds %v, %v", entries, err)
	}
}

// cells returns the stored values.
func (b *bundle) cells(book *excelize.File, sheet string) [][]string {
	b.Helper()
	rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// sheetXML returns the sheet as it is stored.
func (b *bundle) sheetXML(book *excelize.File, sheet string) string {
	b.Helper()
	index, err := book.GetSheetIndex(sheet)
	if err != nil {
		b.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(b.dir, "berichtigungen.xlsx"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	file, err := archive.Open(fmt.Sprintf("xl/worksheets/sheet%d.xml", index+1))
	if err != nil {
		b.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		b.Fatal(err)
	}
	return string(content)
}

// dollar makes A1:B2 absolute.
func dollar(ref string) string {
	var out strings.Builder
	for i, r := range ref {
		if i == 0 || ref[i-1] == ':' {
			out.WriteByte('$')
		}
		if r >= '0' && r <= '9' && (ref[i-1] < '0' || ref[i-1] > '9') {
			out.WriteByte('$')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// centsOf reads a stored amount, which has at most two decimals.
func centsOf(t *testing.T, s string) int64 {
	t.Helper()
	whole, decimals, _ := strings.Cut(s, ".")
	cents, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	if err != nil || len(decimals) > 2 {
		t.Fatalf("amount %q: %v", s, err)
	}
	return cents
}
