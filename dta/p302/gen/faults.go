package gen

import (
	"slices"
	"strings"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p302"
)

// FaultKind is a single fault that can be injected at a case.
type FaultKind struct {
	Name    string
	Rule    string // the rule that must find it
	Gruppen string // the Sammelgruppen that can have it
	// Sammel tells that it needs a Sammelrechnung.
	Sammel bool

	needsPrevious bool
	onCase        func(*parts)            // before the sums of the case are made
	onSums        func(*parts)            // after them
	onInvoice     func(*invoice)          // after the sums of the invoice are made
	onSammel      func(*p302.SLGA)        // after the sums of the Sammelrechnung are made
	onSegments    func([][]byte) [][]byte // the segments of the case, without terminators
}

// parts points to what faults change in a case: the head, the first position,
// the prescription, the sums.
type parts struct {
	kopf          *p302.Kopf
	code, tariff  *string
	number        *string
	quantity      *p302.Hundertstel
	price         *p302.Cent
	date          *p302.Datum
	vat           *p302.Opt[p302.MWS]
	doctor        *string
	prescribed    *p302.Datum
	mark          *string // Zuzahlungskennzeichen
	diagnoses     []p302.DIA
	approval      *p302.Opt[p302.SKZ]
	repeat        func() // repeats the first position
	gross         func() *p302.Cent
	copay         func() *p302.Opt[p302.Cent]
	percent       func() *p302.Opt[p302.Cent] // group B
	previousBeleg string
}

func partsA(f *p302.FallA) parts {
	p := &f.Gruppen[0].Positionen[0]
	return parts{
		kopf: &f.Kopf, code: &p.EHI.Abrechnungscode, tariff: &p.EHI.Tarifkennzeichen, number: &p.EHI.Abrechnungspositionsnummer,
		quantity: &p.EHI.Anzahl, price: &p.EHI.Einzelbetrag, date: &p.EHI.DatumLeistungserbringung, vat: &p.MWS,
		doctor: &f.ZHI.LebenslangeArztnummer, prescribed: &f.ZHI.Verordnungsdatum, mark: &f.ZHI.Zuzahlungskennzeichen,
		diagnoses: f.DIA, approval: &f.SKZ,
		repeat: func() { f.Gruppen[0].Positionen = append(f.Gruppen[0].Positionen, f.Gruppen[0].Positionen[0]) },
		gross:  func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
		copay:  func() *p302.Opt[p302.Cent] { return &f.BES.GesamtbetragZuzahlung },
	}
}

func partsB(f *p302.FallB) parts {
	p := &f.Positionen[0]
	return parts{
		kopf: &f.Kopf, code: &p.EHE.Abrechnungscode, tariff: &p.EHE.Tarifkennzeichen, number: &p.EHE.Abrechnungspositionsnummer,
		quantity: &p.EHE.Anzahl, price: &p.EHE.Einzelbetrag, date: &p.EHE.DatumLeistungserbringung, vat: &p.MWS,
		doctor: &f.ZHE.LebenslangeArztnummer, prescribed: &f.ZHE.Verordnungsdatum, mark: &f.ZHE.Zuzahlungskennzeichen,
		diagnoses: f.DIA, approval: &f.SKZ,
		repeat:  func() { f.Positionen = slices.Insert(f.Positionen, 1, f.Positionen[0]) },
		gross:   func() *p302.Cent { return &f.BES.Wert.GesamtbetragBrutto },
		copay:   func() *p302.Opt[p302.Cent] { return &f.BES.Wert.GesamtbetragZuzahlung },
		percent: func() *p302.Opt[p302.Cent] { return &f.BES.Wert.GesamtbetragProzentualeZuzahlung },
	}
}

