package intake

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta/p302"
)

func mapCaseA(f *p302.FallA, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for g := range f.Gruppen {
		group := &f.Gruppen[g]
		c.Aids = append(c.Aids, billing.AidGroup{Place: place(group.HIL.Ort), ID: int(group.HIL.Identifikationsnummer)})
		if g < len(f.MEH) { // the n-th MEH belongs to the n-th HIL (spec section 8 A)
			c.Aids[g].ExtraPlace, c.Aids[g].Extra = place(f.MEH[g].Ort), billing.Some(money.Cents(f.MEH[g].BetragMehrkosten))
		}
		for i := range group.Positionen {
			mapAid(&group.Positionen[i], g, c)
		}
	}
	for i := range f.ZUH {
		mapAidCopay(&f.ZUH[i], c)
	}
	z := &f.ZHI
	c.Prescription = billing.Prescription{
		Place: place(z.Ort), Present: true, BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
		CopayMarker: key(z.Zuzahlungskennzeichen), Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG),
		Special: key(z.Verordnungsbesonderheiten), Staff: z.Beschaeftigtennummer, Institution: z.Institutionskennzeichen,
	}
	mapDiagnoses(f.DIA, c)
	mapApproval(&f.SKZ, c)
	b := &f.BES
	c.Totals = billing.CaseTotals{
		Place: place(b.Ort), Present: true, Gross: money.Cents(b.GesamtbetragBrutto), Copay: opt(b.GesamtbetragZuzahlung),
		OwnShare: opt(b.GesamtbetragEigenanteil), Extra: billing.Some(money.Cents(b.GesamtbetragMehrkosten)),
	}
}

func mapAid(in *p302.PositionA, group int, c *billing.Case) {
	e := &in.EHI
	p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, &in.MWS})
	p.Part, p.AidMark, p.Unit = int16(group), e.KennzeichenHilfsmittel, e.Mengeneinheit
	p.InventoryNo, p.ProductItem, p.Site = e.Inventarnummer, e.PositionsnummerProduktbesonderheiten, e.Anwendungsort
	p.SupplyFrom, p.SupplyTo = date(e.VersorgungszeitraumVon), date(e.VersorgungszeitraumBis)
	p.Kilometres = kilometres(e.GefahreneKilometer)
	p.From, p.To, p.Minutes = minutes(e.Uhrzeit), minutes(e.UhrzeitBis), duration(e.Dauer)
}

// kilometres converts whole kilometres to hundredths, -1 if absent.
func kilometres(o p302.Opt[int32]) money.Hundredths {
	if !o.Vorhanden {
		return -1
	}
	return money.Hundredths(o.Wert) * 100
}

// mapAidCopay assigns a ZUH to its HIL. One that names no HIL is kept as a group
// of its own, so that R-ZUH-03 can find it.
func mapAidCopay(z *p302.ZUH, c *billing.Case) {
	id := int(z.Identifikationsnummer)
	var group *billing.AidGroup
	for i := range c.Aids {
		if c.Aids[i].ID == id && !c.Aids[i].Present {
			group = &c.Aids[i]
			break
		}
	}
	if group == nil {
		c.Aids = append(c.Aids, billing.AidGroup{ID: id})
		group = &c.Aids[len(c.Aids)-1]
	}
	group.CopayPlace, group.Present, group.Gross = place(z.Ort), true, money.Cents(z.Bruttobetrag)
	group.CopayKind, group.Copay, group.OwnShare = z.Zuzahlungsart, opt(z.BetragZuzahlung), opt(z.BetragEigenanteil)
	group.SupplyMonths = int(z.Versorgungszeitraum.Wert)
}

