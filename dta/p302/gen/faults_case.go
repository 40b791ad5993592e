package gen

import (
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p302"
)

// addVAT keeps the VAT of the first line true where a fault changes price or quantity.
func addVAT(p *parts) {
	if l := p.line(); l.vat != nil && l.vat.Vorhanden {
		l.vat.Wert.BetragMehrwertsteuer = vat(*l.price, *l.quantity, l.vat.Wert.Mehrwertsteuersatz)
	}
}

// withVATOf gives the first line a VAT rate.
func withVATOf(rate p302.Hundertstel) func(*parts) {
	return func(p *parts) {
		*p.line().vat = dta.Some(p302.MWS{Mehrwertsteuersatz: rate})
		addVAT(p)
	}
}

// days returns the date so many days later.
func days(d p302.Datum, n int) p302.Datum {
	return datum(time.Date(int(d/10000), time.Month(d/100%100), int(d%100)+n, 0, 0, 0, 0, time.UTC))
}

// otherItem changes the last digit to one that no list has.
func otherItem(number string) string {
	b := []byte(number)
	b[len(b)-1] = '0' + (b[len(b)-1]-'0'+5)%10
	return string(b)
}

// caseFaults are wrong values in a case whose sums agree with them.
func caseFaults() []FaultKind {
	person := func(change func(*p302.Kopf)) func(*parts) { return func(p *parts) { change(p.kopf) } }
	return []FaultKind{
		{Name: "price-high", Rule: "P4010", Gruppen: allGroups, Effect: TakesExcess, onCase: func(p *parts) { *p.line().price += 100; addVAT(p) }},
		{Name: "price-low", Rule: "P4011", Gruppen: allGroups, line: 0, onCase: func(p *parts) { *p.line().price -= 100; addVAT(p) }},
		{Name: "position-unknown", Rule: "P4009", Gruppen: allGroups, Effect: TakesLine, onCase: func(p *parts) {
			*p.line().number = otherItem(*p.line().number)
		}},
		{Name: "position-twice", Rule: "P4027", Gruppen: "ACDFGIJKLMNOPQRS", Effect: TakesExcess, line: 1, onCase: func(p *parts) { p.repeat() }},
		{Name: "position-twice", Rule: "P4027", Gruppen: "E", Effect: TakesExcess, line: 2, onCase: func(p *parts) { p.repeat() }},
		{Name: "kvnr-check-digit", Rule: "P3005", Gruppen: allGroups, Effect: TakesCase, line: noLine, onCase: person(func(k *p302.Kopf) {
			k.INV.VersichertenNummer = invented.OtherDigit(k.INV.VersichertenNummer, 9)
		})},
		{Name: "kvnr-missing", Rule: "P3006", Gruppen: allGroups, Effect: TakesCase, line: noLine, onCase: person(func(k *p302.Kopf) {
			k.INV.VersichertenNummer = ""
		})},
		{Name: "status-unknown", Rule: "P3007", Gruppen: allGroups, line: noLine, onCase: person(func(k *p302.Kopf) { k.INV.Versichertenstatus = "70000" })},
		{Name: "birth-date", Rule: "P3040", Gruppen: allGroups, Effect: TakesCase, line: noLine, onCase: person(func(k *p302.Kopf) { k.NAD.Geburtsdatum = 18500101 })},
		{Name: "name-of-digits", Rule: "P3069", Gruppen: allGroups, Effect: TakesCase, line: noLine, onCase: person(func(k *p302.Kopf) { k.NAD.Nachname = "4711" })},
		{Name: "country-missing", Rule: "P3070", Gruppen: allGroups, line: noLine, onCase: person(func(k *p302.Kopf) {
			k.NAD.StrasseNr, k.NAD.PLZ, k.NAD.Wohnort = "Grote Markt 1", "9711 AB", "Groningen"
		})},
		{Name: "doctor-check-digit", Rule: "P3008", Gruppen: withOrder, Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			*p.doctor = invented.OtherDigit(*p.doctor, 6)
		}},
		{Name: "doctor-check-digit", Rule: "P3008", Gruppen: "F", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			*p.doctor = invented.OtherDigit(invented.Doctor(1), 6)
		}},
		{Name: "doctor-pseudo", Rule: "P3011", Gruppen: "ABCDGHIJKLMNOR", line: noLine, onCase: func(p *parts) { *p.doctor = "444444400" }},
		{Name: "doctor-substitute", Rule: "P3010", Gruppen: "ACDGHIJKLMNOR", line: noLine, onCase: func(p *parts) { *p.doctor, *p.special = "999999999", "4" }},
		{Name: "practice-region", Rule: "P3009", Gruppen: withOrder, line: noLine, onCase: func(p *parts) { *p.practice = "100000001" }},
		{Name: "diagnosis-shape", Rule: "P3012", Gruppen: "ABCDGHIJKLMNOQR", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			p.diagnoses[0].Diagnoseschluessel = "5M4"
		}},
		{Name: "diagnosis-secondary", Rule: "P3014", Gruppen: "ABCDGHIJKLMNOQR", line: noLine, onCase: func(p *parts) {
			p.diagnoses[0].Diagnoseschluessel = "M01.1*"
		}},
		{Name: "quantity-zero", Rule: "P3061", Gruppen: allGroups, Effect: TakesLine, onCase: func(p *parts) { *p.line().quantity = 0; addVAT(p) }},
		{Name: "vat-amount", Rule: "P3102", Gruppen: withVAT, Effect: TakesExcess, setup: withVATOf(700), onCase: func(p *parts) {
			p.line().vat.Wert.BetragMehrwertsteuer += 10
		}},
		{Name: "vat-rate", Rule: "P3064", Gruppen: withVAT, Effect: TakesExcess, setup: withVATOf(1900), onCase: withVATOf(2000)},
		{Name: "voucher-twice", Rule: "P3035", Gruppen: allGroups, Effect: RefusesInvoice, line: noLine, needsPrevious: true, onCase: func(p *parts) {
			p.kopf.INV.Belegnummer = p.previousBeleg
		}},
	}
}