func partsE(f *p302.FallE) parts {
	p := &f.Fahrten[0].Positionen[0]
	return parts{
		kopf: &f.Kopf, code: &p.EKT.Abrechnungscode, tariff: &p.EKT.Tarifkennzeichen, number: &p.EKT.Abrechnungspositionsnummer,
		quantity: &p.EKT.Anzahl, price: &p.EKT.Einzelbetrag, date: &p.EKT.DatumLeistungserbringung, vat: &p.MWS,
		doctor: &f.ZKT.LebenslangeArztnummer, prescribed: &f.ZKT.Verordnungsdatum, mark: &f.ZKT.Zuzahlungskennzeichen,
		approval: &f.SKZ,
		repeat:   func() { f.Fahrten[0].Positionen = append(f.Fahrten[0].Positionen, f.Fahrten[0].Positionen[0]) },
		gross:    func() *p302.Cent { return &f.BES.GesamtbetragBrutto },
		copay:    func() *p302.Opt[p302.Cent] { return &f.BES.GesamtbetragZuzahlung },
	}
}

// FaultsFor returns the faults that can be injected in a Sammelgruppe.
func FaultsFor(group byte) []FaultKind {
	var out []FaultKind
	for _, list := range [][]FaultKind{caseFaults(), sumFaults(), segmentFaults()} {
		for _, k := range list {
			if strings.IndexByte(k.Gruppen, group) >= 0 {
				out = append(out, k)
			}
		}
	}
	return out
}

