package gen

import (
	"bytes"
	"math/rand/v2"

	"klarbeleg/dta"
	"klarbeleg/dta/p295"
)

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

func surnames() []string {
	return []string{"Muster", "Beispiel", "Müßig", "Probe", "O'Test", "Sonder-Zeichen", "Fiktiv"}
}

func names() []string {
	return []string{"Anna", "Bernd", "Änne", "Emil", "Jörg", "Klara"}
}

func contract(kind string) string { return kind[3:] + "MUSTER" }

// prices is the price list of the invented contract.
func prices() []Position {
	return []Position{
		{"IV0815", "Eingangsuntersuchung", 12000},
		{"IV0816", "Verlaufskontrolle", 3050},
		{"IV0817", "Schulung je Einheit", 1875},
		{"IV0818", "Fallkonferenz", 4599},
		{"IV0819", "Abschlussuntersuchung", 9901},
	}
}

// segmentsOf returns the segments of a message between UNH and UNT, without
// terminators.
func segmentsOf(n *p295.Nachricht, set dta.Charset) ([][]byte, error) {
	var buf bytes.Buffer
	header := p295.UNB{AbsenderIK: recipient, EmpfaengerIK: recipient, Datum: 20260101, Dateinummer: "00001", Dateiname: "TDRI0012601"}
	w := p295.NewWriter(&buf, header, p295.WriterOptions{Zeichensatz: set, OhneUNA: true})
	if err := w.Write(n); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	var tok dta.Tokenizer
	var out [][]byte
	for tok.Reset(buf.String()); tok.Next(); {
		out = append(out, []byte(buf.String()[tok.Start():tok.End()-1]))
	}
	return out[2 : len(out)-2], nil
}
