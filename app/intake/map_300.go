package intake

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

// § 300: an ABRP message (one pharmacy, one insurer, one Rechnungsnummer) becomes
// an invoice, each prescription a case.

func mapHeader300(u *p300.UNB) *billing.Header {
	return &billing.Header{
		Place: place(u.Ort), Sender: ik(u.AbsenderIK), Recipient: ik(u.EmpfaengerIK), CreatedOn: date(u.Datum),
		Reference: u.Dateiname, Group: billing.GroupPharmacy, Test: '2',
	}
}

func mapHeaderTA7(r *ta7.Rechnung) *billing.Header {
	return &billing.Header{
		Sender: ik(r.AbsenderIK), Recipient: ik(r.EmpfaengerIK), CreatedOn: date(r.Rechnungsdatum),
		Reference: r.Dateiname, Group: billing.GroupPharmacy, Test: '2',
	}
}

func number300(m *p300.Message) billing.InvoiceNumber {
	switch {
	case m.ABRP != nil:
		return billing.InvoiceNumber{Collective: m.ABRP.REC.Rechnungsnummer, Single: m.ABRP.REC.Rechnungsnummer + m.IK() + stray(m)}
	case m.RECP != nil:
		return billing.InvoiceNumber{Collective: m.RECP.REC.Rechnungsnummer}
	}
	return billing.InvoiceNumber{}
}

// stray is the last character of an Einzelrechnungsnummer (SER-11): 2 for
// prescriptions that went astray, else 1.
func stray(m *p300.Message) string {
	if m.IK() == p300.IrrlaeuferIK {
		return "2"
	}
	return "1"
}

// mapInvoice300 fills dst from an ABRP message. Who sends the file is paid: the
// pharmacy itself, or its Rechenzentrum (RP-5).
func mapInvoice300(m *p300.Message, h *billing.Header, dst *billing.Invoice) {
	rec := &m.ABRP.REC
	cases := dst.Cases[:0]
	*dst = billing.Invoice{
		Head: billing.Head{
			Place: place(m.UNH.Ort), NumberPlace: place(rec.Ort), Processing: billing.FirstBill, Provider: m.IK(),
			Payer: m.UNH.KostentraegerIK, Fund: m.UNH.KostentraegerIK, Number: number300(m), Date: date(rec.Rechnungsdatum), Kind: '1',
		},
		Header: h, Cases: cases,
	}
	if h.Sender != m.IK() {
		dst.Kind, dst.Biller = '3', h.Sender
	}
	for i := range m.ABRP.Verordnungen {
		mapVerordnung(&m.ABRP.Verordnungen[i], nextCase(dst))
	}
	for _, w := range wireFaults(nil, m.Errors) {
		if c := caseAt(dst.Cases, w.Place.Segment); c != nil {
			c.Wire = append(c.Wire, w)
		}
	}
	dst.Statement = billing.Statement{
		Head: dst.Head, Sender: h.Sender, Totals: []billing.Total{{Place: place(rec.Ort), Status: "00", Amount: dst.Billed()}},
	}
}

// caseAt returns the case in which a segment stands; nil before the first.
func caseAt(cases []billing.Case, segment int32) *billing.Case {
	for i := len(cases) - 1; i >= 0; i-- {
		if cases[i].Segment <= segment {
			return &cases[i]
		}
	}
	return nil
}

func mapVerordnung(v *p300.Verordnung, c *billing.Case) {
	c.Place, c.VoucherNo, c.KVNR, c.Status, c.EVO = place(v.INV.Ort), v.INV.Belegnummer, v.INV.Versichertennummer, v.INV.Versichertenstatus, v.INV.RezeptID
	n := &v.NAD
	c.Person = billing.Person{
		Place: place(n.Ort), LastName: n.Nachname, FirstName: n.Vorname, Birth: birth(n.Geburtsdatum),
		Street: n.StrasseNr, Postcode: n.PLZ, City: n.Wohnort,
	}
	z := &v.ZUP
	c.Prescription = billing.Prescription{
		Place: place(z.Ort), Present: true, BSNR: z.Betriebsstaettennummer, LANR: z.Arztnummer, Date: date(z.Ausstellungsdatum),
		CopayMarker: key(z.Zuzahlungskennzeichen), Accident: key(z.Unfallkennzeichen), WarPension: key(z.BVGKennzeichen),
		Institution: z.IKFiliale, Kind: z.Vertragskennzeichen,
	}
	var reduction money.Cents
	for i := range v.Positionen {
		p := &v.Positionen[i]
		reduction += mapPosition300(p, legible(z.Abgabedatum), c)
		if p.SKZ.Vorhanden {
			s := &p.SKZ.Wert
			c.Approvals = append(c.Approvals, billing.Approval{Place: place(s.Ort), Mark: s.Genehmigungsnummer, Date: date(s.DatumGenehmigung)})
		}
	}
	c.Totals = billing.CaseTotals{
		Place: place(v.BES.Ort), Present: true, Gross: money.Cents(v.BES.GesamtSVBrutto),
		Copay: billing.Some(money.Cents(v.BES.GesamtZuzahlung)), Reduction: reduction,
	}
}

// legible returns a date of a prescription; one whose day is not legible (00) counts
// as the first of its month.
func legible(d p300.Datum) calendar.Date {
	if d != 0 && d%100 == 0 {
		d++
	}
	return date(d)
}

// mapPosition300 adds a position and returns its discounts that lower the invoice
// (RES-03).
func mapPosition300(p *p300.Position, on calendar.Date, c *billing.Case) (reduction money.Cents) {
	e := &p.EFP
	line := billing.Position{
		Place: place(e.Ort), Item: e.Kennzeichen, ItemKind: e.Kennzeichentyp, Quantity: money.One, Price: money.Cents(e.Betrag),
		Count: e.AnzahlEinheiten, Date: on, CopayPerUnit: opt(e.Zuzahlung), ProductItem: e.PZNOriginal,
		VAT:  billing.VAT{Rate: money.Hundredths(e.Steuersatz), Amount: money.Cents(e.Umsatzsteuer)},
		Part: -1, Kilometres: -1, From: -1, To: -1, Minutes: -1,
	}
	if e.Nullposition == nullposition {
		line.Price, line.Waived, line.CopayPerUnit = 0, line.Price, billing.OptCents{}
	}
	if p.SRD.Vorhanden {
		line.BillingCode, line.Tariff = p.SRD.Wert.Abrechnungscode, p.SRD.Wert.Tarifkennzeichen
	}
	for i := range p.NPB {
		discount := money.Cents(p.NPB[i].Rabatt())
		reduction += discount
		if p.NPB[i].ZuAbschlag == apothekenabschlag {
			line.Discount += discount
		}
	}
	c.Positions = append(c.Positions, line)
	return reduction
}

// apothekenabschlag is the key of the discount of § 130 SGB V.
const apothekenabschlag = "R001"

// nullposition is EFP-06 of a line that the insured person pays alone.
const nullposition = "0"

func mapERezept(z *ta7.Rezept, invoice string) (e billing.ERezept, ok bool) {
	var gross, copay dta.Cent
	gross, copay, ok = z.Betraege()
	voucher := z.Abrechnung.Belegnummer
	if len(voucher) > 0 {
		voucher = voucher[1:] // ABRP leaves the first digit of the year out (section 3.4)
	}
	return billing.ERezept{ID: z.Abrechnung.RezeptID, VoucherNo: voucher, Invoice: invoice, Gross: money.Cents(gross), Copay: money.Cents(copay)}, ok
}
