package gen

import (
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// in returns a change of the case of one group.
func in[T any](change func(*T)) func(*parts) {
	return func(p *parts) { change(p.fall.(*T)) }
}

// aidFaults are faults of Hilfsmittel (A).
func aidFaults() []FaultKind {
	line := func(change func(*p302.EHI)) func(*parts) {
		return in(func(f *p302.FallA) { change(&f.Gruppen[0].Positionen[0].EHI) })
	}
	group := func(change func(*p302.ZUH, *p302.FallA)) func(*parts) {
		return in(func(f *p302.FallA) { change(&f.ZUH[0], f) })
	}
	return []FaultKind{
		{Name: "aid-number", Rule: "P3016", Gruppen: "A", Effect: TakesLine, onCase: line(func(e *p302.EHI) { e.Abrechnungspositionsnummer = e.Abrechnungspositionsnummer[:9] })},
		{Name: "aid-mark", Rule: "P3046", Gruppen: "A", Effect: TakesLine, onCase: line(func(e *p302.EHI) { e.KennzeichenHilfsmittel = "99" })},
		{Name: "inventory-missing", Rule: "P3048", Gruppen: "A", Effect: TakesLine, onCase: line(func(e *p302.EHI) { e.KennzeichenHilfsmittel = "02" })},
		{Name: "aid-copay-low", Rule: "P4101", Gruppen: "A", Effect: TakesExcess, line: noLine, onSums: group(func(z *p302.ZUH, f *p302.FallA) {
			z.BetragZuzahlung.Wert -= 100
			f.BES.GesamtbetragZuzahlung.Wert -= 100
		})},
		{Name: "aid-group-gross", Rule: "R-ZUH-01", Gruppen: "A", Effect: RefusesInvoice, line: noLine, onSums: group(func(z *p302.ZUH, _ *p302.FallA) { z.Bruttobetrag += 100 })},
		{Name: "aid-copay-of-minor", Rule: "P4104", Gruppen: "A", line: noLine, onCase: func(p *parts) { p.kopf.NAD.Geburtsdatum = days(*p.first, -3650) }},
		{Name: "mark-exempt", Rule: "P3043", Gruppen: "ABE", line: noLine, onSums: func(p *parts) { *p.mark = "1" }},
		{Name: "aid-supplied-late", Rule: "P4105", Gruppen: "A", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			*p.prescribed = days(*p.first, -40)
			p.approval().DatumGenehmigung = days(*p.first, -1)
		}},
	}
}

// therapyFaults are faults of Heilmittel (B).
func therapyFaults() []FaultKind {
	order := func(change func(*p302.ZHE)) func(*parts) {
		return in(func(f *p302.FallB) { change(&f.ZHE) })
	}
	sums := func(change func(*p302.BESB)) func(*parts) {
		return in(func(f *p302.FallB) { change(&f.BES.Wert) })
	}
	const refuses = RefusesInvoice
	return []FaultKind{
		{Name: "therapy-kind", Rule: "P3049", Gruppen: "B", Effect: refuses, line: noLine, onCase: order(func(z *p302.ZHE) { z.Verordnungsart = "77" })},
		{Name: "therapy-area", Rule: "P3050", Gruppen: "B", Effect: refuses, line: noLine, onCase: order(func(z *p302.ZHE) { z.HeilmittelBereich = "2" })},
		{Name: "diagnosis-group", Rule: "P3051", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: order(func(z *p302.ZHE) { z.Diagnosegruppe = "XX" })},
		{Name: "group-of-other-area", Rule: "P3052", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: order(func(z *p302.ZHE) {
			z.Diagnosegruppe = map[bool]string{true: "SB2", false: "WS"}[z.HeilmittelBereich == "1"]
		})},
		{Name: "copay-in-pregnancy", Rule: "P4225", Gruppen: "B", line: noLine, onCase: order(func(z *p302.ZHE) { z.Verordnungsbesonderheiten = "2" })},
		{Name: "blank-not-intended", Rule: "P4227", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: order(func(z *p302.ZHE) {
			z.Verordnungsart, z.Diagnosegruppe = "05", map[bool]string{true: "WS", false: "EN2"}[z.HeilmittelBereich == "1"]
		})},
		{Name: "lead-symptom", Rule: "P3053", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: order(func(z *p302.ZHE) { z.Leitsymptomatik = "0000" })},
		{Name: "frequency", Rule: "P3054", Gruppen: "B", line: noLine, onCase: order(func(z *p302.ZHE) { z.Therapiefrequenz = "0" })},
		{Name: "therapy-late", Rule: "P4201", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: func(p *parts) { *p.prescribed = days(*p.first, -29) }},
		{Name: "urgent-therapy-late", Rule: "P4202", Gruppen: "B", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			*p.prescribed = days(*p.first, -15)
			p.fall.(*p302.FallB).ZHE.DringlicherBehandlungsbedarf = "1"
		}},
		{Name: "deduction-in-first-bill", Rule: "P3115", Gruppen: "B", Effect: refuses, line: noLine, onSums: sums(func(b *p302.BESB) {
			b.PauschaleKorrekturabzug = dta.Some(p302.Cent(100))
		})},
		{Name: "copay-of-line", Rule: "P4222", Gruppen: "B", Effect: TakesExcess, line: noLine, onCase: in(func(f *p302.FallB) {
			f.Positionen[0].EHE.BetragZuzahlung.Wert -= 50
		})},
		{Name: "copay-flat-missing", Rule: "P4222", Gruppen: "B", Effect: TakesExcess, line: noLine, onSums: sums(func(b *p302.BESB) {
			b.GesamtbetragZuzahlung.Wert -= b.PauschalerZuzahlungsbetrag.Wert
			b.PauschalerZuzahlungsbetrag = dta.Some(p302.Cent(0))
		})},
		{Name: "copay-sum-low", Rule: "P3105", Gruppen: "B", Effect: TakesExcess, line: noLine, onSums: sums(func(b *p302.BESB) { b.GesamtbetragZuzahlung.Wert -= 100 })},
	}
}

