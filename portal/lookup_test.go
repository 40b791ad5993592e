package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"klarbeleg/domain/calendar"
)

// RP-1, RP-2, RP-7: look-up, redirect, result.
func TestInvoiceLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	location := b.find(t, "/rechnungspruefung", hit())
	if !regexp.MustCompile(`^/rechnungspruefung/ergebnis/[A-Z2-7]{26}$`).MatchString(location) {
		t.Errorf("result at %q", location)
	}
	resp := b.do(t, request{path: location})
	body := text(t, resp)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	checkPage(t, body)
	for _, want := range []string{
		"2026-0811", "260326822", "01.09.2026", "Teilweise bezahlt", "03.09.2026", // what was asked, status, received
		"2.191,60\u00a0€", "1.990,90\u00a0€", "200,70\u00a0€", "1.240,50\u00a0€", // billed, approved, corrected, paid
		"2 Berichtigungen", "Musterkasse Nord", "IK 108999550", "Zahlbeleg 0000012345", "am 25.09.2026",
		"4 Einzelrechnungen", "Nicht anerkannt", "Geprüft", "Bezahlt", "Berichtigt",
		"Daten vom 25.11.2026, 10:30 Uhr", "/hilfe#berichtigt",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("result lacks %q", want)
		}
	}
	if strings.Contains(body, "<form") {
		t.Error("RP-6 the result holds a form")
	}
}

// RP-2: what each summary looks like.
func TestInvoiceLookupSummaries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct{ number, date, label, step string }{
		{"2026-0829", "14.09.2026", "Bezahlt", "02.10.2026"},
		{"2026-0902", "1.10.2026", "Nicht anerkannt", "nichts anerkannt"},
		{"2026-0903", "02102026", "Geprüft", "folgt"},
		{"2026-0904", "2026-10-03", "Geprüft, mit Berichtigungen", "folgt"},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			location := b.find(t, "/rechnungspruefung", invoiceForm(" 260 326 822 ", " "+c.number+" ", c.date))
			body := text(t, b.do(t, request{path: location}))
			title := body[:strings.Index(body, "lep-steps")]
			if !strings.Contains(title, ">"+c.label+"<") {
				t.Errorf("badge is not %s", c.label)
			}
			if !strings.Contains(body, `lep-steps__detail">`+c.step+"<") {
				t.Errorf("last step is not %s", c.step)
			}
		})
	}
}

// RP-5: a service's invoices are found under its IK, by pages.
func TestBillingService(t *testing.T) {
	t.Parallel()
	b := setup(t)
	location := b.find(t, "/rechnungspruefung", invoiceForm("590999223", "S4711", "21.09.2026"))
	first := text(t, b.do(t, request{path: location}))
	for _, want := range []string{"120 Einzelrechnungen", "Seite 1 von 3", "1.272,60\u00a0€", ">IK 460999336<", "Leistungserbringer</th>", "?seite=2"} {
		if !strings.Contains(first, want) {
			t.Errorf("first page lacks %q", want)
		}
	}
	last := text(t, b.do(t, request{path: location + "?seite=3"}))
	if !strings.Contains(last, `<span class="lep-number">120<`) || strings.Contains(last, "?seite=4") {
		t.Error("last page is not the last")
	}
	if resp := b.do(t, request{path: location + "?seite=4"}); resp.StatusCode != http.StatusNotFound {
		t.Errorf("page 4: %d", resp.StatusCode)
	}
	for _, bad := range []string{"0", "-1", "x", "99999999999999999999"} {
		if resp := b.do(t, request{path: location + "?seite=" + bad}); resp.StatusCode != http.StatusOK {
			t.Errorf("page %s: %d", bad, resp.StatusCode)
		}
	}
	form := text(t, b.do(t, request{path: "/rechnungspruefung"}))
	if !strings.Contains(form, "nur unter dem IK des Dienstleisters") {
		t.Error("the form does not tell about services")
	}
}

