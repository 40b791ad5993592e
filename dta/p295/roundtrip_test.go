package p295

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"klarbeleg/dta"
)

// The examples of the specification (section 10).
const (
	exNormal = "iv_dir140_v6_normal.edi"
	exStorno = "iv_dir140_v6_storno.edi"
)

func example(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// rewrite reads a file and writes what it read. A file without a rejecting
// finding must be writable.
func rewrite(t testing.TB, raw []byte, o Options, w WriterOptions) (out []byte, errs []dta.Error) {
	t.Helper()
	r := NewReader(bytes.NewReader(raw), o)
	var buf bytes.Buffer
	var wr *Writer
	var failed error
	rejected := false
	for r.Next() {
		n := r.Nachricht()
		errs = append(errs, n.Errors...)
		rejected = rejected || n.Rejected
		if wr == nil {
			wr = NewWriter(&buf, *r.UNB(), w)
		}
		if n.Gelesen {
			failed = errors.Join(failed, wr.Write(n))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	errs = append(errs, r.Errors()...)
	if wr != nil {
		failed = errors.Join(failed, wr.Close())
		if failed == nil && wr.Size() != int64(buf.Len()) {
			t.Fatalf("size %d of %d bytes", wr.Size(), buf.Len())
		}
	}
	if failed != nil && !rejected && !r.Rejected() {
		t.Fatalf("accepted, but not written: %v\n%q", failed, raw)
	}
	return buf.Bytes(), errs
}

// DTA-4: what is read is written again byte for byte, with every line end.
func TestExamplesRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{exNormal, exStorno} {
		for _, end := range []string{dta.CRLF, dta.LF, dta.NoLineEnd} {
			raw := bytes.ReplaceAll([]byte(example(t, name)), []byte(dta.CRLF), []byte(end))
			out, errs := rewrite(t, raw, Options{}, WriterOptions{LineEnd: end})
			for _, e := range errs {
				t.Errorf("%s: %v: %s", name, e, e.Text())
			}
			if !bytes.Equal(out, raw) {
				t.Errorf("%s: written file differs:\n%s\nread:\n%s", name, out, raw)
			}
		}
	}
}

// DTA-4: everything that the catalogue has, in one message, survives reading
// and writing; so do letters of every character set.
func TestFullMessageRoundTrip(t *testing.T) {
	t.Parallel()
	body := "UNH+9900000001+DR140L:7:0:DR+15+9900000001'" +
		"IVK+10+01+669990314+109990018+99999999999999+109990029'" +
		"IBL+irgend:was+hier?'steht'" +
		"INF+140A+721111100:123456601:669990314+2:8+V?+1'" +
		"INV+5:09:11+A123456780:109990018+Müßig:Änne:19580000+4++2+79312+XFR+T-1'" +
		"DIA+H36.0:G:R:20261001'DIA+J45.0:V'OPS+5-144.5a:L:20261002'" +
		"ABR+721111100:123456601:669990314+IV1+123456789012345678901234567890+weil+3+300,00+12,5+1,00+2,05+Linse+20261002+0815+20261003+E77D'" +
		"ABR++IV2+++1++7++++20261002++++neu:1'" +
		"MND+5,00+03+20261002'MND+2,50+12+20261002'" +
		"FKI+300,00+1,00+2,05+5,00++7,50+292,50'" +
		"RGI+20261001:20261031+1+669990314+IV-1+20261105+448802018+000'"
	file := "UNB+UNOC:3+669990314+109990029+20261105:0000+00005+TDRI00526Q4+1'" + body + "UNT+15+9900000001'UNZ+1+00005'"
	for set := dta.I1; set <= dta.I8; set++ {
		raw, err := set.Append(nil, file)
		if err != nil {
			t.Fatal(err)
		}
		out, errs := rewrite(t, raw, Options{Zeichensatz: set.String()}, WriterOptions{Zeichensatz: set, OhneUNA: true})
		if len(errs) != 1 || errs[0].Severity != dta.Warn || errs[0].Code != CodeElement || errs[0].Element != 15 {
			t.Errorf("%v: %v", set, errs)
		}
		want := bytes.Replace(raw, []byte("IV2+++1++7+"), []byte("IV2+++1++7,0+"), 1)
		if !bytes.Equal(out, want) {
			t.Errorf("%v:\n%s\nwant\n%s", set, out, want)
		}
	}
}

// OPS-4, DTA-4: the writer refuses what a reader would, and says no value.
func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Nachricht){
		"too long":            func(n *Nachricht) { n.INV.Nachname = string(bytes.Repeat([]byte("x"), 46)) },
		"mandatory":           func(n *Nachricht) { n.RGI.Rechnungsnummer = "" },
		"part of a group":     func(n *Nachricht) { n.INV.DMPKennzeichen = "" },
		"negative amount":     func(n *Nachricht) { n.FKI.Netto = -1 },
		"large amount":        func(n *Nachricht) { n.ABR[0].Wert = dta.Some(Cent(1_000_000_000_000)) },
		"Anzahl 0":            func(n *Nachricht) { n.ABR[0].Anzahl = 0 },
		"no date":             func(n *Nachricht) { n.ABR[0].Datum = 20261131 },
		"no time":             func(n *Nachricht) { n.ABR[0].Uhrzeit = dta.Some(Uhrzeit(2460)) },
		"control character":   func(n *Nachricht) { n.INV.Vorname = "A\nB" },
		"character set":       func(n *Nachricht) { n.INV.Vorname = "Ł" },
		"no type":             func(n *Nachricht) { n.UNH.Nachrichtentyp = "" },
		"version":             func(n *Nachricht) { n.UNH.Hauptversion = "4" },
		"known Zusatz":        func(n *Nachricht) { n.FKI.Zusatz = []Zusatz{{8, 1, "x"}} },
		"IBH and IBL":         func(n *Nachricht) { n.Leistungserbringer = dta.Some(Rohsegment{Tag: "IBL", Inhalt: "+x"}) },
		"neither IBH nor IBL": func(n *Nachricht) { n.IBH = Opt[IBH]{} },
		"torn raw segment": func(n *Nachricht) {
			n.IBH, n.Leistungserbringer = Opt[IBH]{}, dta.Some(Rohsegment{Tag: "IBL", Inhalt: "+x'RGI"})
		},
		"raw segment of a known tag": func(n *Nachricht) {
			n.IBH, n.Leistungserbringer = Opt[IBH]{}, dta.Some(Rohsegment{Tag: "RGI", Inhalt: "+x"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewReader(bytes.NewReader([]byte(example(t, exNormal))), Options{})
			if !r.Next() {
				t.Fatal("example not read")
			}
			var buf bytes.Buffer
			w := NewWriter(&buf, *r.UNB(), WriterOptions{})
			change(r.Nachricht())
			err := w.Write(r.Nachricht())
			if !errors.Is(err, dta.ErrContent) && !errors.Is(err, dta.ErrNotInCharset) {
				t.Fatalf("error %v", err)
			}
			if again := w.Close(); !errors.Is(again, err) {
				t.Errorf("after the first error: %v", again)
			}
			if bytes.Contains([]byte(err.Error()), []byte("Muster")) {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}
