package gen

import (
	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
)

// abrpFaults are faults of prescriptions (stages 3 and 4).
func abrpFaults() []FaultKind {
	return []FaultKind{
		{Name: "key", Rule: p300.CodeSchluessel, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) { v.ZUP.Imagekennzeichnung = "3" }},
		{Name: "dispensing-date", Rule: p300.CodeSchluessel, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) { v.ZUP.Abgabedatum = 20260231 }},
		{Name: "transaction", Rule: p300.CodeSchluessel, Datei: ABRP, plan: papierRezept, abrp: func(v *p300.Verordnung) {
			v.ZDR.Wert.Transaktionsnummer = invented.OtherDigit(v.ZDR.Wert.Transaktionsnummer, 8)
		}},
		{Name: "product-number", Rule: p300.CodePZN, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) {
			v.Positionen[0].EFP.Kennzeichen = invented.OtherDigit(v.Positionen[0].EFP.Kennzeichen, 7)
		}},
		{Name: "import-original-missing", Rule: p300.CodeImport, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) { v.Positionen[0].EFP.Import = "1" }},
		{Name: "import-original-surplus", Rule: p300.CodeImport, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) {
			v.Positionen[0].EFP.PZNOriginal = invented.Product(serialOriginal)
		}},
		{Name: "electronic-without-id", Rule: p300.CodeERezept, Datei: ABRP, plan: eEinfach, abrp: func(v *p300.Verordnung) { v.INV.RezeptID = "" }},
		{Name: "electronic-without-copay", Rule: p300.CodeERezept, Datei: ABRP, plan: eEinfach, abrp: func(v *p300.Verordnung) {
			v.Positionen[0].EFP.Zuzahlung = dta.Opt[p300.Cent]{}
		}},
		{Name: "prescription-id", Rule: p300.CodeRezeptID, Datei: ABRP, plan: eEinfach, verordnung: func(r *rezept) {
			r.v.INV.RezeptID = invented.OtherDigit(r.v.INV.RezeptID, 21)
		}},
		{Name: "nobody", Rule: p300.CodeVersicherter, Datei: ABRP, plan: papierEinfach, abrp: func(v *p300.Verordnung) {
			v.INV.Versichertennummer, v.NAD.Vorname = "", ""
		}},
		{Name: "astray-without-pharmacy", Rule: p300.CodeIrrlaeufer, Datei: ABRP, Irrlaeufer: true, abrp: func(v *p300.Verordnung) { v.ZUP.Irrlaeuferrezept = "" }},
		{Name: "voucher-twice", Rule: "APO-V07", Datei: ABRP, Unread: true, previous: true, plan: papierEinfach, verordnung: func(r *rezept) {
			r.v.INV.Belegnummer = r.vorher.belegnummer
		}},
		{Name: "prescription-twice", Rule: "APO-V08", Datei: ABRP, Unread: true, previous: true, plan: eEinfach, verordnung: func(r *rezept) {
			r.v.INV.RezeptID = r.vorher.rezeptID
		}},
		{Name: "sum-electronic", Rule: p300.CodeSumme, Datei: ABRP, plan: eEinfach, verordnung: func(r *rezept) { r.v.BES.GesamtSVBrutto++ }},
		{Name: "sum-paper", Rule: p300.CodeSummePapier, Datei: ABRP, plan: papierEinfach, verordnung: func(r *rezept) { r.v.BES.GesamtSVBrutto += 507 }},
		{Name: "copay-sum", Rule: p300.CodeZuzahlung, Datei: ABRP, plan: eEinfach, verordnung: func(r *rezept) { r.v.BES.GesamtZuzahlung++ }},
		{Name: "tax", Rule: p300.CodeUmsatzsteuer, Datei: ABRP, plan: papierEinfach, verordnung: func(r *rezept) { r.v.Positionen[0].EFP.Umsatzsteuer += 2 }},
		{Name: "tax-electronic", Rule: p300.CodeUmsatzsteuer, Datei: ABRP, plan: eEinfach, verordnung: func(r *rezept) { r.v.Positionen[0].EFP.Umsatzsteuer -= 2 }},
		{Name: "discount", Rule: "APO-R05", Datei: ABRP, Unread: true, plan: papierEinfach, verordnung: func(r *rezept) {
			p := &r.v.Positionen[0]
			p.NPB[0].Betrag += 77
			p.EFP.Umsatzsteuer = enthalten(p.EFP.Betrag+p.NPB[0].Betrag, p.EFP.Steuersatz)
		}},
		{Name: "copay", Rule: "APO-R06", Datei: ABRP, Unread: true, plan: eEinfach, verordnung: func(r *rezept) {
			r.v.Positionen[0].EFP.Zuzahlung.Wert += 100
			r.v.BES.GesamtZuzahlung += 100
		}},
		{Name: "hash", Rule: p300.CodeHash, Datei: ABRP, plan: papierRezept, abrp: func(v *p300.Verordnung) { v.Herstellungen[0].ZDP[0].Preis++ }},
		{Name: "special-unknown", Rule: p300.CodeSonderkz, Datei: ABRP, plan: "Betäubungsmittelrezept", verordnung: func(r *rezept) {
			r.v.Positionen[1].EFP.Kennzeichen = "00000017"
		}},
		{Name: "special-paper-only", Rule: p300.CodeSonderkz, Datei: ABRP, plan: eDienst, verordnung: func(r *rezept) {
			r.v.Positionen[1].EFP.Kennzeichen = "02567001"
		}},
		{Name: "special-tax", Rule: p300.CodeSonderkz, Datei: ABRP, plan: "Betäubungsmittelrezept", verordnung: func(r *rezept) {
			e := &r.v.Positionen[1].EFP
			e.Steuersatz = 700
			e.Umsatzsteuer = enthalten(e.Betrag, e.Steuersatz)
		}},
		{Name: "components-missing", Rule: p300.CodeZusatzdaten, Datei: ABRP, plan: papierRezept, verordnung: func(r *rezept) {
			r.v.ZDR, r.v.Herstellungen = dta.Opt[p300.ZDR]{}, nil
		}},
		{Name: "units-not-counted", Rule: p300.CodeHerstellung, Datei: ABRP, plan: papierRezept, verordnung: func(r *rezept) {
			r.v.Herstellungen[0].ZDC.AnzahlEinheiten = 2
			r.v.Herstellungen = r.v.Herstellungen[:1]
			r.v.ZDR.Wert.Hash = p300.HashZusatzdaten(&r.v.ZDR.Wert, r.v.Herstellungen)
		}},
		{Name: "prepared-late", Rule: p300.CodeHerstellung, Datei: ABRP, plan: papierRezept, verordnung: func(r *rezept) {
			r.v.Herstellungen = r.v.Herstellungen[:1]
			r.v.Herstellungen[0].ZDC.Herstellungszeit = 1200
			r.v.ZDR.Wert.Hash = p300.HashZusatzdaten(&r.v.ZDR.Wert, r.v.Herstellungen)
		}},
	}
}

