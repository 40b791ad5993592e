package p302

import (
	"fmt"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// pairs reads the invoices of a file, one line each.
func pairs(t *testing.T, raw string) string {
	t.Helper()
	r := NewInvoiceReader(strings.NewReader(raw), Options{})
	var out []string
	for r.Next() {
		inv := r.Invoice()
		line := fmt.Sprintf("sammel %d", inv.SammelIndex)
		if inv.IsSammel {
			line += " head " + inv.Sammel.REC.SammelRechnungsnummer
		}
		if inv.Gesamt != nil {
			line += " SLGA " + inv.Gesamt.REC.EinzelRechnungsnummer
		}
		if inv.SLLA != nil {
			line += " SLLA " + inv.SLLA.REC.EinzelRechnungsnummer
		}
		if inv.SammelRejected {
			line += " sammel-rejected"
		}
		for _, e := range inv.Errors {
			line += fmt.Sprintf(" %s@%d", e.Code, e.Message)
		}
		if inv.Rejected {
			line += " rejected"
		}
		out = append(out, line)
	}
	for _, e := range r.Errors() {
		out = append(out, e.Error())
	}
	return strings.Join(out, "\n")
}

// cutMessage cuts the n-th message (from 1) out of a file.
func cutMessage(t *testing.T, raw string, n int) (before, after string) {
	t.Helper()
	from := strings.Index(raw, fmt.Sprintf("UNH+%05d", n))
	to := strings.Index(raw, fmt.Sprintf("UNH+%05d", n+1))
	if to < 0 {
		to = strings.Index(raw, "UNZ+")
	}
	if from < 0 || to < from {
		t.Fatal("no such message")
	}
	return raw[:from], raw[to:]
}

// renumber makes references and counts of a file true after messages were moved.
func renumber(raw string) string {
	segments, offsets := segmentsOf(raw)
	var out strings.Builder
	at, n := 0, 0
	for i, s := range segments {
		out.WriteString(raw[at:offsets[i]])
		at = offsets[i] + len(s)
		switch s[:3] {
		case "UNH":
			n++
			s = fmt.Sprintf("UNH+%05d%s", n, s[9:])
		case "UNT":
			s = fmt.Sprintf("%s+%05d'", s[:10], n)
		case "UNZ":
			s = fmt.Sprintf("UNZ+%06d%s", n, s[10:])
		}
		out.WriteString(s)
	}
	return out.String() + raw[at:]
}

// DTA-2: invoices of Rechnungsart 1, 2 and 3 in file order.
func TestInvoices(t *testing.T) {
	t.Parallel()
	files := examples(t)
	for name, want := range map[string]string{
		exB: "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 SLLA 2",
		exE: "sammel 0 SLGA 0 SLLA 0",
		exA: "sammel 0 SLGA 0 SLLA 0",
	} {
		if got := pairs(t, string(files[name])); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// P2019: a message without its counterpart is rejected, the others are not.
func TestPairing(t *testing.T) {
	t.Parallel()
	raw := string(examples(t)[exB])
	drop := func(n int) string {
		before, after := cutMessage(t, raw, n)
		return renumber(before + after)
	}
	for _, c := range []struct{ name, raw, want string }{
		{"SLGA missing", drop(2), "sammel 1 head 2026-H-000815 P2019@1 sammel-rejected rejected\nsammel 1 SLLA 1 sammel-rejected P2019@2 rejected\nsammel 1 SLGA 2 SLLA 2 sammel-rejected"},
		{"second SLGA missing", drop(4), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLLA 2 P2019@4 rejected"},
		{"SLLA missing", drop(3), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 P2019@2 rejected\nsammel 1 SLGA 2 SLLA 2"},
		{"last SLLA missing", drop(5), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 P2019@4 rejected"},
		{"other invoice", edit{"REC+2026-H-000815:2", "REC+2026-H-000816:2", 2}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 SLLA 2 P2019@5 rejected"},
		{"other provider", edit{"FKT+01++448802029", "FKT+01++448802018", 2}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 SLLA 2 P2019@5 rejected"},
		{"unreadable SLLA is no pairing fault", edit{"SLLA:21", "SLLX:21", 1}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 P2008@3 rejected\nsammel 1 SLGA 2 SLLA 2"},
		{"SLLA of an unknown version", edit{"SLLA:21", "SLLA:99", 2}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 P2008@5 rejected\nP2026 at segment 51 (UNH), byte 1748"},
		{"unreadable SLGA is no pairing fault", edit{"SLGA:21", "SLGX:21", 2}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLLA 1 P2008@2 rejected\nsammel 1 SLGA 2 SLLA 2"},
		{"SLGA and SLLA unreadable", edit{"SLLA:21", "SLLX:21", 2}.apply(t, edit{"SLGA:21", "SLGX:21", 3}.apply(t, raw)), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 P2008@4 rejected\nsammel 1 P2008@5 rejected"},
		{"broken SLLA", edit{"BES+171,60", "BES+171.60", 1}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 SLLA 2 P2014@5 rejected"},
		{"broken SLGA", edit{"GES+51+171,60", "GES+51+171.60", 2}.apply(t, raw), "sammel 1 head 2026-H-000815\nsammel 1 SLGA 1 SLLA 1\nsammel 1 SLGA 2 SLLA 2 P2014@4 rejected"},
		{"broken Sammelrechnung", edit{"GES+51+171,60", "GES+51+171.60", 1}.apply(t, raw), "sammel 1 head 2026-H-000815 sammel-rejected P2014@1 rejected\nsammel 1 SLGA 1 SLLA 1 sammel-rejected\nsammel 1 SLGA 2 SLLA 2 sammel-rejected"},
	} {
		want := strings.ReplaceAll(c.want, " P2019@1 sammel-rejected", " sammel-rejected P2019@1")
		if got := pairs(t, c.raw); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

// P2019 names the first segment of the message.
func TestPairingPlace(t *testing.T) {
	t.Parallel()
	before, after := cutMessage(t, string(examples(t)[exB]), 4)
	raw := renumber(before + after)
	r := NewInvoiceReader(strings.NewReader(raw), Options{})
	var found []dta.Error
	for r.Next() {
		found = append(found, r.Invoice().Errors...)
	}
	if len(found) != 1 || int(found[0].Offset) != strings.Index(raw, "UNH+00004") || found[0].Segment != numberAt(raw, int(found[0].Offset)) {
		t.Errorf("%v", found)
	}
}

// DTA-2: what an invoice holds stays right while the SLLA is read.
func TestInvoiceContent(t *testing.T) {
	t.Parallel()
	r := NewInvoiceReader(strings.NewReader(string(examples(t)[exB])), Options{})
	var net []Cent
	for r.Next() {
		inv := r.Invoice()
		if inv.IsSammel {
			continue
		}
		all, ok := inv.Gesamt.Summe("00")
		if _, none := inv.Gesamt.Summe("99"); !ok || none {
			t.Error("sums of the SLGA")
		}
		sum := Cent(0)
		for i := range inv.SLLA.FaelleB {
			bes := inv.SLLA.FaelleB[i].BES.Wert
			sum += bes.GesamtbetragBrutto - bes.GesamtbetragZuzahlung.Oder(0)
		}
		if sum != all.Gesamtrechnungsbetrag {
			t.Errorf("cases %d, SLGA %d", sum, all.Gesamtrechnungsbetrag)
		}
		total, _ := inv.Sammel.Summe("00")
		net = append(net, total.Gesamtrechnungsbetrag, sum)
	}
	if fmt.Sprint(net) != "[36770 19610 36770 17160]" {
		t.Errorf("%v", net)
	}
}