// tripFaults are faults of Krankentransport (E).
func tripFaults() []FaultKind {
	trip := func(change func(*p302.FahrtE)) func(*parts) {
		return in(func(f *p302.FallE) { change(&f.Fahrten[0]) })
	}
	return []FaultKind{
		{Name: "trip-number", Rule: "P3021", Gruppen: "E", Effect: TakesLine, onCase: trip(func(t *p302.FahrtE) { t.Positionen[0].EKT.Abrechnungspositionsnummer = "51010" })},
		{Name: "trip-address", Rule: "P3059", Gruppen: "E", Effect: TakesPart, line: noLine, onCase: trip(func(t *p302.FahrtE) { t.KTL.PLZZielort = "9711 AB" })},
		{Name: "trips-overlap", Rule: "P4410", Gruppen: "E", Effect: TakesPart, part: 1, line: noLine, onCase: in(func(f *p302.FallE) {
			for i := range f.Fahrten[1].Positionen {
				e, first := &f.Fahrten[1].Positionen[i].EKT, &f.Fahrten[0].Positionen[0].EKT
				e.Uhrzeit, e.UhrzeitBis = first.Uhrzeit, first.UhrzeitBis
			}
		})},
		{Name: "trip-kilometres-missing", Rule: "P3060", Gruppen: "E", onCase: trip(func(t *p302.FahrtE) {
			t.Positionen[0].EKT.GefahreneKilometer = dta.Opt[p302.Hundertstel]{}
		})},
		{Name: "trip-copay-low", Rule: "P4401", Gruppen: "E", Effect: TakesExcess, line: noLine, onSums: in(func(f *p302.FallE) {
			f.ZUK[0].BetragZuzahlung.Wert -= 100
			f.BES.GesamtbetragZuzahlung.Wert -= 100
		})},
		{Name: "trip-copay-missing", Rule: "P4403", Gruppen: "E", Effect: TakesExcess, line: noLine, onSums: in(func(f *p302.FallE) {
			f.BES.GesamtbetragZuzahlung.Wert -= f.ZUK[0].BetragZuzahlung.Wert
			f.ZUK = f.ZUK[1:]
		})},
		{Name: "trip-gross", Rule: "R-ZUK-01", Gruppen: "E", Effect: RefusesInvoice, line: noLine, onSums: in(func(f *p302.FallE) { f.ZUK[0].Bruttobetrag += 100 })},
		{Name: "flat-rates-combined", Rule: "R-POS-05", Gruppen: "E", onCase: func(p *parts) { *p.line().quantity = 200; addVAT(p) }},
	}
}

