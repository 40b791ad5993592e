package payment_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"klarbeleg/app/payment"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store/storetest"
)

// transfers is what a transfer file says, read back.
type transfers struct {
	Count int    `xml:"CstmrCdtTrfInitn>GrpHdr>NbOfTxs"`
	Sum   string `xml:"CstmrCdtTrfInitn>GrpHdr>CtrlSum"`
	Infos []struct {
		Count     int    `xml:"NbOfTxs"`
		Sum       string `xml:"CtrlSum"`
		Day       string `xml:"ReqdExctnDt>Dt"`
		Transfers []struct {
			ID     string `xml:"PmtId>EndToEndId"`
			Amount struct {
				Currency string `xml:"Ccy,attr"`
				Value    string `xml:",chardata"`
			} `xml:"Amt>InstdAmt"`
			BIC  string `xml:"CdtrAgt>FinInstnId>BICFI"`
			Name string `xml:"Cdtr>Nm"`
			IBAN string `xml:"CdtrAcct>Id>IBAN"`
			Text string `xml:"RmtInf>Ustrd"`
		} `xml:"CdtTrfTxInf"`
	} `xml:"CstmrCdtTrfInitn>PmtInf"`
}

var sepaCharacters = regexp.MustCompile(`^[A-Za-z0-9/\-?:().,'+ ]*$`)

