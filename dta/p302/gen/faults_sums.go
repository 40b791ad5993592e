package gen

import "klarbeleg/dta/p302"

// sumFaults are sums that do not agree with what they add up.
func sumFaults() []FaultKind {
	const refuses = RefusesInvoice
	raise := func(list []p302.GES) {
		for n := range 2 {
			list[n].Gesamtrechnungsbetrag += 100
			list[n].Gesamtbruttobetrag += 100
		}
	}
	copay := func(by p302.Cent) func(*parts) { return func(p *parts) { p.copay().Wert += by } }
	return []FaultKind{
		{Name: "gross-sum", Rule: "P3103", Gruppen: allGroups, Effect: TakesExcess, line: noLine, onSums: func(p *parts) { *p.gross() += 100 }},
		{Name: "copay-percent", Rule: "P3104", Gruppen: "B", line: noLine, onSums: func(p *parts) { p.percent().Wert += 50; p.copay().Wert += 50 }},
		{Name: "copay-sum", Rule: "P3105", Gruppen: "B", line: noLine, onSums: copay(100)},
		{Name: "copay-sum", Rule: "P3106", Gruppen: "A", line: noLine, onSums: copay(100)},
		{Name: "copay-sum", Rule: "P3107", Gruppen: "E", line: noLine, onSums: copay(100)},
		{Name: "copay-sum-low", Rule: "P3106", Gruppen: "A", Effect: TakesExcess, line: noLine, onSums: copay(-100)},
		{Name: "copay-sum-low", Rule: "P3107", Gruppen: "E", Effect: TakesExcess, line: noLine, onSums: copay(-100)},
		{Name: "invoice-net", Rule: "P3108", Gruppen: allGroups, Effect: refuses, line: noLine, onInvoice: func(i *invoice) {
			i.slga.GES[0].Gesamtrechnungsbetrag += 100
			i.slga.GES[1].Gesamtrechnungsbetrag += 100
		}},
		{Name: "total-not-first", Rule: "P3110", Gruppen: allGroups, Effect: refuses, line: noLine, onInvoice: func(i *invoice) {
			i.slga.GES[0], i.slga.GES[1] = i.slga.GES[1], i.slga.GES[0]
		}},
		{Name: "invoice-sum", Rule: "P3112", Gruppen: allGroups, Effect: refuses, line: noLine, onInvoice: func(i *invoice) { raise(i.slga.GES) }},
		{Name: "collective-sum", Rule: "P3113", Gruppen: allGroups, Effect: RefusesSammel, line: noLine, Sammel: true, onSammel: func(s *p302.SLGA) { raise(s.GES) }},
		{Name: "pairing", Rule: "P2019", Gruppen: allGroups, Effect: refuses, line: noLine, onInvoice: func(i *invoice) { i.slla.REC.EinzelRechnungsnummer = "999999" }},
	}
}

// invoiceFaults are faults of the heads of an invoice and of its statement.
func invoiceFaults() []FaultKind {
	refuses := func(name, rule string, change func(*invoice)) FaultKind {
		return FaultKind{Name: name, Rule: rule, Gruppen: allGroups, Effect: RefusesInvoice, line: noLine, onInvoice: change}
	}
	warns := func(name, rule string, change func(*invoice)) FaultKind {
		return FaultKind{Name: name, Rule: rule, Gruppen: allGroups, line: noLine, onInvoice: change}
	}
	single := func(name, rule string, change func(*invoice)) FaultKind {
		return FaultKind{Name: name, Rule: rule, Gruppen: allGroups, Effect: TakesInvoice, Einzeln: true, line: noLine, onInvoice: change}
	}
	twice := func(name, rule string, change func(*invoice)) FaultKind {
		k := single(name, rule, change)
		k.needsInvoice = true
		return k
	}
	return []FaultKind{
		warns("tax-statement", "P3063", func(i *invoice) { i.slga.UST.Vorhanden = false }),
		warns("discount-order", "P3114", func(i *invoice) {
			i.slga.SKO = []p302.SKO{{SkontoProzent: 200, Zahlungsziel: 10}, {SkontoProzent: 300, Zahlungsziel: 30}}
		}),
		warns("status-of-others", "P3111", func(i *invoice) { shiftStatus(i.slga.GES) }),
		refuses("single-number", "P3034", func(i *invoice) {
			number := map[bool]string{true: "5", false: "0"}[i.slga.REC.EinzelRechnungsnummer == "0"]
			i.slga.REC.EinzelRechnungsnummer, i.slla.REC.EinzelRechnungsnummer = number, number
		}),
		refuses("biller", "R-FKT-03", func(i *invoice) {
			biller := &i.slla.FKT.RechnungsstellerIK
			*biller = map[bool]string{true: i.slla.FKT.LeistungserbringerIK}[*biller == ""]
		}),
		refuses("fund-missing", "R-FKT-04", func(i *invoice) { i.slga.FKT.KrankenkasseIK = "" }),
		single("invoice-number", "P3033", func(i *invoice) { i.number(i.slga.REC.SammelRechnungsnummer + "-") }),
		single("invoice-in-future", "P3037", func(i *invoice) {
			i.slga.REC.Datum = days(i.slga.REC.Datum, 5)
			i.slla.REC.Datum = i.slga.REC.Datum
		}),
		twice("invoice-twice", "P4022", func(i *invoice) { i.number(i.before.SammelRechnungsnummer) }),
		refuses("nothing-demanded", "P3119", func(i *invoice) {
			for n := range i.slga.GES {
				i.slga.GES[n] = p302.GES{Status: i.slga.GES[n].Status}
			}
		}),
	}
}

// shiftStatus puts an amount under another status; the sum over all stays.
func shiftStatus(list []p302.GES) {
	from := &list[1]
	if len(list) == 2 {
		from.Status = map[bool]string{true: "51", false: "11"}[from.Status == "11"]
		return
	}
	for i, by := range []p302.Cent{-100, 100} {
		list[1+i].Gesamtbruttobetrag += by
		list[1+i].Gesamtrechnungsbetrag += by
	}
}

// number changes the number of an invoice in both of its messages.
func (inv *invoice) number(n string) {
	inv.slga.REC.SammelRechnungsnummer, inv.slla.REC.SammelRechnungsnummer = n, n
}
