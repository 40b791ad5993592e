package p302

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// firstSLLA returns header and first SLLA of an example.
func firstSLLA(t *testing.T, name string) (*UNB, *SLLA) {
	t.Helper()
	r := NewReader(bytes.NewReader(examples(t)[name]), Options{})
	for r.Next() {
		if m := r.Message(); m.SLLA != nil {
			return r.UNB(), m.SLLA
		}
	}
	t.Fatal("no SLLA")
	return nil, nil
}

// DTA-2: content that the segment tables forbid is not written.
func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*SLLA){
		"name of 48 characters":       func(s *SLLA) { s.FaelleB[0].NAD.Nachname = strings.Repeat("ä", 48) },
		"no Belegnummer":              func(s *SLLA) { s.FaelleB[0].INV.Belegnummer = "" },
		"Versichertenstatus of four":  func(s *SLLA) { s.FaelleB[0].INV.Versichertenstatus = "1000" },
		"no date":                     func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.DatumLeistungserbringung = 0 },
		"date of nine digits":         func(s *SLLA) { s.FaelleB[0].NAD.Geburtsdatum = 200001010 },
		"quantity of five digits":     func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.Anzahl = 1_000_000 },
		"amount of eleven digits":     func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.Einzelbetrag = 1_000_000_000_000 },
		"negative kilometres":         func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.GefahreneKilometer = dta.Some(int32(-1)) },
		"kilometres of seven digits":  func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.GefahreneKilometer = dta.Some(int32(1_000_000)) },
		"letter outside of the set":   func(s *SLLA) { s.FaelleB[0].NAD.Vorname = "Łukasz" },
		"IK of eight digits":          func(s *SLLA) { s.FKT.LeistungserbringerIK = "44880201" },
		"Rechnungsnummer of fifteen":  func(s *SLLA) { s.REC.SammelRechnungsnummer = "2026-H-00081500" },
		"empty composite second part": func(s *SLLA) { s.FaelleB[0].Positionen[0].EHE.Tarifkennzeichen = "" },
	} {
		unb, s := firstSLLA(t, exB)
		w := NewWriter(io.Discard, *unb, WriterOptions{})
		if err := w.WriteSLLA(s); err != nil {
			t.Fatal(err)
		}
		change(s)
		err := w.WriteSLLA(s)
		if !errors.Is(err, dta.ErrContent) && !errors.Is(err, dta.ErrNotInCharset) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "ukasz") {
			t.Errorf("%s: the error shows the value: %v", name, err)
		}
		if w.Close() == nil {
			t.Errorf("%s: the file is closed as if it were whole", name)
		}
	}
}

// No case of the file's group, no such group, an element or version that does not
// exist, a message after the end, a full disk.
func TestWriterErrors(t *testing.T) {
	t.Parallel()
	unb, s := firstSLLA(t, exB)
	for _, group := range []string{"C", "Z", "", "BB"} {
		other := *unb
		other.Leistungsbereich = group
		if err := NewWriter(io.Discard, other, WriterOptions{}).WriteSLLA(s); !errors.Is(err, dta.ErrContent) {
			t.Errorf("group %q: %v", group, err)
		}
	}
	for _, version := range []string{"15", "22", "x"} {
		if err := NewWriter(io.Discard, *unb, WriterOptions{Version: version}).WriteSLLA(s); !errors.Is(err, dta.ErrContent) {
			t.Errorf("version %s: %v", version, err)
		}
	}
	aids, a := firstSLLA(t, exA) // with Mengeneinheit, new in version 20
	if err := NewWriter(io.Discard, *aids, WriterOptions{Version: "19"}).WriteSLLA(a); !errors.Is(err, dta.ErrContent) {
		t.Errorf("Mengeneinheit in version 19: %v", err)
	}
	w := NewWriter(io.Discard, *unb, WriterOptions{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.WriteSLLA(s) == nil {
		t.Error("a message after the end was taken")
	}
	full := errors.New("full")
	w = NewWriter(failing{full}, *unb, WriterOptions{})
	if err := errors.Join(w.WriteSLLA(s), w.Close()); !errors.Is(err, full) {
		t.Errorf("full disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// DTA-2: every character set carries the examples' names there and back.
func TestWriterCharsets(t *testing.T) {
	t.Parallel()
	raw := bytes.ReplaceAll(examples(t)[exE], []byte("@"), nil)
	for _, set := range []dta.Charset{dta.I1, dta.I5, dta.I7, dta.I8} {
		out, errs := rewrite(t, raw, Options{}, WriterOptions{Zeichensatz: set})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if (set == dta.I1) != bytes.Equal(out, raw) && set != dta.I5 {
			t.Errorf("%s: the bytes are not those of the set", set)
		}
		back, errs := rewrite(t, out, Options{Zeichensatz: set.String()}, WriterOptions{})
		if len(errs) > 0 || !bytes.Equal(back, raw) {
			t.Errorf("%s: %v\n%q\n%q", set, errs, back, raw)
		}
	}
}

// DTA-2: ZUH that names no group is kept.
func TestWriterKeepsZUHWithoutGroup(t *testing.T) {
	t.Parallel()
	raw := strings.Replace(string(examples(t)[exA]), "ZUH+1+", "ZUH+9+", 1)
	out, errs := rewrite(t, []byte(raw), Options{}, WriterOptions{LineEnd: dta.CRLF})
	if len(errs) > 0 || !strings.Contains(string(out), "ZUH+9+594,38+02+10,00+76,00'\r\nZHI") {
		t.Errorf("%v\n%s", errs, out)
	}
}