// PRV-11: what is wrong and what is unknown get the same answer, byte for byte
// but for the values typed.
func TestUniformAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answer := func(form url.Values) string {
		resp := b.do(t, request{path: "/rechnungspruefung", form: form})
		body := text(t, resp)
		if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Keine Rechnung gefunden") {
			t.Errorf("status %d", resp.StatusCode)
		}
		checkPage(t, body)
		for _, v := range form {
			body = strings.ReplaceAll(body, `value="`+v[0]+`"`, `value=""`)
		}
		return body
	}
	known := answer(invoiceForm("260326822", "2026-0811", "03.09.2026"))
	for name, form := range map[string]url.Values{
		"known IK, unknown number":    invoiceForm("260326822", "XYZ", "01.09.2026"),
		"known number, other IK":      invoiceForm("590999223", "2026-0811", "01.09.2026"),
		"unknown IK":                  invoiceForm("108999446", "2026-0811", "01.09.2026"),
		"nothing known":               invoiceForm("108999446", "XYZ", "02.02.2020"),
		"RP-5 provider, not service":  invoiceForm("460999336", "S4711", "21.09.2026"),
		"SQL in the number":           invoiceForm("260326822", "' or 1=1 --", "01.09.2026"),
		"markup in the number":        invoiceForm("260326822", "<script>x</script>", "01.09.2026"),
		"control characters, invalid": invoiceForm("260326822", "a\x00b\xff", "01.09.2026"),
	} {
		got := answer(form)
		if name == "markup in the number" {
			if strings.Contains(got, "<script>x") {
				t.Error("markup is not escaped")
			}
			continue
		}
		if name == "control characters, invalid" || name == "SQL in the number" {
			continue // shown changed or escaped; that it is answered at all is the test
		}
		if got != known {
			t.Errorf("%s: another answer than for a known invoice", name)
		}
	}
	// The check digit depends on the input alone, so it may be mentioned.
	if got := answer(invoiceForm("260326823", "2026-0811", "01.09.2026")); !strings.Contains(got, "Prüfziffer") {
		t.Error("wrong check digit is not mentioned")
	}
	if strings.Contains(known, "Prüfziffer") {
		t.Error("right check digit is doubted")
	}
}

// RP-1: every field is checked, named in the summary, and keeps what was typed.
func TestLookupFormErrors(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Limits.PerMinute = 100 })
	for _, c := range []struct {
		name   string
		form   url.Values
		fields []string
		text   string
	}{
		{"nothing", url.Values{}, []string{"bereich", "ik", "rechnungsnummer", "rechnungsdatum"}, "4 Angaben"},
		{"area unknown", url.Values{"bereich": {"x"}, "ik": {"260326822"}, "rechnungsnummer": {"1"}, "rechnungsdatum": {"1.9.2026"}}, []string{"bereich"}, "eine Angabe"},
		{"IK too short", invoiceForm("26032682", "1", "1.9.2026"), []string{"ik"}, "9 Ziffern"},
		{"IK too long", invoiceForm("2603268222", "1", "1.9.2026"), []string{"ik"}, "9 Ziffern"},
		{"IK with letters", invoiceForm("26032682A", "1", "1.9.2026"), []string{"ik"}, "9 Ziffern"},
		{"IK in other digits", invoiceForm("٢٦٠٣٢٦٨٢٢", "1", "1.9.2026"), []string{"ik"}, "9 Ziffern"},
		{"number too long", invoiceForm("260326822", strings.Repeat("9", 21), "1.9.2026"), []string{"rechnungsnummer"}, "20 Zeichen"},
		{"number blank", invoiceForm("260326822", "   ", "1.9.2026"), []string{"rechnungsnummer"}, "Geben Sie die Rechnungsnummer ein"},
		{"no such day", invoiceForm("260326822", "1", "31.09.2026"), []string{"rechnungsdatum"}, "TT.MM.JJJJ"},
		{"short year", invoiceForm("260326822", "1", "1.9.26"), []string{"rechnungsdatum"}, "TT.MM.JJJJ"},
		{"tomorrow", invoiceForm("260326822", "1", "26.11.2026"), []string{"rechnungsdatum"}, "Zukunft"},
		{"long ago", invoiceForm("260326822", "1", "26.11.0202"), []string{"rechnungsdatum"}, "zu weit zurück"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp := b.do(t, request{path: "/rechnungspruefung", form: c.form})
			body := text(t, resp)
			if resp.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("status %d", resp.StatusCode)
			}
			checkPage(t, body)
			for _, id := range []string{"bereich", "ik", "rechnungsnummer", "rechnungsdatum"} {
				faulty := strings.Contains(body, `id="`+id+`-fehler"`)
				linked := strings.Contains(body, `href="#`+id+`"`)
				want := false
				for _, f := range c.fields {
					want = want || f == id
				}
				if faulty != want || linked != want {
					t.Errorf("%s: error shown %v, linked %v, want %v", id, faulty, linked, want)
				}
			}
			if !strings.Contains(body, c.text) || !strings.Contains(body, "<title>Fehler: ") {
				t.Errorf("page lacks %q", c.text)
			}
			if v := c.form.Get("ik"); v != "" && !strings.Contains(body, `value="`+v+`"`) {
				t.Error("typed IK is lost")
			}
		})
	}
}

