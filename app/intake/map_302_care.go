package intake

import (
	"slices"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// Groups that bill visits and days of care: C, D, F, O, Q, R.

func mapCaseC(f *p302.FallC, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Einsaetze {
		v := &f.Einsaetze[i]
		e := &v.ESK
		visit := nextVisit(c, billing.Visit{
			Place: place(e.Ort), Position: len(c.Positions), Date: date(e.DatumLeistungserbringung),
			From: minutes(dta.Some(e.UhrzeitBeginn)), To: minutes(e.UhrzeitEnde), Minutes: duration(e.Dauer),
		})
		for j := range v.Positionen {
			in := &v.Positionen[j]
			k := &in.EHK
			visit.Staff = numbers(visit.Staff, k.Beschaeftigtennummer, k.BeschaeftigtennummerZweitePerson)
			p := nextPosition(c, line{k.Ort, k.Abrechnungscode, k.Tarifkennzeichen, k.Abrechnungspositionsnummer, k.Anzahl, k.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, nil})
			p.Kilometres = kilometres(k.GefahreneKilometer)
			p.From, p.To, p.Minutes = visit.From, visit.To, visit.Minutes
			mapDetails(in.ELP, c)
		}
	}
	for i := range f.Verordnungen {
		mapCareOrder(&f.Verordnungen[i].ZHK, c)
		mapDiagnoses(f.Verordnungen[i].DIA, c)
		mapApprovals(f.Verordnungen[i].SKZ, c)
	}
	grossOnly(&f.BES, c)
}

func mapCaseD(f *p302.FallD, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Einsaetze {
		v := &f.Einsaetze[i]
		e := &v.ESH
		visit := nextVisit(c, billing.Visit{
			Place: place(e.Ort), Position: len(c.Positions), Date: date(e.DatumLeistungserbringung),
			From: minutes(dta.Some(e.UhrzeitBeginn)), To: minutes(e.UhrzeitEnde), Minutes: duration(e.Dauer),
		})
		for j := range v.Positionen {
			in := &v.Positionen[j]
			k := &in.EHH
			p := nextPosition(c, line{k.Ort, k.Abrechnungscode, k.Tarifkennzeichen, k.Abrechnungspositionsnummer, k.Anzahl, k.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, nil})
			p.From, p.To, p.Minutes = visit.From, visit.To, visit.Minutes
			mapDetails(in.ELP, c)
		}
	}
	for i := range f.Bescheinigungen {
		z := &f.Bescheinigungen[i].ZHH
		addPrescription(c, billing.Prescription{
			Place: place(z.Ort), BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Bescheinigungsdatum),
			Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG), Special: key(z.Verordnungsbesonderheiten),
		})
		mapDiagnoses(f.Bescheinigungen[i].DIA, c)
	}
	mapApprovals(f.SKZ, c)
	grossOnly(&f.BES, c)
}

func mapCaseF(f *p302.FallF, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Hebammen {
		h := &f.Hebammen[i]
		for j := range h.Tage {
			day := &h.Tage[j]
			nextVisit(c, billing.Visit{
				Place: place(day.HEL.Ort), Position: len(c.Positions), Date: date(day.HEL.DatumLeistungserbringung),
				From: -1, To: -1, Minutes: -1, Midwife: h.HEB.HebammeIK, Hospital: h.HEB.KrankenhausIK,
			})
			for k := range day.Positionen {
				mapMidwifeLine(&day.Positionen[k], day.HEL.DatumLeistungserbringung, c)
			}
		}
	}
	z := &f.ZHB
	addPrescription(c, billing.Prescription{
		Place: place(z.Ort), BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Anordnungsdatum),
	})
	c.Childbirth = &billing.Childbirth{Kind: key(z.SchluesselGeburtsdatum), Date: date(z.Datum), Time: -1, Children: key(z.AnzahlDerGeborenenKinder)}
	if z.UhrzeitGeburtDesKindes != unknownTime {
		c.Childbirth.Time = minutes(dta.Some(z.UhrzeitGeburtDesKindes))
	}
	mapDiagnoses(f.DIA, c)
	mapApproval(&f.SKZ, c)
	grossOnly(&f.BES, c)
}

// unknownTime stands for a time of birth that is not known (dta-302.md section 8 F).
const unknownTime = 9999

func mapMidwifeLine(in *p302.PositionF, on p302.Datum, c *billing.Case) {
	e := &in.EHB
	if e.StrasseAbfahrt != "" || e.NameAbfahrtsort != "" || e.StrasseZielort != "" || e.NameZielort != "" {
		c.Journeys = append(c.Journeys, billing.Journey{
			Position:   len(c.Positions),
			FromStreet: e.StrasseAbfahrt, FromPostcode: e.PLZAbfahrtsort, FromCountry: e.LaenderkennzeichenAbfahrtsort, FromCity: e.NameAbfahrtsort,
			ToStreet: e.StrasseZielort, ToPostcode: e.PLZZielort, ToCountry: e.LaenderkennzeichenZielort, ToCity: e.NameZielort,
		})
	}
	p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, on, &in.TXT, &in.MWS})
	p.ProductItem, p.Kilometres = e.Pharmazentralnummer, kilometres(e.GefahreneKilometer)
	p.From, p.To, p.Minutes = minutes(e.Uhrzeit), minutes(e.UhrzeitBis), duration(e.Dauer)
}