// recpFaults are sums of the invoice that do not agree.
func recpFaults() []FaultKind {
	taxRow := func(d *p300.RECP) *p300.SGA { return &d.Einzelrechnungen[0].SGA[0] }
	gep := func(d *p300.RECP, change func(*p300.GEP)) {
		status := d.Apotheken[0].Status[0].GEP.Status
		change(&d.Apotheken[0].Status[0].GEP)
		for i := range d.Status {
			if d.Status[i].GEP.Status == status {
				change(&d.Status[i].GEP)
			}
		}
	}
	discount := func(d *p300.RECP) {
		d.RES.SummeRabatte++
		d.RES.GesamtSVNetto--
		gep(d, func(g *p300.GEP) { g.Rabatte++; g.SVNetto-- })
	}
	return []FaultKind{
		{Name: "invoice-gross", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.RES.GesamtSVBrutto++ }},
		{Name: "invoice-net", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.RES.GesamtSVNetto++ }},
		{Name: "invoice-payment", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.RES.Zahlbetrag++ }},
		{Name: "status-sum", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.Apotheken[0].Status[0].GEP.AnzahlVerordnungen++ }},
		{Name: "tax-base", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { taxRow(d).SonstigeAbzuege++ }},
		{Name: "tax-amount", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { taxRow(d).Umsatzsteuer += 2; taxRow(d).Netto -= 2 }},
		{Name: "single-invoice-payment", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.Einzelrechnungen[0].SER.Zahlbetrag++ }},
		{Name: "collective-payment", Rule: p300.CodeRechnung, Datei: RECP, recp: func(d *p300.RECP) { d.Sammel.SSA.SummeBrutto++ }},
		{Name: "centre-invoice", Rule: p300.CodeRechnung, Datei: RECP, Rechenzentrum: true, recp: func(d *p300.RECP) { d.Rechenzentrum.Wert.SRR.SummeNetto++ }},
		{Name: "sum-over-payers", Rule: p300.CodeRechnung, Datei: RECP, Sammel: true, sammel: func(d *p300.RECP) {
			d.RES.Verordnungsanzahl++
			gep(d, func(g *p300.GEP) { g.AnzahlVerordnungen++ })
		}},
		{Name: "discount-sum", Rule: p300.CodeRabatte, Datei: RECP, recp: discount, sammel: discount},
	}
}