// RP-3, RP-7: a voucher shows number and date, details need the IK.
func TestVoucherLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	location := b.find(t, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0000 012345"}})
	body := text(t, b.do(t, request{path: location}))
	checkPage(t, body)
	for _, want := range []string{"0000012345", "2 Rechnungen", "2026-0811", "2026-0829", "01.09.2026", "14.09.2026", "Einzelrechnung 1<", location + "/rechnung/2"} {
		if !strings.Contains(body, want) {
			t.Errorf("voucher lacks %q", want)
		}
	}
	for _, secret := range []string{"260326822", "€", "Musterkasse", "25.09.2026", "Einzelrechnung 0"} {
		if strings.Contains(body, secret) {
			t.Errorf("voucher shows %q without the IK", secret)
		}
	}
	detail := text(t, b.do(t, request{path: location + "/rechnung/2"}))
	checkPage(t, detail)
	for _, want := range []string{`value="2026-0829"`, `value="14.09.2026"`, "Nur noch das IK fehlt"} {
		if !strings.Contains(detail, want) {
			t.Errorf("detail form lacks %q", want)
		}
	}
	if strings.Contains(detail, "260326822") {
		t.Error("detail form gives the IK away")
	}
	for _, line := range []string{"0", "3", "-1", "x"} {
		if resp := b.do(t, request{path: location + "/rechnung/" + line}); resp.StatusCode != http.StatusNotFound {
			t.Errorf("line %s: %d", line, resp.StatusCode)
		}
	}
	mixed := b.find(t, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0000012302"}})
	body = text(t, b.do(t, request{path: mixed}))
	checkPage(t, body)
	if !strings.Contains(body, "IV-77") || strings.Count(body, "storniert, mit dieser Zahlung verrechnet") != 1 {
		t.Error("a set-off is not shown as one")
	}
	for line, area := range map[string]string{"1": "integrierte-versorgung", "2": "arzneimittel"} {
		detail := text(t, b.do(t, request{path: mixed + "/rechnung/" + line}))
		if !strings.Contains(detail, `value="`+area+`" checked`) {
			t.Errorf("line %s does not lead into the area %s", line, area)
		}
	}
	long := b.find(t, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0000099999"}})
	second := text(t, b.do(t, request{path: long + "?seite=2"}))
	if !strings.Contains(second, "Seite 2 von 3") || !strings.Contains(second, long+"/rechnung/51") {
		t.Error("second page does not count on")
	}
}

// RP-3: faults of the voucher form.
func TestVoucherFormErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, want := range map[string]string{
		"":            "Geben Sie die Zahlbelegnummer ein",
		"1000012345":  "beginnt mit 0",
		"000001234":   "10 Ziffern",
		"00000123456": "10 Ziffern",
		"0000O12345":  "10 Ziffern",
		"0777777777":  "Kein Zahlbeleg gefunden",
	} {
		resp := b.do(t, request{path: "/zahlbeleg", form: url.Values{"zahlbelegnummer": {name}}})
		body := text(t, resp)
		if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, want) {
			t.Errorf("%q: %d, page lacks %q", name, resp.StatusCode, want)
		}
		checkPage(t, body)
	}
}

