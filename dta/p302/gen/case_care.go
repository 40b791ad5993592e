package gen

import (
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p302"
)

// care makes a case of one of the groups C, D and F to S and adds it.
func (c *caseBuilder) care(group byte, k p302.Kopf, f *p302.Faelle) parts {
	c.start = workday(c.before(minDaysBeforeCreation + 35 + c.rnd.IntN(20)))
	c.prescribed = c.start.AddDate(0, 0, -2-c.rnd.IntN(5))
	switch group {
	case 'C':
		return partsC(added(&f.FaelleC, c.fallC(k)))
	case 'D':
		return partsD(added(&f.FaelleD, c.fallD(k)))
	case 'F':
		return partsF(added(&f.FaelleF, c.fallF(k)))
	case 'O':
		return partsO(added(&f.FaelleO, c.fallO(k)))
	case 'P':
		return partsP(added(&f.FaelleP, c.fallP(k)))
	case 'Q':
		return partsQ(added(&f.FaelleQ, c.fallQ(k)))
	case 'R':
		return partsR(added(&f.FaelleR, c.fallR(k)))
	case 'S':
		return partsS(added(&f.FaelleS, c.fallS(k)))
	}
	return partsG(added(&f.FaelleG, c.fallG(group, k)))
}

// added appends a case to its list.
func added[T any](list *[]T, f T) *T {
	*list = append(*list, f)
	return &(*list)[len(*list)-1]
}

// staff is an invented Beschäftigtennummer.
func (c *caseBuilder) staff() string { return invented.Doctor(c.rnd.IntN(5000)) }

// day returns the n-th day of the service.
func (c *caseBuilder) day(n int) p302.Datum { return datum(c.start.AddDate(0, 0, n)) }

// bill counts a position.
func (c *caseBuilder) bill(quantity p302.Hundertstel) p302.Hundertstel {
	c.positions++
	return quantity
}

// approval is the payer's approval of a kind that begins with the group's letter.
func (c *caseBuilder) approval(kind string) p302.SKZ {
	return p302.SKZ{Genehmigungskennzeichen: "GEN-" + c.beleg, DatumGenehmigung: datum(c.prescribed.AddDate(0, 0, 1)), ArtGenehmigung: kind}
}

func (c *caseBuilder) order() p302.ZHK {
	bsnr, lanr := c.doctor()
	return p302.ZHK{Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Verordnungsdatum: datum(c.prescribed)}
}

// fallC: two visits a day, each with a service and the way.
func (c *caseBuilder) fallC(k p302.Kopf) p302.FallC {
	f := p302.FallC{Kopf: k}
	for i := range 2 * (2 + c.rnd.IntN(6)) {
		v := p302.EinsatzC{ESK: p302.ESK{
			DatumLeistungserbringung: c.day(i / 2), UhrzeitBeginn: p302.Uhrzeit(800 + 1000*(i%2)),
			UhrzeitEnde: dta.Some(p302.Uhrzeit(820 + 1000*(i%2))), Dauer: dta.Some(int32(20)),
		}}
		staff := c.staff()
		for _, s := range c.contract.services {
			p := p302.PositionC{EHK: p302.EHK{
				Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
				Anzahl: c.bill(100), Einzelbetrag: s.price.Cents, Beschaeftigtennummer: staff,
			}}
			v.Positionen = append(v.Positionen, p)
		}
		v.Positionen[0].ELP = []p302.ELP{{Abrechnungspositionsnummer: c.contract.services[0].price.Positionsnummer, Anzahl: 100}}
		f.Einsaetze = append(f.Einsaetze, v)
	}
	f.Verordnungen = []p302.VerordnungC{{ZHK: c.order(), DIA: []p302.DIA{{Diagnoseschluessel: "I10.00"}}, SKZ: []p302.SKZ{c.approval("C1")}}}
	return f
}

// fallD: some hours on some days.
func (c *caseBuilder) fallD(k p302.Kopf) p302.FallD {
	f := p302.FallD{Kopf: k}
	s := c.contract.services[0]
	for i := range 2 + c.rnd.IntN(8) {
		f.Einsaetze = append(f.Einsaetze, p302.EinsatzD{
			ESH: p302.ESH{DatumLeistungserbringung: c.day(i), UhrzeitBeginn: 900, UhrzeitEnde: dta.Some(p302.Uhrzeit(1130)), Dauer: dta.Some(int32(150))},
			Positionen: []p302.PositionD{{EHH: p302.EHH{
				Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
				Anzahl: c.bill(250), Einzelbetrag: s.price.Cents,
			}}},
		})
	}
	bsnr, lanr := c.doctor()
	f.Bescheinigungen = []p302.BescheinigungD{{
		ZHH: p302.ZHH{Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Bescheinigungsdatum: datum(c.prescribed)},
		DIA: []p302.DIA{{Diagnoseschluessel: "S82.2"}},
	}}
	f.SKZ = []p302.SKZ{c.approval("D1")}
	return f
}