func mapCaseO(f *p302.FallO, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	c.FirstContact = date(f.ERS.DatumBeginnDerLeistungserbringung)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.ESP
		var on p302.Datum
		if len(in.ZZL) > 0 {
			on = in.ZZL[0].DatumLeistungserbringung
		}
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, on, &in.TXT, nil})
		p.Kilometres = kilometres(e.GefahreneKilometer)
		for j := range in.ZZL {
			z := &in.ZZL[j]
			v := nextVisit(c, billing.Visit{
				Place: place(z.Ort), Position: len(c.Positions) - 1, Date: date(z.DatumLeistungserbringung), End: date(z.DatumEndeLeistungserbringung),
				From: minutes(z.UhrzeitBeginnLeistungserbringung), To: minutes(z.UhrzeitEndeLeistungserbringung), Minutes: duration(z.DauerDesEinsatzes), ID: z.EinsatzID,
			})
			v.Staff = numbers(nil, z.Beschaeftigtennummer, z.BeschaeftigtennummerZweitePerson, z.BeschaeftigtennummerDrittePerson)
			v.Doctors = numbers(nil, z.LANR, z.LANRZweiterArzt, z.LANRDritterArzt)
		}
	}
	for i := range f.Verordnungen {
		z := &f.Verordnungen[i].ZSP
		addPrescription(c, billing.Prescription{
			Place: place(z.Ort), BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
			Accident: key(z.Unfallkennzeichen), Special: key(z.Verordnungsbesonderheiten),
			From: date(z.DatumBeginnLtVerordnung), To: date(z.DatumEndeLtVerordnung),
		})
		mapDiagnoses(f.Verordnungen[i].DIA, c)
		mapApprovals(f.Verordnungen[i].SKZ, c)
	}
	grossOnly(&f.BES, c)
}

func mapCaseQ(f *p302.FallQ, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.EHP
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumBeginnDerLeistungserbringung, &in.TXT, nil})
		p.SupplyFrom, p.SupplyTo = p.Date, date(e.DatumEndeDerLeistungserbringung)
	}
	mapDiagnoses(f.DIA, c)
	mapApprovals(f.SKZ, c)
	grossOnly(&f.BES, c)
}

func mapCaseR(f *p302.FallR, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.AHK
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, nil})
		p.Unit = e.ArtDerMenge
		if e.VersorgungszeitraumBis != 0 {
			p.SupplyFrom, p.SupplyTo = p.Date, date(e.VersorgungszeitraumBis)
		}
		for j := range in.ASK {
			s := &in.ASK[j]
			v := nextVisit(c, billing.Visit{
				Place: place(s.Ort), Position: len(c.Positions) - 1, Date: date(s.TagDerLeistung),
				From: minutes(dta.Some(s.UhrzeitBeginn)), To: minutes(dta.Some(s.UhrzeitEnde)), Minutes: duration(s.Dauer),
			})
			v.Staff = numbers(nil, s.Beschaeftigtennummer)
		}
	}
	for i := range f.Verordnungen {
		mapCareOrder(&f.Verordnungen[i].ZHK, c)
		mapDiagnoses(f.Verordnungen[i].DIA, c)
		mapApprovals(f.Verordnungen[i].SKZ, c)
	}
	grossOnly(&f.BES, c)
}

// mapCareOrder maps the prescription of nursing care, at home (C) or intensive (R).
func mapCareOrder(z *p302.ZHK, c *billing.Case) {
	addPrescription(c, billing.Prescription{
		Place: place(z.Ort), BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
		Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG), Special: key(z.Verordnungsbesonderheiten),
	})
}

// addPrescription takes the first prescription of a case and keeps those behind it.
func addPrescription(c *billing.Case, p billing.Prescription) {
	p.Present = true
	if c.Prescription.Present {
		c.Further = append(c.Further, p)
		return
	}
	c.Prescription = p
}

func nextVisit(c *billing.Case, v billing.Visit) *billing.Visit {
	c.Visits = append(c.Visits, v)
	return &c.Visits[len(c.Visits)-1]
}

// numbers appends those that are given and not yet in the list.
func numbers(list []string, more ...string) []string {
	for _, n := range more {
		if n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// mapDetails maps the single services of the last position.
func mapDetails(in []p302.ELP, c *billing.Case) {
	for i := range in {
		c.Details = append(c.Details, billing.Detail{
			Place: place(in[i].Ort), Position: len(c.Positions) - 1, Item: in[i].Abrechnungspositionsnummer, Quantity: money.Hundredths(in[i].Anzahl),
		})
	}
}

// grossOnly maps the sums of the groups that have nothing but a gross amount.
func grossOnly(b *p302.BESC, c *billing.Case) {
	c.Totals = billing.CaseTotals{Place: place(b.Ort), Present: true, Gross: money.Cents(b.GesamtbetragBrutto)}
}
