package gen

import (
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// parts points to what faults change in a case, whatever its group: the head, the
// lines, the prescription, the sums. What a group does not have is nil.
type parts struct {
	fall  any // the case itself, for faults of one group
	kopf  *p302.Kopf
	lines func() []linePart // in the order of the file

	first, last      *p302.Datum // days of the first and the last service
	minutes          *dta.Opt[int32]
	practice, doctor *string
	prescribed       *p302.Datum
	mark             *string // Zuzahlungskennzeichen
	accident         *string
	special          *string // Verordnungsbesonderheit
	diagnoses        []p302.DIA
	approval         func() *p302.SKZ // made if there is none

	repeat func() (copied int) // repeats the first line, returns the number of the copy
	drop   func()              // takes the first line out
	// dropPart takes a trip out, with its lines (E).
	dropPart func(int)
	gross    func() *p302.Cent
	copay    func() *dta.Opt[p302.Cent]
	percent  func() *dta.Opt[p302.Cent]
	// regroups tells that the co-payment is one of groups of lines (A, E): without a
	// line it is another.
	regroups bool

	previousBeleg string
	invoiced      p302.Datum
}

// linePart points to a line.
type linePart struct {
	code, tariff, number *string
	quantity             *p302.Hundertstel
	price                *p302.Cent
	vat                  *dta.Opt[p302.MWS]  // nil where the group has none
	copay                *dta.Opt[p302.Cent] // per unit
}

// amount is what the line adds to the gross amount, and to the co-payment.
func (l *linePart) amount() (gross, copay p302.Cent) {
	gross = times(*l.price, *l.quantity)
	if l.vat != nil {
		gross += l.vat.Wert.BetragMehrwertsteuer
	}
	if l.copay != nil {
		copay = times(l.copay.Oder(0), *l.quantity)
	}
	return gross, copay
}

func (p *parts) line() linePart { return p.lines()[0] }

// approvalOf returns an approval that may be missing.
func approvalOf(o *dta.Opt[p302.SKZ], prescribed p302.Datum) func() *p302.SKZ {
	return func() *p302.SKZ {
		if !o.Vorhanden {
			*o = dta.Some(p302.SKZ{Genehmigungskennzeichen: "G-1", DatumGenehmigung: prescribed})
		}
		return &o.Wert
	}
}

// doubled returns how to repeat and to drop the first element of a list that begins
// with the first line of the case; the copy is the second line.
func doubled[T any](list *[]T) (repeat func() int, drop func()) {
	return func() int {
			*list = slices.Insert(*list, 1, (*list)[0])
			return 1
		}, func() {
			*list = slices.Delete(*list, 0, 1)
		}
}

func partsA(f *p302.FallA) parts {
	g := &f.Gruppen[0]
	p := &g.Positionen[0].EHI
	repeat, drop := doubled(&g.Positionen)
	return parts{
		fall: f, kopf: &f.Kopf, first: &p.DatumLeistungserbringung, last: &p.DatumLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Gruppen {
				for j := range f.Gruppen[i].Positionen {
					p := &f.Gruppen[i].Positionen[j]
					e := &p.EHI
					out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, &p.MWS, nil})
				}
			}
			return out
		},
		practice: &f.ZHI.Betriebsstaettennummer, doctor: &f.ZHI.LebenslangeArztnummer, prescribed: &f.ZHI.Verordnungsdatum,
		mark: &f.ZHI.Zuzahlungskennzeichen, accident: &f.ZHI.Unfallkennzeichen, special: &f.ZHI.Verordnungsbesonderheiten,
		diagnoses: f.DIA, approval: approvalOf(&f.SKZ, f.ZHI.Verordnungsdatum), repeat: repeat, drop: drop, regroups: true,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
		copay: func() *dta.Opt[p302.Cent] { return &f.BES.GesamtbetragZuzahlung },
	}
}

func partsB(f *p302.FallB) parts {
	repeat, drop := doubled(&f.Positionen)
	return parts{
		fall: f, kopf: &f.Kopf,
		first: &f.Positionen[0].EHE.DatumLeistungserbringung, last: &f.Positionen[len(f.Positionen)-1].EHE.DatumLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				p := &f.Positionen[i]
				e := &p.EHE
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, &p.MWS, &e.BetragZuzahlung})
			}
			return out
		},
		practice: &f.ZHE.Betriebsstaettennummer, doctor: &f.ZHE.LebenslangeArztnummer, prescribed: &f.ZHE.Verordnungsdatum,
		mark: &f.ZHE.Zuzahlungskennzeichen, accident: &f.ZHE.Unfallkennzeichen, special: &f.ZHE.Verordnungsbesonderheiten,
		diagnoses: f.DIA, approval: approvalOf(&f.SKZ, f.ZHE.Verordnungsdatum), repeat: repeat, drop: drop,
		gross:   func() *p302.Cent { return &f.BES.Wert.GesamtbetragBrutto },
		copay:   func() *dta.Opt[p302.Cent] { return &f.BES.Wert.GesamtbetragZuzahlung },
		percent: func() *dta.Opt[p302.Cent] { return &f.BES.Wert.GesamtbetragProzentualeZuzahlung },
	}
}

func partsE(f *p302.FallE) parts {
	t := &f.Fahrten[0]
	p := &t.Positionen[0].EKT
	_, drop := doubled(&t.Positionen)
	trip := f.Fahrten[len(f.Fahrten)-1].Positionen
	return parts{
		fall: f, kopf: &f.Kopf, first: &p.DatumLeistungserbringung, last: &trip[len(trip)-1].EKT.DatumLeistungserbringung, minutes: &p.Dauer,
		lines: func() (out []linePart) {
			for i := range f.Fahrten {
				for j := range f.Fahrten[i].Positionen {
					p := &f.Fahrten[i].Positionen[j]
					e := &p.EKT
					out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, &p.MWS, nil})
				}
			}
			return out
		},
		practice: &f.ZKT.Betriebsstaettennummer, doctor: &f.ZKT.LebenslangeArztnummer, prescribed: &f.ZKT.Verordnungsdatum,
		mark: &f.ZKT.Zuzahlungskennzeichen, accident: &f.ZKT.Unfallkennzeichen,
		approval: approvalOf(&f.SKZ, f.ZKT.Verordnungsdatum), drop: drop, regroups: true,
		dropPart: func(n int) { f.Fahrten = slices.Delete(f.Fahrten, n, n+1) },
		repeat: func() int {
			t.Positionen = append(t.Positionen, t.Positionen[0])
			return len(t.Positionen) - 1
		},
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
		copay: func() *dta.Opt[p302.Cent] { return &f.BES.GesamtbetragZuzahlung },
	}
}