// fallF: visits in childbed, each with its way.
func (c *caseBuilder) fallF(k p302.Kopf) p302.FallF {
	f := p302.FallF{Kopf: k}
	h := p302.HebammeF{HEB: p302.HEB{HebammeIK: c.provider.IK}}
	for i := range 1 + c.rnd.IntN(6) {
		s := c.contract.services[min(i, 1)]
		e := p302.EHB{
			Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
			Anzahl: c.bill(100), Einzelbetrag: s.price.Cents,
			Uhrzeit: dta.Some(p302.Uhrzeit(1000)), UhrzeitBis: dta.Some(p302.Uhrzeit(1040)), Dauer: dta.Some(int32(40)),
		}
		if i == 1 {
			e.GefahreneKilometer, e.StrasseAbfahrt, e.PLZAbfahrtsort, e.NameAbfahrtsort = dta.Some(int32(7)), "Lindenallee 3", "20000", "Neustadt"
			e.StrasseZielort, e.PLZZielort, e.NameZielort = "Klinikweg 1", "20001", "Neustadt"
		}
		h.Tage = append(h.Tage, p302.TagF{HEL: p302.HEL{DatumLeistungserbringung: c.day(2 * i)}, Positionen: []p302.PositionF{{EHB: e}}})
	}
	f.Hebammen = []p302.HebammeF{h}
	f.ZHB = p302.ZHB{SchluesselGeburtsdatum: "1", Datum: c.day(-2), UhrzeitGeburtDesKindes: 314, AnzahlDerGeborenenKinder: "1"}
	return f
}

// fallG is a case of G to N; in L the insured person pays 10 % and 10,00.
func (c *caseBuilder) fallG(group byte, k p302.Kopf) p302.FallG {
	f := p302.FallG{Kopf: k}
	s := c.contract.services[0]
	liable := group == 'L' && c.liable() == "3"
	for i := range 1 + c.rnd.IntN(6) {
		e := p302.ENF{
			Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
			Anzahl: c.bill(100), Einzelbetrag: s.price.Cents, DatumLeistungserbringung: c.day(7 * (i % 5)),
		}
		if i >= 5 { // a second service in a week already billed
			e.DatumLeistungserbringung = c.day(7*(i%5) + 1)
		}
		if liable {
			e.BetragZuzahlung = dta.Some(round2(int64(s.price.Cents), 10))
		}
		p := p302.PositionG{ENF: e}
		if i == 0 {
			p.SUT = dta.Some(p302.SUT{Uhrzeit: dta.Some(p302.Uhrzeit(1700)), UhrzeitBis: dta.Some(p302.Uhrzeit(1745)), Dauer: dta.Some(int32(45))})
		}
		f.Positionen = append(f.Positionen, p)
	}
	bsnr, lanr := c.doctor()
	mark := c.liable()
	if !liable {
		mark = "0"
	}
	f.ZUV = dta.Some(p302.ZUV{Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Verordnungsdatum: datum(c.prescribed), Zuzahlungskennzeichen: mark})
	f.DIA = []p302.DIA{{Diagnoseschluessel: "M06.90"}}
	f.SKZ = dta.Some(c.approval(string(group) + "1"))
	return f
}

// fallO: some days of palliative care, one visit each.
func (c *caseBuilder) fallO(k p302.Kopf) p302.FallO {
	f := p302.FallO{Kopf: k, ERS: p302.ERS{DatumBeginnDerLeistungserbringung: c.day(0)}}
	s := c.contract.services[0]
	for i := range 1 + c.rnd.IntN(8) {
		f.Positionen = append(f.Positionen, p302.PositionO{
			ESP: p302.ESP{
				Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
				Anzahl: c.bill(100), Einzelbetrag: s.price.Cents,
			},
			ZZL: []p302.ZZL{{
				DatumLeistungserbringung: c.day(i), UhrzeitBeginnLeistungserbringung: dta.Some(p302.Uhrzeit(1100)),
				DatumEndeLeistungserbringung: c.day(i), UhrzeitEndeLeistungserbringung: dta.Some(p302.Uhrzeit(1150)),
				DauerDesEinsatzes: dta.Some(int32(50)), EinsatzID: "E" + c.beleg, Beschaeftigtennummer: c.staff(), LANR: c.staff(),
			}},
		})
	}
	bsnr, lanr := c.doctor()
	f.Verordnungen = []p302.VerordnungO{{
		ZSP: p302.ZSP{
			Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Verordnungsdatum: datum(c.prescribed),
			DatumBeginnLtVerordnung: c.day(0), DatumEndeLtVerordnung: c.day(28),
		},
		DIA: []p302.DIA{{Diagnoseschluessel: "C34.1"}, {Diagnosetext: "Fortgeschrittene Erkrankung"}},
		SKZ: []p302.SKZ{c.approval("O1")},
	}}
	return f
}