// careFaults are faults of the groups C, D and F to S.
func careFaults() []FaultKind {
	const refuses = RefusesInvoice
	number := func(rule, groups, n string) FaultKind {
		return FaultKind{
			Name: "item-number", Rule: rule, Gruppen: groups, Effect: TakesLine, listed: n, onCase: func(p *parts) { *p.line().number = n },
		}
	}
	stay := func(n int) func(*parts) {
		return in(func(f *p302.FallQ) {
			e := &f.Positionen[0].EHP
			e.DatumEndeDerLeistungserbringung, e.Anzahl = days(e.DatumBeginnDerLeistungserbringung, n-1), p302.Hundertstel(100*n)
		})
	}
	return []FaultKind{
		number("P3020", "CD", "991101"),
		number("P3022", "O", "010101010"),
		number("P3023", "P", "010100"),
		number("P3024", "Q", "010110"),
		{Name: "visits-order", Rule: "R-C-01", Gruppen: "C", Effect: refuses, line: noLine, onCase: in(func(f *p302.FallC) {
			f.Einsaetze[0], f.Einsaetze[1] = f.Einsaetze[1], f.Einsaetze[0]
		})},
		{Name: "visits-order", Rule: "R-C-01", Gruppen: "D", Effect: refuses, line: noLine, onCase: in(func(f *p302.FallD) {
			f.Einsaetze[0], f.Einsaetze[1] = f.Einsaetze[1], f.Einsaetze[0]
		})},
		{Name: "consultation-period", Rule: "P3066", Gruppen: "P", Effect: TakesCase, line: noLine, onCase: in(func(f *p302.FallP) {
			f.Beratungen = []p302.BeratungP{{IBP: p302.IBP{
				ArtDesBeratungsprozesses: "1", BeginnBeratungsprozess: f.Positionen[0].EGV.AbrechnungszeitraumVon,
				EndeBeratungsprozess: days(f.Positionen[0].EGV.AbrechnungszeitraumVon, -1), AnzahlGespraeche: 4, NameDesBeraters: "Beraterin Beispiel",
			}}}
		})},
		{Name: "palliative-period", Rule: "P3067", Gruppen: "O", Effect: TakesLine, onCase: in(func(f *p302.FallO) {
			f.Verordnungen[0].ZSP.DatumBeginnLtVerordnung = days(f.Positionen[0].ZZL[0].DatumLeistungserbringung, 1)
		})},
		{Name: "before-first-contact", Rule: "P4458", Gruppen: "O", Effect: TakesLine, onCase: in(func(f *p302.FallO) {
			f.ERS.DatumBeginnDerLeistungserbringung = days(f.Positionen[0].ZZL[0].DatumLeistungserbringung, 1)
		})},
		{Name: "stay-long", Rule: "P4460", Gruppen: "Q", Effect: TakesExcess, setup: stay(56), onCase: stay(60)},
		{Name: "long-after-birth", Rule: "P4451", Gruppen: "F", Milder: true, line: noLine, onCase: in(func(f *p302.FallF) { f.ZHB.Datum = days(f.ZHB.Datum, -400) })},
		{Name: "staff-number", Rule: "P4313", Gruppen: "C", line: noLine, onCase: in(func(f *p302.FallC) {
			f.Einsaetze[0].Positionen[0].EHK.Beschaeftigtennummer = "999999999"
		})},
		{Name: "visits-of-units", Rule: "R-O-01", Gruppen: "O", Effect: refuses, line: noLine, onCase: func(p *parts) { *p.line().quantity = 200 }},
		{Name: "days-of-stay", Rule: "P3068", Gruppen: "Q", Effect: TakesExcess, onCase: func(p *parts) { *p.line().quantity += 200 }},
		{Name: "shift-day", Rule: "R-R-01", Gruppen: "R", Effect: refuses, line: noLine, onCase: in(func(f *p302.FallR) {
			f.Positionen[0].ASK[0].TagDerLeistung = days(f.Positionen[0].ASK[0].TagDerLeistung, 1)
		})},
		{Name: "copay-sum-low", Rule: "R-BES-06", Gruppen: "L", Effect: TakesExcess, line: noLine, onSums: func(p *parts) { p.copay().Wert -= 100 }},
	}
}
