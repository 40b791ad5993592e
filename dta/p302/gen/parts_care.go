package gen

import (
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

func partsC(f *p302.FallC) parts {
	e := &f.Einsaetze[0]
	insert, drop := doubled(&e.Positionen)
	repeat := func() int {
		e.Positionen[0].ELP = nil // a line with details covers others of its kind
		return insert()
	}
	z := &f.Verordnungen[0]
	return parts{
		fall: f, kopf: &f.Kopf, first: &e.ESK.DatumLeistungserbringung, minutes: &e.ESK.Dauer,
		last: &f.Einsaetze[len(f.Einsaetze)-1].ESK.DatumLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Einsaetze {
				for j := range f.Einsaetze[i].Positionen {
					e := &f.Einsaetze[i].Positionen[j].EHK
					out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
				}
			}
			return out
		},
		practice: &z.ZHK.Betriebsstaettennummer, doctor: &z.ZHK.LebenslangeArztnummer, prescribed: &z.ZHK.Verordnungsdatum,
		accident: &z.ZHK.Unfallkennzeichen, special: &z.ZHK.Verordnungsbesonderheiten, diagnoses: z.DIA,
		approval: func() *p302.SKZ { return &z.SKZ[0] }, repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsD(f *p302.FallD) parts {
	e := &f.Einsaetze[0]
	repeat, drop := doubled(&e.Positionen)
	z := &f.Bescheinigungen[0]
	return parts{
		fall: f, kopf: &f.Kopf, first: &e.ESH.DatumLeistungserbringung, minutes: &e.ESH.Dauer,
		last: &f.Einsaetze[len(f.Einsaetze)-1].ESH.DatumLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Einsaetze {
				for j := range f.Einsaetze[i].Positionen {
					e := &f.Einsaetze[i].Positionen[j].EHH
					out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
				}
			}
			return out
		},
		practice: &z.ZHH.Betriebsstaettennummer, doctor: &z.ZHH.LebenslangeArztnummer, prescribed: &z.ZHH.Bescheinigungsdatum,
		accident: &z.ZHH.Unfallkennzeichen, special: &z.ZHH.Verordnungsbesonderheiten, diagnoses: z.DIA,
		approval: func() *p302.SKZ { return &f.SKZ[0] }, repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsF(f *p302.FallF) parts {
	days := f.Hebammen[0].Tage
	repeat, drop := doubled(&days[0].Positionen)
	return parts{
		fall: f, kopf: &f.Kopf, first: &days[0].HEL.DatumLeistungserbringung, last: &days[len(days)-1].HEL.DatumLeistungserbringung,
		minutes: &days[0].Positionen[0].EHB.Dauer,
		lines: func() (out []linePart) {
			for i := range days {
				for j := range days[i].Positionen {
					p := &days[i].Positionen[j]
					e := &p.EHB
					out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, &p.MWS, nil})
				}
			}
			return out
		},
		practice: &f.ZHB.Betriebsstaettennummer, doctor: &f.ZHB.LebenslangeArztnummer, prescribed: &f.ZHB.Anordnungsdatum,
		approval: approvalOf(&f.SKZ, days[0].HEL.DatumLeistungserbringung), repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsG(f *p302.FallG) parts {
	repeat, drop := doubled(&f.Positionen)
	z := &f.ZUV.Wert
	return parts{
		fall: f, kopf: &f.Kopf, minutes: &f.Positionen[0].SUT.Wert.Dauer,
		first: &f.Positionen[0].ENF.DatumLeistungserbringung, last: &f.Positionen[len(f.Positionen)-1].ENF.DatumLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				p := &f.Positionen[i]
				e := &p.ENF
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, &p.MWS, &e.BetragZuzahlung})
			}
			return out
		},
		practice: &z.Betriebsstaettennummer, doctor: &z.LebenslangeArztnummer, prescribed: &z.Verordnungsdatum, mark: &z.Zuzahlungskennzeichen,
		accident: &z.Unfallkennzeichen, special: &z.Verordnungsbesonderheiten, diagnoses: f.DIA,
		approval: approvalOf(&f.SKZ, z.Verordnungsdatum), repeat: repeat, drop: drop,
		gross:   func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
		copay:   func() *dta.Opt[p302.Cent] { return &f.BES.GesamtbetragZuzahlung },
		percent: func() *dta.Opt[p302.Cent] { return &f.BES.GesamtbetragProzentualeZuzahlung },
	}
}