func mapCaseB(f *p302.FallB, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.EHE
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, &in.MWS})
		p.CopayPerUnit, p.Kilometres = opt(e.BetragZuzahlung), kilometres(e.GefahreneKilometer)
	}
	z := &f.ZHE
	c.Prescription = billing.Prescription{
		Place: place(z.Ort), Present: true, BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
		CopayMarker: key(z.Zuzahlungskennzeichen), Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG),
		Special: key(z.Verordnungsbesonderheiten), DiagnosisGroup: z.Diagnosegruppe, Kind: z.Verordnungsart,
		TreatmentStart: z.Behandlungsbeginn, Report: key(z.TherapieberichtAngefordert), HomeVisit: key(z.Hausbesuch),
		LeadSymptom: z.Leitsymptomatik, LeadSymptomText: z.PatientenindividuelleLeitsymptomatik,
		Urgent: key(z.DringlicherBehandlungsbedarf), TherapyArea: key(z.HeilmittelBereich), Frequency: key(z.Therapiefrequenz),
	}
	mapDiagnoses(f.DIA, c)
	mapApproval(&f.SKZ, c)
	switch {
	case f.GZF.Vorhanden:
		g := &f.GZF.Wert
		c.Totals = billing.CaseTotals{
			Place: place(g.Ort), Present: true, Claim: true, Copay: billing.Some(money.Cents(g.ForderungZuzahlung)),
			Percent: opt(g.ForderungProzentualeZuzahlung), Flat: opt(g.ForderungPauschalerZuzahlungsbetrag),
		}
	case f.BES.Vorhanden:
		b := &f.BES.Wert
		c.Totals = billing.CaseTotals{
			Place: place(b.Ort), Present: true, Gross: money.Cents(b.GesamtbetragBrutto), Copay: opt(b.GesamtbetragZuzahlung),
			Percent: opt(b.GesamtbetragProzentualeZuzahlung), Flat: opt(b.PauschalerZuzahlungsbetrag), Deduction: opt(b.PauschaleKorrekturabzug),
		}
	}
}

func mapCaseE(f *p302.FallE, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for t := range f.Fahrten {
		k := &f.Fahrten[t].KTL
		c.Trips = append(c.Trips, billing.Trip{
			Place: place(k.Ort), ID: int(k.Identifikationsnummer),
			FromStreet: k.StrasseAbholort, FromPostcode: k.PLZAbholort, FromCountry: k.LaenderkennzeichenAbholort, FromCity: k.NameAbholort,
			ToStreet: k.StrasseZielort, ToPostcode: k.PLZZielort, ToCountry: k.LaenderkennzeichenZielort, ToCity: k.NameZielort,
		})
		for i := range f.Fahrten[t].Positionen {
			mapTripLine(&f.Fahrten[t].Positionen[i], t, c)
		}
	}
	for i := range f.ZUK {
		mapTripCopay(&f.ZUK[i], c)
	}
	z := &f.ZKT
	c.Prescription = billing.Prescription{
		Place: place(z.Ort), Present: true, BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
		CopayMarker: key(z.Zuzahlungskennzeichen), Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG),
	}
	mapApproval(&f.SKZ, c)
	b := &f.BES
	c.Totals = billing.CaseTotals{Place: place(b.Ort), Present: true, Gross: money.Cents(b.GesamtbetragBrutto), Copay: opt(b.GesamtbetragZuzahlung)}
}

func mapTripLine(in *p302.PositionE, trip int, c *billing.Case) {
	e := &in.EKT
	p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, &in.MWS})
	p.Part = int16(trip)
	if e.GefahreneKilometer.Vorhanden {
		p.Kilometres = money.Hundredths(e.GefahreneKilometer.Wert)
	}
	p.From, p.To, p.Minutes = minutes(e.Uhrzeit), minutes(e.UhrzeitBis), duration(e.Dauer)
}

// mapTripCopay assigns a ZUK to its KTL; one that names no KTL is kept as a trip
// of its own, so that R-ZUK-01 can find it.
func mapTripCopay(z *p302.ZUK, c *billing.Case) {
	id := int(z.Identifikationsnummer)
	var trip *billing.Trip
	for i := range c.Trips {
		if c.Trips[i].ID == id && !c.Trips[i].Present {
			trip = &c.Trips[i]
			break
		}
	}
	if trip == nil {
		c.Trips = append(c.Trips, billing.Trip{ID: id})
		trip = &c.Trips[len(c.Trips)-1]
	}
	trip.CopayPlace, trip.Present, trip.Gross = place(z.Ort), true, money.Cents(z.Bruttobetrag)
	trip.CopayKind, trip.Copay = z.Zuzahlungsart, opt(z.BetragZuzahlung)
}
