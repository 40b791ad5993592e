package intake

import (
	"strconv"
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/dta/p302"
)

// Here, and only here, the wire meets the business: § 302 segments become
// invoices. Reused slices keep their capacity, so a steady stream of invoices
// costs almost no allocation.

func place(o p302.Ort) billing.Place { return billing.Place{Segment: o.Segment, Offset: o.Offset} }

// date converts a wire date; the reader has checked that it exists.
func date(d p302.Datum) calendar.Date {
	if d == 0 {
		return 0
	}
	v, _ := calendar.FromCompact(int32(d))
	return v
}

func opt(o p302.Opt[p302.Cent]) billing.OptCents {
	return billing.OptCents{Cents: money.Cents(o.Wert), Set: o.Vorhanden}
}

func minutes(o p302.Opt[p302.Uhrzeit]) int16 {
	if !o.Vorhanden {
		return -1
	}
	return int16(o.Wert/100*60 + o.Wert%100)
}

func duration(o p302.Opt[int32]) int16 {
	if !o.Vorhanden {
		return -1
	}
	return int16(o.Wert)
}

func key(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func processing(s string) billing.ProcessingCode {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0 // the element type is n2; P3029 refuses 0 like any unknown code
	}
	return billing.ProcessingCode(n)
}

func mapHeader(u *p302.UNB, version string) *billing.Header {
	v, err := strconv.Atoi(version)
	if err != nil {
		v = 0 // P2008 has refused it
	}
	return &billing.Header{
		Place: place(u.Ort), Sender: ik(u.Absenderbezeichnung), Recipient: ik(u.Empfaengerbezeichnung),
		CreatedOn: date(u.Datum), Reference: u.Datenaustauschreferenz, Group: billing.Group(key(u.Leistungsbereich)),
		Test: key(u.Testindikator), Version: v,
	}
}

// ik returns the first 9 characters, all that counts in UNB (TA1 5.4).
func ik(s string) string { return s[:min(len(s), 9)] }

func mapStatement(s *p302.SLGA, dst *billing.Statement) {
	f, r := &s.FKT, &s.REC
	*dst = billing.Statement{
		Head: billing.Head{
			Place: place(f.Ort), NumberPlace: place(r.Ort), Processing: processing(f.Verarbeitungskennzeichen),
			Provider: strings.Clone(f.RechnungsstellerIK), Payer: f.KostentraegerIK, Fund: f.KrankenkasseIK,
			Number: number302(r),
			Date:   date(r.Datum), Kind: key(r.Rechnungsart),
		},
		Collective: s.IstSammelrechnung(),
		Sender:     f.AbsenderIK,
		Discounts:  dst.Discounts[:0],
		Totals:     dst.Totals[:0],
	}
	if s.UST.Vorhanden {
		u := &s.UST.Wert
		dst.Tax = billing.Tax{Place: place(u.Ort), Present: true, Number: u.Steuernummer, Exempt: u.KennungUStBefreiung == "J"}
	}
	for i := range s.SKO {
		k := &s.SKO[i]
		dst.Discounts = append(dst.Discounts, billing.Discount{Place: place(k.Ort), Rate: money.Hundredths(k.SkontoProzent), Days: int(k.Zahlungsziel)})
	}
	for i := range s.GES {
		g := &s.GES[i]
		dst.Totals = append(dst.Totals, billing.Total{
			Place: place(g.Ort), Status: g.Status, Amount: money.Cents(g.Gesamtrechnungsbetrag),
			Gross: money.Cents(g.Gesamtbruttobetrag), Copay: money.Cents(g.GesamtbetragZuzahlung.Wert),
		})
	}
}

// number302 returns the number of an invoice. Like the provider it is kept until the
// end of the delivery, and what is kept is copied: as a part of the message's text it
// would keep all of it in memory (DTA-7).
func number302(r *p302.REC) billing.InvoiceNumber {
	return billing.InvoiceNumber{Collective: strings.Clone(r.SammelRechnungsnummer), Single: strings.Clone(r.EinzelRechnungsnummer)}
}

// mapInvoice fills dst from the pair of messages.
func mapInvoice(in *p302.Invoice, h *billing.Header, collective *billing.Statement, dst *billing.Invoice) {
	s := in.SLLA
	f, r := &s.FKT, &s.REC
	dst.Head = billing.Head{
		Place: place(f.Ort), NumberPlace: place(r.Ort), Processing: processing(f.Verarbeitungskennzeichen),
		Provider: strings.Clone(f.LeistungserbringerIK), Payer: f.KostentraegerIK, Fund: f.KrankenkasseIK,
		Number: number302(r), Date: date(r.Datum), Kind: key(r.Rechnungsart),
	}
	dst.Header, dst.Biller, dst.Collective = h, f.RechnungsstellerIK, collective
	mapStatement(in.Gesamt, &dst.Statement)
	dst.Cases = dst.Cases[:0]
	mapCases(&s.Faelle, dst)
}

// mapCases maps the cases of the file's group; the lists of the others are empty.
func mapCases(f *p302.Faelle, dst *billing.Invoice) {
	each(f.FaelleA, dst, mapCaseA)
	each(f.FaelleB, dst, mapCaseB)
	each(f.FaelleC, dst, mapCaseC)
	each(f.FaelleD, dst, mapCaseD)
	each(f.FaelleE, dst, mapCaseE)
	each(f.FaelleF, dst, mapCaseF)
	each(f.FaelleG, dst, mapCaseG)
	each(f.FaelleO, dst, mapCaseO)
	each(f.FaelleP, dst, mapCaseP)
	each(f.FaelleQ, dst, mapCaseQ)
	each(f.FaelleR, dst, mapCaseR)
	each(f.FaelleS, dst, mapCaseS)
}

