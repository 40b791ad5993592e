package intake

import (
	"strings"

	"klarbeleg/checks/formal"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/p295"
)

// § 295: a Rechnungsbeleg becomes an invoice with one case.

func mapHeader295(u *p295.UNB) *billing.Header {
	h := &billing.Header{
		Place: place(u.Ort), Sender: u.AbsenderIK, Recipient: u.EmpfaengerIK, CreatedOn: date(u.Datum),
		Reference: u.Dateinummer, Group: billing.GroupIntegrated, Test: '2',
	}
	if u.Test() {
		h.Test = '0'
	}
	return h
}

// number295 returns a copy, as number302 does.
func number295(n *p295.Nachricht) billing.InvoiceNumber {
	number := billing.InvoiceNumber{Single: strings.Clone(n.RGI.Rechnungsnummer)}
	if n.IVK.SammelrechnungsID != p295.KeineSammelrechnung {
		number.Collective = strings.Clone(n.IVK.SammelrechnungsID)
	}
	return number
}

// mapInvoice295 fills dst from a Rechnungsbeleg that was not rejected. Its amounts
// are line amounts, unless the gross sum says that they are prices (spec/dta-295
// section 4).
func mapInvoice295(n *p295.Nachricht, h *billing.Header, dst *billing.Invoice) {
	g := &n.RGI
	cases := dst.Cases[:0]
	*dst = billing.Invoice{
		Head: billing.Head{
			Place: place(n.Von), NumberPlace: place(g.Ort), Processing: billing.FirstBill, Provider: strings.Clone(g.RechnungsstellerIK),
			Payer: n.IVK.KrankenkasseIK, Fund: n.INV.KrankenkasseIK, Number: number295(n), Date: date(g.Rechnungsdatum), Kind: '1',
		},
		Header: h,
	}
	if n.Verarbeitung() == p295.Storno {
		dst.Processing = billing.Cancellation
	}
	if g.ZahlungsempfaengerIK != "" && g.ZahlungsempfaengerIK != g.RechnungsstellerIK {
		dst.Kind, dst.Biller = '3', g.ZahlungsempfaengerIK
	}
	dst.Cases = cases
	c := nextCase(dst)
	mapCase295(n, c)
	total := billing.Total{Place: place(n.FKI.Ort), Status: "00", Amount: dst.Billed(), Gross: c.Totals.Gross, Copay: c.Totals.Copay.Cents}
	dst.Statement = billing.Statement{Head: dst.Head, Sender: h.Sender, Totals: []billing.Total{total}}
}

func mapCase295(n *p295.Nachricht, c *billing.Case) {
	i := &n.INV
	c.Place, c.VoucherNo, c.KVNR = place(i.Ort), n.UNH.Nachrichtenreferenz, i.Versichertennummer
	c.Status = i.Versichertenart + i.BesonderePersonengruppe + i.DMPKennzeichen
	c.Person = billing.Person{
		Place: place(i.Ort), LastName: i.Nachname, FirstName: i.Vorname, Birth: birth(i.Geburtsdatum),
		Postcode: i.Postleitzahl, Country: i.Laenderkennzeichen,
	}
	c.Contract = &billing.Contract{
		Place: place(n.INF.Ort), Kind: n.UNH.Nachrichtentyp, Mark: n.INF.Vertragskennzeichen, Number: n.INF.Vertragsnummer,
		From: date(n.RGI.ErsterTag), To: date(n.RGI.LetzterTag),
		LANR: n.IBH.Wert.LebenslangeArztnummer, BSNR: n.IBH.Wert.Betriebsstaettennr,
		ReferrerLANR: n.INF.UeberweiserLANR, ReferrerBSNR: n.INF.UeberweiserBSNR,
	}
	for k := range n.DIA {
		c.Diagnoses = append(c.Diagnoses, billing.Diagnosis{Place: place(n.DIA[k].Ort), Code: n.DIA[k].ICD})
	}
	sums := n.Summen()
	perUnit := n.FKI.Brutto.Vorhanden && n.FKI.Brutto.Wert != sums.Brutto && n.FKI.Brutto.Wert == sums.BruttoMalAnzahl
	for k := range n.ABR {
		c.Positions = append(c.Positions, position295(&n.ABR[k], perUnit))
	}
	f := &n.FKI
	gross := money.Cents(f.Brutto.Wert)
	copay := min(money.Cents(f.GesetzlicheZuzahlung.Wert), gross-money.Cents(f.Netto))
	c.Totals = billing.CaseTotals{
		Place: place(f.Ort), Present: true, Gross: gross, Copay: billing.Some(copay), Reduction: gross - money.Cents(f.Netto) - copay,
	}
	c.Wire = wireFaults(c.Wire[:0], n.Errors)
}

func position295(a *p295.ABR, perUnit bool) billing.Position {
	p := billing.Position{
		Place: place(a.Ort), Item: a.Gebuehrennummer, Quantity: money.One, Price: money.Cents(a.Wert.Wert), Count: int32(a.Anzahl),
		Date: date(a.Datum), SupplyTo: date(a.LetzterTag), Text: a.Abrechnungsbegruendung,
		Part: -1, Kilometres: -1, From: minutes(a.Uhrzeit), To: -1, Minutes: -1,
	}
	if perUnit {
		p.Price *= money.Cents(a.Anzahl)
	}
	return p
}

// wireFaults returns the findings of a reader that are rules about the case; the
// others are reported as they are.
func wireFaults(out []billing.WireFault, errs []dta.Error) []billing.WireFault {
	for i := range errs {
		if e := &errs[i]; formal.IsWireRule(e.Code) {
			out = append(out, billing.WireFault{
				Rule: e.Code, Place: billing.Place{Segment: int32(e.Segment), Offset: e.Offset}, Tag: e.Tag,
				Reason: e.Text(), Warning: e.Severity == dta.Warn,
			})
		}
	}
	return out
}