// Places of findings besides the number of a line.
const (
	noLine   = -1 // the case as a whole
	lastLine = -2
)

// dateFaults are days that cannot be.
func dateFaults() []FaultKind {
	return []FaultKind{
		{Name: "prescribed-late", Rule: "P3041", Gruppen: withOrder + "F", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			*p.prescribed = days(*p.first, 1)
		}},
		{Name: "service-behind-invoice", Rule: "P3038", Gruppen: "DF" + groupsOfG + "S", Effect: TakesLine, line: lastLine, onCase: func(p *parts) {
			*p.last = days(p.invoiced, 1)
		}},
		{Name: "service-in-future", Rule: "P3039", Gruppen: "DF" + groupsOfG + "S", Effect: TakesLine, line: lastLine, onCase: func(p *parts) {
			*p.last = days(p.invoiced, 5)
		}},
		{Name: "approval-old", Rule: "P3056", Gruppen: "ABCDEGHIJKLMNOR", line: noLine, onCase: func(p *parts) {
			a := p.approval()
			a.DatumGenehmigung = days(*p.prescribed, -3000)
			if a.ArtGenehmigung == "" {
				a.ArtGenehmigung = "B2"
			}
		}},
		{Name: "duration", Rule: "P3057", Gruppen: "C", line: noLine, onCase: func(p *parts) { p.minutes.Wert += 5 }},
		{Name: "duration", Rule: "R-POS-06", Gruppen: "EF" + groupsOfG + "S", onCase: func(p *parts) { p.minutes.Wert += 5 }},
	}
}

// keyFaults are keys that do not exist, or not there.
func keyFaults() []FaultKind {
	const refuses = RefusesInvoice
	return []FaultKind{
		{Name: "mark-unknown", Rule: "P3042", Gruppen: "ABE", Effect: refuses, line: noLine, onCase: func(p *parts) { *p.mark = "9" }},
		{Name: "accident-unknown", Rule: "P3044", Gruppen: withOrder, line: noLine, onCase: func(p *parts) { *p.accident = "9" }},
		{Name: "accident-at-work", Rule: "P4031", Gruppen: "ACDEGHIJKLMNOR", Effect: TakesCase, line: noLine, onCase: func(p *parts) { *p.accident = "1" }},
		{Name: "special-of-aids", Rule: "P3045", Gruppen: "BCDGHIJKLMNOR", line: noLine, onCase: func(p *parts) { *p.special = "8" }},
		{Name: "voucher-kind", Rule: "P3036", Gruppen: allGroups, line: noLine, onCase: func(p *parts) { p.kopf.INV.Beleginformation = "9" }},
		{Name: "code-unknown", Rule: "P3025", Gruppen: allGroups, Effect: refuses, onCase: func(p *parts) { *p.line().code = "99" }},
		{Name: "code-of-other-area", Rule: "P3026", Gruppen: "ABEFGHIJKLMNOPQRS", Effect: refuses, onCase: func(p *parts) { *p.line().code = "31" }},
		{Name: "code-of-other-area", Rule: "P3026", Gruppen: "CD", Effect: refuses, onCase: func(p *parts) { *p.line().code = "22" }},
		{Name: "tariff-area", Rule: "P3027", Gruppen: allGroups, Effect: refuses, onCase: func(p *parts) { *p.line().tariff = "30501" }},
		{Name: "contract-unknown", Rule: "P4008", Gruppen: allGroups, Effect: TakesLine, onCase: func(p *parts) { *p.line().tariff = "01" + (*p.line().tariff)[2:] }},
		{Name: "tariff-reserved", Rule: "P3028", Gruppen: allGroups, Effect: TakesLine, onCase: func(p *parts) { *p.line().tariff = "00091" }},
		{Name: "approval-kind", Rule: "P3055", Gruppen: "ABEF", Effect: TakesCase, line: noLine, onCase: func(p *parts) { p.approval().ArtGenehmigung = "C1" }},
		{Name: "approval-kind", Rule: "P3055", Gruppen: "D" + groupsOfG + "OQR", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			p.approval().ArtGenehmigung = p.approval().ArtGenehmigung[:1] + "9" // of the group, which cannot go without, but not assigned
		}},
		{Name: "approval-kind", Rule: "P3055", Gruppen: "C", Effect: TakesCase, line: noLine, onCase: func(p *parts) { p.approval().ArtGenehmigung = "D1" }},
	}
}

// approvalFaults are approvals that are missing or say another thing.
func approvalFaults() []FaultKind {
	missing := func(rule, groups string, remove func(*parts)) FaultKind {
		return FaultKind{Name: "approval-missing", Rule: rule, Gruppen: groups, Effect: TakesCase, line: noLine, onCase: remove}
	}
	ofG := in(func(f *p302.FallG) { f.SKZ.Vorhanden = false })
	return []FaultKind{
		missing("P4351", "D", in(func(f *p302.FallD) { f.SKZ = nil })),
		missing("P4453", "H", ofG),
		missing("P4455", "I", ofG),
		missing("P4461", "L", ofG),
		{Name: "approval-provisional", Rule: "P3071", Gruppen: "CR", Effect: TakesCase, line: noLine, onCase: func(p *parts) {
			a := p.approval()
			a.ArtGenehmigung = a.ArtGenehmigung[:1] + "2"
		}},
	}
}