// RP-7, PRV-11, ASVS 2.4.1: guessing is throttled.
func TestThrottle(t *testing.T) {
	t.Parallel()
	voucher := url.Values{"zahlbelegnummer": {"0777777777"}}
	try := func(t *testing.T, b *bundle, r request) int {
		t.Helper()
		resp := b.do(t, r)
		body := text(t, resp)
		if resp.StatusCode == http.StatusTooManyRequests {
			checkPage(t, body)
			checkSecurityHeaders(t, r.path, resp.Header)
			if resp.Header.Get("Retry-After") == "" {
				t.Error("no waiting time")
			}
		}
		return resp.StatusCode
	}

	t.Run("11th look-up of a minute, both kinds together", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for n := 1; n <= 12; n++ {
			r := request{path: "/zahlbeleg", form: voucher, from: "192.0.2.7:1234"}
			if n%2 == 0 {
				r = request{path: "/rechnungspruefung", form: invoiceForm("108999446", "1", "1.9.2026"), from: "192.0.2.7:99"}
			}
			want := http.StatusUnprocessableEntity
			if n > 10 {
				want = http.StatusTooManyRequests
			}
			if got := try(t, b, r); got != want {
				t.Errorf("look-up %d: %d, want %d", n, got, want)
			}
		}
		if got := try(t, b, request{path: "/zahlbeleg", form: voucher, from: "192.0.2.8:1"}); got != http.StatusUnprocessableEntity {
			t.Errorf("another visitor: %d", got)
		}
		if resp := b.do(t, request{path: "/zahlbeleg", from: "192.0.2.7:1"}); resp.StatusCode != http.StatusOK {
			t.Errorf("the form itself: %d", resp.StatusCode)
		}
	})
	t.Run("61st look-up of an hour", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *Config) { c.Limits.PerMinute = 1000 })
		for n := 1; n <= 61; n++ {
			want := http.StatusUnprocessableEntity
			if n > 60 {
				want = http.StatusTooManyRequests
			}
			if got := try(t, b, request{path: "/zahlbeleg", form: voucher, from: "[2001:db8:1:2::" + fmt.Sprint(n) + "]:1"}); got != want {
				t.Fatalf("look-up %d: %d, want %d", n, got, want)
			}
		}
	})
	t.Run("21st look-up of an IK in an hour, from anywhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for n := 1; n <= 21; n++ {
			want := http.StatusUnprocessableEntity
			if n > 20 {
				want = http.StatusTooManyRequests
			}
			r := request{path: "/rechnungspruefung", form: invoiceForm("260326822", fmt.Sprint(n), "1.9.2026"), from: fmt.Sprintf("192.0.2.%d:1", n)}
			if got := try(t, b, r); got != want {
				t.Errorf("look-up %d: %d, want %d", n, got, want)
			}
		}
		if got := try(t, b, request{path: "/rechnungspruefung", form: invoiceForm("590999223", "1", "1.9.2026"), from: "192.0.2.99:1"}); got != http.StatusUnprocessableEntity {
			t.Errorf("another IK: %d", got)
		}
	})
	t.Run("ASVS 4.1.3 a forged X-Forwarded-For does not help", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var last int
		for n := range 11 {
			last = try(t, b, request{path: "/zahlbeleg", form: voucher, from: "192.0.2.7:1", header: http.Header{
				"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", n)}, "X-Real-Ip": {fmt.Sprintf("198.51.100.%d", n)},
			}})
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("11th look-up: %d", last)
		}
	})
	t.Run("visitors behind the trusted proxy are told apart", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for n := range 11 {
			got := try(t, b, request{path: "/zahlbeleg", form: voucher, from: "10.1.1.1:1", header: http.Header{
				"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", n)},
			}})
			if got != http.StatusUnprocessableEntity {
				t.Errorf("visitor %d: %d", n, got)
			}
		}
	})
}

// RP-1: dates as people type them.
func FuzzParseDate(f *testing.F) {
	today := calendar.OfTime(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	for _, s := range []string{"1.9.2026", "01.09.2026", "01092026", "2026-09-01", "32.1.2026", "", "1. 9. 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		date, fault := parseDate(s, today)
		if (date == 0) == (fault == "") {
			t.Errorf("%q: date %d and fault %q", s, date, fault)
		}
		if date > today {
			t.Errorf("%q is in the future", s)
		}
		if fault == "" {
			if again, _ := parseDate(date.German(), today); again != date {
				t.Errorf("%q: %s reads as %s", s, date.German(), again.German())
			}
		}
	})
}

// RP-1: whatever is typed as an IK, a result has nine digits.
func FuzzParseIK(f *testing.F) {
	for _, s := range []string{"260326822", " 26 0326 822", "26032682x", "", "٢٦٠٣٢٦٨٢٢"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ik, fault := parseIK(s)
		if (ik == "") == (fault == "") || ik != "" && (len(ik) != 9 || !allDigits(ik)) {
			t.Errorf("%q: %q, %q", s, ik, fault)
		}
		if fault == "" {
			ikCheckDigit(ik)
		}
	})
}

func TestIKCheckDigit(t *testing.T) {
	t.Parallel()
	for ik, want := range map[string]bool{"260326822": true, "590999223": true, "260326823": false, "260362822": false} {
		if got := ikCheckDigit(ik); got != want {
			t.Errorf("%s: %v", ik, got)
		}
	}
}