func partsO(f *p302.FallO) parts {
	repeat, drop := doubled(&f.Positionen)
	z := &f.Verordnungen[0]
	first, last := &f.Positionen[0].ZZL[0], &f.Positionen[len(f.Positionen)-1].ZZL[0]
	return parts{
		fall: f, kopf: &f.Kopf, first: &first.DatumLeistungserbringung, last: &last.DatumLeistungserbringung, minutes: &first.DauerDesEinsatzes,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				e := &f.Positionen[i].ESP
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
			}
			return out
		},
		practice: &z.ZSP.Betriebsstaettennummer, doctor: &z.ZSP.LebenslangeArztnummer, prescribed: &z.ZSP.Verordnungsdatum,
		accident: &z.ZSP.Unfallkennzeichen, special: &z.ZSP.Verordnungsbesonderheiten, diagnoses: z.DIA,
		approval: func() *p302.SKZ { return &z.SKZ[0] }, repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsP(f *p302.FallP) parts {
	repeat, drop := doubled(&f.Positionen)
	return parts{
		fall: f, kopf: &f.Kopf, first: &f.Positionen[0].EGV.AbrechnungszeitraumVon, last: &f.Positionen[0].EGV.AbrechnungszeitraumVon,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				e := &f.Positionen[i].EGV
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
			}
			return out
		},
		repeat: repeat, drop: drop, gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsQ(f *p302.FallQ) parts {
	repeat, drop := doubled(&f.Positionen)
	return parts{
		fall: f, kopf: &f.Kopf, first: &f.Positionen[0].EHP.DatumBeginnDerLeistungserbringung, last: &f.Positionen[0].EHP.DatumBeginnDerLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				e := &f.Positionen[i].EHP
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
			}
			return out
		},
		diagnoses: f.DIA, approval: func() *p302.SKZ { return &f.SKZ[0] }, repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsR(f *p302.FallR) parts {
	repeat, drop := doubled(&f.Positionen)
	z := &f.Verordnungen[0]
	return parts{
		fall: f, kopf: &f.Kopf, first: &f.Positionen[0].AHK.DatumLeistungserbringung, last: &f.Positionen[len(f.Positionen)-1].AHK.DatumLeistungserbringung,
		minutes: &f.Positionen[0].ASK[0].Dauer,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				e := &f.Positionen[i].AHK
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
			}
			return out
		},
		practice: &z.ZHK.Betriebsstaettennummer, doctor: &z.ZHK.LebenslangeArztnummer, prescribed: &z.ZHK.Verordnungsdatum,
		accident: &z.ZHK.Unfallkennzeichen, special: &z.ZHK.Verordnungsbesonderheiten, diagnoses: z.DIA,
		approval: func() *p302.SKZ { return &z.SKZ[0] }, repeat: repeat, drop: drop,
		gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

func partsS(f *p302.FallS) parts {
	repeat, drop := doubled(&f.Positionen)
	first := &f.Positionen[0].EMP
	return parts{
		fall: f, kopf: &f.Kopf, first: &first.DatumBeginnDerLeistungserbringung, minutes: &first.DauerDerLeistungserbringung,
		last: &f.Positionen[len(f.Positionen)-1].EMP.DatumBeginnDerLeistungserbringung,
		lines: func() (out []linePart) {
			for i := range f.Positionen {
				e := &f.Positionen[i].EMP
				out = append(out, linePart{&e.Abrechnungscode, &e.Tarifkennzeichen, &e.Abrechnungspositionsnummer, &e.Anzahl, &e.Einzelbetrag, nil, nil})
			}
			return out
		},
		repeat: repeat, drop: drop, gross: func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
	}
}

// sumsCare fills the sums of the care groups: the gross amount, and in L what the
// insured person pays, 10 % and 10,00.
func sumsCare(p *parts) {
	var gross, percent p302.Cent
	for _, l := range p.lines() {
		g, c := l.amount()
		gross += g
		percent += c
	}
	*p.gross() = gross
	f, other := p.fall.(*p302.FallG)
	if !other || percent == 0 {
		return
	}
	flat := min(1000, gross-percent)
	f.BES.GesamtbetragProzentualeZuzahlung, f.BES.PauschalerZuzahlungsbetrag = dta.Some(percent), dta.Some(flat)
	f.BES.GesamtbetragZuzahlung = dta.Some(percent + flat)
}