// readTransfers reads the transfer file, checks it against the schema and the
// rules of the banks, and returns the sum of its transfers.
func readTransfers(t *testing.T, path string) (f transfers, sum money.Cents) {
	t.Helper()
	raw := readFile(t, path)
	for _, p := range readXSD(t, "testdata/pain.001.001.09.xsd").validate(raw) {
		t.Errorf("%s: %s", filepath.Base(path), p)
	}
	if err := xml.Unmarshal([]byte(raw), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Infos) != 1 {
		t.Fatalf("%d payment informations", len(f.Infos))
	}
	info := f.Infos[0]
	for _, tr := range info.Transfers {
		var euros, cents int64
		if n, err := fmt.Sscanf(tr.Amount.Value, "%d.%02d", &euros, &cents); n != 2 || err != nil || !regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`).MatchString(tr.Amount.Value) {
			t.Errorf("amount %q", tr.Amount.Value)
		}
		sum += money.Cents(100*euros + cents)
		for _, text := range []string{tr.Name, tr.Text, tr.ID} {
			if !sepaCharacters.MatchString(text) || text == "" {
				t.Errorf("text %q is not in the SEPA character set", text)
			}
		}
		if tr.Text != "Zahlbeleg "+tr.ID || tr.Amount.Currency != "EUR" || !regexp.MustCompile(`^0[0-9]{9}$`).MatchString(tr.ID) {
			t.Errorf("transfer %+v", tr)
		}
	}
	want := strings.Replace(sum.Wire(), ",", ".", 1)
	if f.Count != len(info.Transfers) || info.Count != f.Count || f.Sum != want || info.Sum != want {
		t.Errorf("counts %d, %d of %d; sums %s, %s of %s", f.Count, info.Count, len(info.Transfers), f.Sum, info.Sum, want)
	}
	if !calendar.MustDate(info.Day).IsBankDay() {
		t.Errorf("execution on %s, when banks are closed", info.Day)
	}
	checksum := sha256.Sum256([]byte(raw))
	if got := readFile(t, path+".sha256"); got != hex.EncodeToString(checksum[:])+"  "+filepath.Base(path)+"\n" {
		t.Errorf("checksum file %q", got)
	}
	return f, sum
}

// PAY-2: the transfer file fits the schema and says what the vouchers say.
func TestTransferFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.received("2026-11-01", storetest.Invoice{PayeeIK: praxis, Billed: 123456, Corrected: 6})
	b.received("2026-11-01", storetest.Invoice{PayeeIK: taxi, Billed: 7})
	report := b.run("2026-11-24")
	f, sum := readTransfers(t, report.File)
	if sum != 123457 || f.Infos[0].Day != "2026-11-24" {
		t.Errorf("sum %d, day %s", sum, f.Infos[0].Day)
	}
	first, second := f.Infos[0].Transfers[0], f.Infos[0].Transfers[1]
	b.want("first", []string{"0000000001", "1234.50", "", "Physiotherapie Mueller + Soehne GmbH", "DE27000000000260326822"},
		[]string{first.ID, first.Amount.Value, first.BIC, first.Name, first.IBAN})
	b.want("second", []string{"0000000002", "0.07", "MARKDEF1100", "Taxi Ue. Strasse", "DE39000000000600999336"},
		[]string{second.ID, second.Amount.Value, second.BIC, second.Name, second.IBAN})
	info, err := os.Stat(report.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// The validator must find what it is for.
func TestXSDFindsFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.received("2026-11-01", storetest.Invoice{PayeeIK: taxi, Billed: 7})
	raw := readFile(t, b.run("2026-11-24").File)
	x := readXSD(t, "testdata/pain.001.001.09.xsd")
	if p := x.validate(raw); len(p) > 0 {
		t.Fatal(p)
	}
	for name, change := range map[string][2]string{
		"namespace":           {"pain.001.001.09", "pain.001.001.03"},
		"missing element":     {"<PmtMtd>TRF</PmtMtd>", ""},
		"enumeration":         {"<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRX</PmtMtd>"},
		"order":               {"<NbOfTxs>1</NbOfTxs>\n   <CtrlSum>0.07</CtrlSum>\n   <InitgPty>", "<CtrlSum>0.07</CtrlSum>\n   <NbOfTxs>1</NbOfTxs>\n   <InitgPty>"},
		"pattern of the IBAN": {"DE39000000000600999336", "DE3900000000060099933x-"},
		"pattern of the BIC":  {"MARKDEF1100", "MARK"},
		"fraction digits":     {">0.07</InstdAmt>", ">0.0712345</InstdAmt>"},
		"currency":            {`Ccy="EUR"`, `Ccy="E"`},
		"empty text":          {"<Nm>Taxi Ue. Strasse</Nm>", "<Nm></Nm>"},
		"too long":            {"<EndToEndId>0000000001", "<EndToEndId>" + strings.Repeat("0", 36)},
		"choice":              {"<Dt>2026-11-24</Dt>", ""},
		"date":                {"<Dt>2026-11-24</Dt>", "<Dt>24.11.2026</Dt>"},
		"negative":            {">0.07</InstdAmt>", ">-0.07</InstdAmt>"},
		"unknown element":     {"<ChrgBr>", "<Foo/><ChrgBr>"},
	} {
		faulty := strings.Replace(raw, change[0], change[1], 1)
		if faulty == raw {
			t.Errorf("%s: nothing to change", name)
		} else if len(x.validate(faulty)) == 0 {
			t.Errorf("%s passed", name)
		}
	}
}

// F-11, PAY-2: a file that could not be named leaves nothing under its name, and
// the next attempt writes the same bytes as any other.
func TestInterruptedFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.received("2026-11-01", storetest.Invoice{PayeeIK: praxis, Billed: 5000})
	path := filepath.Join(b.dir, payment.FileName(calendar.MustDate("2026-11-24")))
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Run(b.ctx, calendar.MustDate("2026-11-24"), at("2026-11-24 04:00")); err == nil {
		t.Fatal("the file was written through a folder")
	}
	b.want("vouchers", []string{"0000000001 260326822 109519005 5000"}, b.vouchers())
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(b.dir, "."+filepath.Base(path)+".part", "left by a killed process"), 0o700); err != nil {
		t.Fatal(err)
	}
	// Another day, another debtor: the run goes on as it was opened.
	report, err := b.service.Run(b.ctx, calendar.MustDate("2026-11-24"), at("2026-11-26 09:00"))
	if err != nil || report.File != path || report.Vouchers != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	first := readFile(t, path)
	readTransfers(t, path)
	files, err := os.ReadDir(b.dir)
	if err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v", files, err)
	}
	// Killed after the file was named and before that was noted.
	b.exec(`update payment_run set file_name = null, file_sha256 = null, file_written_at = null`)
	if report, err := b.service.Run(b.ctx, calendar.MustDate("2026-11-24"), at("2026-11-27 09:00")); err != nil || report.File != path {
		t.Fatalf("%+v, %v", report, err)
	}
	if readFile(t, path) != first {
		t.Error("the second file differs from the first")
	}
	if report := b.run("2026-11-24"); report.File != "" {
		t.Error("the file was written a third time")
	}
}

// PAY-1, PAY-2, F-10, INV-4, INV-5, INV-6, INV-13: random invoices, corrections,
// Stornos and days, the run interrupted after random vouchers. In the end the
// transfer files, the vouchers and the ledger say the same to the cent.
func TestMoneyHolds(t *testing.T) {
	t.Parallel()
	for range 4 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			b := setup(t)
			var files money.Cents
			var all []int64
			cancelled := map[int64]bool{}
			pick := func(list ...string) string { return list[random.IntN(len(list))] }
			for day := calendar.MustDate("2026-11-02"); day < calendar.MustDate("2026-11-30"); day++ {
				for range random.IntN(4) {
					billed := money.Cents(1 + random.IntN(100000))
					all = append(all, b.received(day.AddDays(-random.IntN(20)).String(), storetest.Invoice{
						PayeeIK: pick(praxis, taxi, unknown), PayerIK: pick(kasseA, kasseB), Billed: billed,
						Corrected: money.Cents(random.Int64N(int64(billed)+1)) * money.Cents(random.IntN(2)), Test: pick("2", "2", "2", "0"),
					}))
				}
				if len(all) > 0 && random.IntN(2) == 0 {
					if id := all[random.IntN(len(all))]; !cancelled[id] {
						cancelled[id] = true
						storetest.CancelInvoice(t, b.db, id, at(day.String()+" 01:00"))
					}
				}
				report := b.interrupted(random, day)
				if report.File != "" {
					_, sum := readTransfers(t, report.File)
					files += sum
				}
				storetest.MoneyHolds(t, b.db)
			}
			var vouchers, paid, transferred int64
			if err := b.db.Pool().QueryRow(t.Context(), `select (select coalesce(sum(total_cents), 0) from voucher),
				(select coalesce(sum(amount_cents), 0) from ledger_entry where account = 'paid'),
				(select coalesce(sum(amount_cents), 0) from voucher_line)`).Scan(&vouchers, &paid, &transferred); err != nil {
				t.Fatal(err)
			}
			if files != money.Cents(vouchers) || paid != vouchers || transferred != vouchers || files == 0 {
				t.Errorf("files %d, vouchers %d, ledger %d, lines %d", files, vouchers, paid, transferred)
			}
			b.want("payees without an account, test data", []string{}, b.strings(`select i.id::text from voucher_line l join invoice i on i.id = l.invoice_id
				join delivery d on d.id = i.delivery_id where d.test_indicator <> '2' or i.payee_ik = $1`, unknown))
			b.want("due and payable, not paid", []string{}, b.strings(`select i.id::text from invoice i join delivery d on d.id = i.delivery_id
				where i.state in ('approved', 'corrected') and i.received_on <= '2026-11-15' and d.test_indicator = '2' and i.payee_ik <> $1`, unknown))
		})
	}
}

// interrupted runs the day until it ends, cancelled after a random number of
// vouchers again and again. Files are those of the last attempt.
func (b *bundle) interrupted(random *rand.Rand, day calendar.Date) (report payment.Report) {
	b.Helper()
	for {
		ctx, cancel := context.WithCancel(b.ctx)
		left := random.IntN(3)
		b.onVoucher = func() {
			if left--; left < 0 {
				cancel()
			}
		}
		report, err := b.service.Run(ctx, day, at(day.String()+" 04:00"))
		cancelled := ctx.Err() != nil
		cancel()
		if err == nil {
			return report
		}
		if !cancelled {
			b.Fatal(err)
		}
	}
}
