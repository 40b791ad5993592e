package intake

import (
	"reflect"
	"testing"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// DTA-2: what the groups of care say about who rendered what when arrives in the case.
func TestMapVisits(t *testing.T) {
	t.Parallel()
	day, next := calendar.MustDate("2026-10-05"), calendar.MustDate("2026-10-06")
	for _, c := range []struct {
		name  string
		fill  func(*billing.Case)
		want  []billing.Visit
		other func(*billing.Case) bool
	}{
		{"C: two positions of a visit, single services, two prescriptions", func(b *billing.Case) {
			mapCaseC(&p302.FallC{
				Einsaetze: []p302.EinsatzC{{
					ESK: p302.ESK{DatumLeistungserbringung: 20261005, UhrzeitBeginn: 800, UhrzeitEnde: dta.Some(p302.Uhrzeit(820)), Dauer: dta.Some(int32(20))},
					Positionen: []p302.PositionC{
						{EHK: p302.EHK{Beschaeftigtennummer: "1"}},
						{EHK: p302.EHK{Beschaeftigtennummer: "1", BeschaeftigtennummerZweitePerson: "2"}, ELP: []p302.ELP{{Abrechnungspositionsnummer: "x", Anzahl: 150}}},
					},
				}, {ESK: p302.ESK{DatumLeistungserbringung: 20261006, UhrzeitBeginn: 900}, Positionen: []p302.PositionC{{EHK: p302.EHK{Beschaeftigtennummer: "3"}}}}},
				Verordnungen: []p302.VerordnungC{{ZHK: p302.ZHK{Betriebsstaettennummer: "b1"}}, {ZHK: p302.ZHK{Betriebsstaettennummer: "b2"}, SKZ: []p302.SKZ{{ArtGenehmigung: "C1"}}}},
			}, b)
		}, []billing.Visit{
			{Date: day, From: 480, To: 500, Minutes: 20, Staff: []string{"1", "2"}},
			{Position: 2, Date: next, From: 540, To: -1, Minutes: -1, Staff: []string{"3"}},
		}, func(b *billing.Case) bool {
			return len(b.Positions) == 3 && b.Positions[1].From == 480 && b.Positions[2].Date == next && len(b.Details) == 1 && b.Details[0].Position == 1 &&
				b.Details[0].Quantity == 150 && b.Prescription.BSNR == "b1" && b.Further[0].BSNR == "b2" && b.Approvals[0].Kind == "C1"
		}},
		{"F: days of a midwife, a journey, an unknown time of birth", func(b *billing.Case) {
			mapCaseF(&p302.FallF{
				Hebammen: []p302.HebammeF{{HEB: p302.HEB{HebammeIK: "m", KrankenhausIK: "k"}, Tage: []p302.TagF{
					{HEL: p302.HEL{DatumLeistungserbringung: 20261005}, Positionen: []p302.PositionF{{}, {EHB: p302.EHB{NameZielort: "Neustadt", Pharmazentralnummer: "p"}}}},
				}}},
				ZHB: p302.ZHB{SchluesselGeburtsdatum: "1", Datum: 20261006, UhrzeitGeburtDesKindes: 9999, AnzahlDerGeborenenKinder: "2"},
			}, b)
		}, []billing.Visit{{Date: day, From: -1, To: -1, Minutes: -1, Midwife: "m", Hospital: "k"}}, func(b *billing.Case) bool {
			return len(b.Journeys) == 1 && b.Journeys[0].Position == 1 && b.Journeys[0].ToCity == "Neustadt" && b.Positions[1].Date == day && b.Positions[1].ProductItem == "p" &&
				*b.Childbirth == (billing.Childbirth{Kind: '1', Date: next, Time: -1, Children: '2'})
		}},
		{"O: visits of a position", func(b *billing.Case) {
			mapCaseO(&p302.FallO{
				ERS: p302.ERS{DatumBeginnDerLeistungserbringung: 20261005},
				Positionen: []p302.PositionO{{ZZL: []p302.ZZL{
					{DatumLeistungserbringung: 20261005, DatumEndeLeistungserbringung: 20261006, EinsatzID: "e", Beschaeftigtennummer: "1", LANRDritterArzt: "a"},
					{DatumLeistungserbringung: 20261006, Beschaeftigtennummer: "2"},
				}}},
				Verordnungen: []p302.VerordnungO{{ZSP: p302.ZSP{DatumBeginnLtVerordnung: 20261005, DatumEndeLtVerordnung: 20261006}}},
			}, b)
		}, []billing.Visit{
			{Date: day, End: next, From: -1, To: -1, Minutes: -1, ID: "e", Staff: []string{"1"}, Doctors: []string{"a"}},
			{Date: next, From: -1, To: -1, Minutes: -1, Staff: []string{"2"}},
		}, func(b *billing.Case) bool {
			return b.FirstContact == day && b.Positions[0].Date == day && b.Prescription.From == day && b.Prescription.To == next
		}},
		{"R: shifts of a position with a period", func(b *billing.Case) {
			mapCaseR(&p302.FallR{Positionen: []p302.PositionR{{}, {
				AHK: p302.AHK{DatumLeistungserbringung: 20261005, ArtDerMenge: "4", VersorgungszeitraumBis: 20261006, Einzelbetrag: -250},
				ASK: []p302.ASK{{Beschaeftigtennummer: "1", UhrzeitBeginn: 0, UhrzeitEnde: 1200, TagDerLeistung: 20261006}},
			}}}, b)
		}, []billing.Visit{{Position: 1, Date: next, From: 0, To: 720, Minutes: -1, Staff: []string{"1"}}}, func(b *billing.Case) bool {
			p := &b.Positions[1]
			return p.Unit == "4" && p.SupplyFrom == day && p.SupplyTo == next && p.Price == -250 && !b.Prescription.Present
		}},
		{"S: a service over midnight has its times at the visit", func(b *billing.Case) {
			mapCaseS(&p302.FallS{Positionen: []p302.PositionS{{EMP: p302.EMP{
				DatumBeginnDerLeistungserbringung: 20261005, DatumEndeDerLeistungserbringung: 20261006, Beschaeftigtennummer: "1",
				UhrzeitBeginnDerLeistungserbringung: dta.Some(p302.Uhrzeit(2300)), UhrzeitEndeDerLeistungserbringung: dta.Some(p302.Uhrzeit(100)),
			}}}}, b)
		}, []billing.Visit{{Date: day, End: next, From: 1380, To: 60, Minutes: -1, Staff: []string{"1"}}}, func(b *billing.Case) bool {
			return b.Positions[0].From == -1 && b.Positions[0].Date == day
		}},
		{"P: texts and talks", func(b *billing.Case) {
			mapCaseP(&p302.FallP{
				Positionen: []p302.PositionP{{EGV: p302.EGV{AbrechnungszeitraumVon: 20261005, AbrechnungszeitraumBis: 20261006}, TXT: []p302.TXT{{Text: "a"}, {Text: "b"}}}},
				Beratungen: []p302.BeratungP{{IBP: p302.IBP{ArtDesBeratungsprozesses: "1", AnzahlGespraeche: 4, NameDesBeraters: "x"}, TXT: []p302.TXT{{Text: "c"}}}},
			}, b)
		}, nil, func(b *billing.Case) bool {
			k := &b.Consultations[0]
			return b.Positions[0].Text == "a\nb" && b.Positions[0].SupplyTo == next && k.Kind == '1' && k.Talks == 4 && k.Consultant == "x" && k.Text == "c"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b billing.Case
			c.fill(&b)
			if !reflect.DeepEqual(b.Visits, c.want) {
				t.Errorf("visits %+v, want %+v", b.Visits, c.want)
			}
			if !c.other(&b) {
				t.Errorf("case %+v", b)
			}
		})
	}
}