func faultOf(group byte, name string) (*FaultKind, bool) {
	list := FaultsFor(group)
	i := slices.IndexFunc(list, func(k FaultKind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

// set returns a change of one part.
func set[T any](part func(*parts) *T, v T) func(*parts) {
	return func(p *parts) { *part(p) = v }
}

// addVAT keeps the VAT true where a fault changes price or quantity.
func addVAT(p *parts) {
	if p.vat.Vorhanden {
		p.vat.Wert.BetragMehrwertsteuer = vat(*p.price, *p.quantity, p.vat.Wert.Mehrwertsteuersatz)
	}
}

// dayAfter returns the next calendar day.
func dayAfter(d p302.Datum) p302.Datum {
	return datum(time.Date(int(d/10000), time.Month(d/100%100), int(d%100)+1, 0, 0, 0, 0, time.UTC))
}

// caseFaults are wrong values in a case whose sums agree with them.
func caseFaults() []FaultKind {
	const all = "ABE"
	mark := func(p *parts) *string { return p.mark }
	return []FaultKind{
		{Name: "price-high", Rule: "P4010", Gruppen: all, onCase: func(p *parts) { *p.price += 100; addVAT(p) }},
		{Name: "price-low", Rule: "P4011", Gruppen: all, onCase: func(p *parts) { *p.price -= 100; addVAT(p) }},
		{Name: "position-unknown", Rule: "P4009", Gruppen: all, onCase: func(p *parts) {
			*p.number = invented.OtherDigit(*p.number, 0)
		}},
		{Name: "position-twice", Rule: "P4027", Gruppen: "AE", onCase: func(p *parts) { p.repeat() }},
		{Name: "kvnr-check-digit", Rule: "P3005", Gruppen: all, onCase: func(p *parts) {
			p.kopf.INV.VersichertenNummer = invented.OtherDigit(p.kopf.INV.VersichertenNummer, 9)
		}},
		{Name: "kvnr-missing", Rule: "P3006", Gruppen: all, onCase: func(p *parts) { p.kopf.INV.VersichertenNummer = "" }},
		{Name: "status-unknown", Rule: "P3007", Gruppen: all, onCase: func(p *parts) { p.kopf.INV.Versichertenstatus = "70000" }},
		{Name: "birth-date", Rule: "P3040", Gruppen: all, onCase: func(p *parts) { p.kopf.NAD.Geburtsdatum = 18500101 }},
		{Name: "doctor-check-digit", Rule: "P3008", Gruppen: all, onCase: func(p *parts) { *p.doctor = invented.OtherDigit(*p.doctor, 6) }},
		{Name: "diagnosis-shape", Rule: "P3012", Gruppen: "AB", onCase: func(p *parts) { p.diagnoses[0].Diagnoseschluessel = "5M4" }},
		{Name: "prescribed-late", Rule: "P3041", Gruppen: all, onCase: func(p *parts) { *p.prescribed = dayAfter(*p.date) }},
		{Name: "mark-unknown", Rule: "P3042", Gruppen: all, onCase: set(mark, "9")},
		{Name: "code-of-other-area", Rule: "P3026", Gruppen: all, onCase: func(p *parts) { *p.code = "31" }},
		{Name: "tariff-area", Rule: "P3027", Gruppen: all, onCase: func(p *parts) { *p.tariff = "30501" }},
		{Name: "tariff-reserved", Rule: "P3028", Gruppen: all, onCase: func(p *parts) { *p.tariff = "00091" }},
		{Name: "approval-kind", Rule: "P3055", Gruppen: all, onCase: func(p *parts) {
			if !p.approval.Vorhanden {
				*p.approval = dta.Some(p302.SKZ{Genehmigungskennzeichen: "G-1", DatumGenehmigung: *p.prescribed})
			}
			p.approval.Wert.ArtGenehmigung = "C1"
		}},
		{Name: "quantity-zero", Rule: "P3061", Gruppen: all, onCase: func(p *parts) { *p.quantity = 0; addVAT(p) }},
		{Name: "vat-amount", Rule: "P3102", Gruppen: "AE", onCase: func(p *parts) {
			*p.vat = dta.Some(p302.MWS{Mehrwertsteuersatz: 700, BetragMehrwertsteuer: vat(*p.price, *p.quantity, 700) + 10})
		}},
		{Name: "voucher-twice", Rule: "P3035", Gruppen: all, needsPrevious: true, onCase: func(p *parts) { p.kopf.INV.Belegnummer = p.previousBeleg }},
	}
}

// sumFaults are sums that do not agree with what they add up.
func sumFaults() []FaultKind {
	const all = "ABE"
	return []FaultKind{
		{Name: "gross-sum", Rule: "P3103", Gruppen: all, onSums: func(p *parts) { *p.gross() += 100 }},
		{Name: "copay-percent", Rule: "P3104", Gruppen: "B", onSums: func(p *parts) { p.percent().Wert += 50; p.copay().Wert += 50 }},
		{Name: "copay-sum", Rule: "P3105", Gruppen: "B", onSums: func(p *parts) { p.copay().Wert += 100 }},
		{Name: "copay-sum", Rule: "P3106", Gruppen: "A", onSums: func(p *parts) { p.copay().Wert += 100 }},
		{Name: "copay-sum", Rule: "P3107", Gruppen: "E", onSums: func(p *parts) { p.copay().Wert += 100 }},
		{Name: "invoice-net", Rule: "P3108", Gruppen: all, onInvoice: func(i *invoice) {
			i.slga.GES[0].Gesamtrechnungsbetrag += 100
			i.slga.GES[1].Gesamtrechnungsbetrag += 100
		}},
		{Name: "total-not-first", Rule: "P3110", Gruppen: all, onInvoice: func(i *invoice) {
			i.slga.GES[0], i.slga.GES[1] = i.slga.GES[1], i.slga.GES[0]
		}},
		{Name: "invoice-sum", Rule: "P3112", Gruppen: all, onInvoice: func(i *invoice) {
			for n := range 2 {
				i.slga.GES[n].Gesamtrechnungsbetrag += 100
				i.slga.GES[n].Gesamtbruttobetrag += 100
			}
		}},
		{Name: "collective-sum", Rule: "P3113", Gruppen: all, Sammel: true, onSammel: func(s *p302.SLGA) {
			for n := range 2 {
				s.GES[n].Gesamtrechnungsbetrag += 100
				s.GES[n].Gesamtbruttobetrag += 100
			}
		}},
		{Name: "pairing", Rule: "P2019", Gruppen: all, onInvoice: func(i *invoice) { i.slla.REC.EinzelRechnungsnummer = "999999" }},
	}
}