// fallP: a month of planning, with the talks where that is agreed.
func (c *caseBuilder) fallP(k p302.Kopf) p302.FallP {
	f := p302.FallP{Kopf: k}
	s := c.contract.services[0]
	f.Positionen = []p302.PositionP{{EGV: p302.EGV{
		Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
		Anzahl: c.bill(100), Einzelbetrag: s.price.Cents, AbrechnungszeitraumVon: c.day(0), AbrechnungszeitraumBis: c.day(27),
	}}}
	if c.rnd.IntN(2) == 0 {
		f.Positionen[0].TXT = []p302.TXT{{Text: "Beratung in der Einrichtung"}, {Text: "mit Angehörigen"}}
		f.Beratungen = []p302.BeratungP{{
			IBP: p302.IBP{ArtDesBeratungsprozesses: "1", BeginnBeratungsprozess: c.day(0), EndeBeratungsprozess: c.day(20), AnzahlGespraeche: 4, NameDesBeraters: "Beraterin Beispiel"},
			TXT: []p302.TXT{{Text: "Erstberatung"}},
		}}
	}
	return f
}

// fallQ: a stay of some days.
func (c *caseBuilder) fallQ(k p302.Kopf) p302.FallQ {
	days := 3 + c.rnd.IntN(20)
	s := c.contract.services[0]
	f := p302.FallQ{Kopf: k, Positionen: []p302.PositionQ{{EHP: p302.EHP{
		Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
		Anzahl: c.bill(p302.Hundertstel(100 * days)), Einzelbetrag: s.price.Cents,
		DatumBeginnDerLeistungserbringung: c.day(0), DatumEndeDerLeistungserbringung: c.day(days - 1),
	}}}}
	f.DIA = []p302.DIA{{Diagnoseschluessel: "S72.00"}}
	f.SKZ = []p302.SKZ{c.approval("Q1")}
	return f
}

// fallR: days of intensive care in two shifts, by the hour and by the day.
func (c *caseBuilder) fallR(k p302.Kopf) p302.FallR {
	f := p302.FallR{Kopf: k}
	for i := range 1 + c.rnd.IntN(5) {
		for j, s := range c.contract.services {
			quantity := p302.Hundertstel(2400)
			if j == 1 {
				quantity = 100
			}
			p := p302.PositionR{AHK: p302.AHK{
				Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
				Anzahl: c.bill(quantity), Einzelbetrag: s.price.Cents, DatumLeistungserbringung: c.day(i), ArtDerMenge: "1",
			}}
			for _, from := range []p302.Uhrzeit{0, 1200} {
				p.ASK = append(p.ASK, p302.ASK{
					Beschaeftigtennummer: c.staff(), UhrzeitBeginn: from, UhrzeitEnde: from + 1159, Dauer: dta.Some(int32(719)), TagDerLeistung: c.day(i),
				})
			}
			f.Positionen = append(f.Positionen, p)
		}
	}
	f.Verordnungen = []p302.VerordnungR{{ZHK: c.order(), DIA: []p302.DIA{{Diagnoseschluessel: "J96.11"}}, SKZ: []p302.SKZ{c.approval("R1")}}}
	return f
}

// fallS: days of a model project.
func (c *caseBuilder) fallS(k p302.Kopf) p302.FallS {
	f := p302.FallS{Kopf: k}
	s := c.contract.services[0]
	for i := range 1 + c.rnd.IntN(5) {
		f.Positionen = append(f.Positionen, p302.PositionS{EMP: p302.EMP{
			Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
			Anzahl: c.bill(100), Einzelbetrag: s.price.Cents, Beschaeftigtennummer: c.staff(),
			DatumBeginnDerLeistungserbringung: c.day(i), UhrzeitBeginnDerLeistungserbringung: dta.Some(p302.Uhrzeit(900)),
			DatumEndeDerLeistungserbringung: c.day(i), UhrzeitEndeDerLeistungserbringung: dta.Some(p302.Uhrzeit(1000)),
			DauerDerLeistungserbringung: dta.Some(int32(60)),
		}})
	}
	return f
}

// careState is what the builders of the care groups share within a case.
type careState struct {
	start, prescribed time.Time
}