func each[F any](cases []F, dst *billing.Invoice, mapCase func(*F, *billing.Case)) {
	for i := range cases {
		mapCase(&cases[i], nextCase(dst))
	}
}

// nextCase appends a case to the invoice and returns it, empty but with the
// capacity of the slices that stood there before.
func nextCase(inv *billing.Invoice) *billing.Case {
	n := len(inv.Cases)
	if n < cap(inv.Cases) {
		inv.Cases = inv.Cases[:n+1]
	} else {
		inv.Cases = append(inv.Cases, billing.Case{})
	}
	c := &inv.Cases[n]
	*c = billing.Case{
		Positions: c.Positions[:0], Wire: c.Wire[:0], Aids: c.Aids[:0], Trips: c.Trips[:0], Diagnoses: c.Diagnoses[:0], Approvals: c.Approvals[:0],
		Visits: c.Visits[:0], Details: c.Details[:0], Journeys: c.Journeys[:0], Consultations: c.Consultations[:0], Further: c.Further[:0],
	}
	return c
}

func mapCaseHead(k *p302.Kopf, c *billing.Case) {
	c.Place = place(k.INV.Ort)
	c.VoucherNo, c.KVNR, c.Status = k.INV.Belegnummer, k.INV.VersichertenNummer, k.INV.Versichertenstatus
	c.VoucherInfo, c.SpecialCare = k.INV.Beleginformation, k.INV.BesondereVersorgungsform
	if k.URI.Vorhanden {
		u := &k.URI.Wert
		c.Origin = &billing.Origin{
			Place: place(u.Ort), Provider: u.UrspruenglichesIK, Date: date(u.UrspruenglichesRechnungsdatum), VoucherNo: u.UrspruenglicheBelegnummer,
			Number: billing.InvoiceNumber{Collective: u.UrspruenglicheSammelRechnungsnummer, Single: u.UrspruenglicheEinzelRechnungsnummer},
		}
	}
	n := &k.NAD
	c.Person = billing.Person{
		Place: place(n.Ort), LastName: n.Nachname, FirstName: n.Vorname, Birth: birth(n.Geburtsdatum),
		Street: n.StrasseNr, Postcode: n.PLZ, City: n.Wohnort, Country: n.Laenderkennzeichen,
	}
	if k.IMG.Vorhanden {
		i := &k.IMG.Wert
		c.Image = &billing.Image{Place: place(i.Ort), Year: i.Abrechnungsjahr, Month: i.Abrechnungsmonat, Maker: i.Identifikationsmerkmal}
	}
	if k.EVO.Vorhanden {
		c.EVO = k.EVO.Wert.EVOID
	}
}

func birth(d p302.Datum) billing.Birth {
	return billing.Birth{Year: int16(d / 10000), Month: int8(d / 100 % 100), Day: int8(d % 100)}
}

// line is what the position segments of all groups have in common; txt and mws
// are nil in groups that do not have them.
type line struct {
	ort                p302.Ort
	code, tariff, item string
	quantity           p302.Hundertstel
	price              p302.Cent
	on                 p302.Datum
	txt                *p302.Opt[p302.TXT]
	mws                *p302.Opt[p302.MWS]
}

func nextPosition(c *billing.Case, l line) *billing.Position {
	c.Positions = append(c.Positions, billing.Position{
		Place: place(l.ort), BillingCode: l.code, Tariff: l.tariff, Item: l.item, Quantity: money.Hundredths(l.quantity),
		Price: money.Cents(l.price), Date: date(l.on), Part: -1, Kilometres: -1, From: -1, To: -1, Minutes: -1,
	})
	p := &c.Positions[len(c.Positions)-1]
	if l.txt != nil && l.txt.Vorhanden {
		p.Text = l.txt.Wert.Text
	}
	if l.mws != nil && l.mws.Vorhanden {
		m := &l.mws.Wert
		p.VAT = billing.VAT{Place: place(m.Ort), Present: true, Rate: money.Hundredths(m.Mehrwertsteuersatz), Amount: money.Cents(m.BetragMehrwertsteuer)}
	}
	return p
}

func mapDiagnoses(in []p302.DIA, c *billing.Case) {
	for i := range in {
		c.Diagnoses = append(c.Diagnoses, billing.Diagnosis{Place: place(in[i].Ort), Code: in[i].Diagnoseschluessel, Text: in[i].Diagnosetext})
	}
}

func mapApproval(in *p302.Opt[p302.SKZ], c *billing.Case) {
	if in.Vorhanden {
		addApproval(&in.Wert, c)
	}
}

func mapApprovals(in []p302.SKZ, c *billing.Case) {
	for i := range in {
		addApproval(&in[i], c)
	}
}

func addApproval(s *p302.SKZ, c *billing.Case) {
	c.Approvals = append(c.Approvals, billing.Approval{Place: place(s.Ort), Mark: s.Genehmigungskennzeichen, Date: date(s.DatumGenehmigung), Kind: s.ArtGenehmigung})
}
