// Package checkstest builds synthetic invoices for tests of the rules. They have the
// content of the example files of the specification, which no rule objects to, and
// the lists that make them clean. Only tests import it.
package checkstest

import (
	"fmt"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// ReceivedOn is the day on which the examples are received.
const ReceivedOn = "2026-11-25"

// Institutions of the examples.
const (
	BillingService   = "598800016"
	Payer            = "108801006"
	Fund             = "108801017"
	OtherFund        = "108801028"
	TransportPayer   = "108802007"
	AidProvider      = "338804010"
	TherapyProvider  = "448802018"
	ErgoProvider     = "448802029"
	TaxiProvider     = "608803019"
	doctor, practice = "880567401", "880123400"
)

func day(s string) calendar.Date { return calendar.MustDate(s) }

// Facts returns lists under which the examples are clean: prices, payers,
// providers, and an empty history.
func Facts() *billing.Facts {
	f := &billing.Facts{
		ReceivedOn: day(ReceivedOn),
		Prices:     billing.NewPriceList(),
		Payers:     billing.NewPayerDirectory(),
		Providers:  billing.NewProviderDirectory(),
		History: &billing.History{
			Invoices: map[billing.InvoiceKey]calendar.Date{},
			Numbers:  map[billing.FundNumber]billing.InvoiceKey{},
			Origins:  map[billing.OriginKey]*billing.OriginBill{},

			CorrectedLines: map[uint64]struct{}{},
		},
	}
	always := billing.Period{From: day("2020-01-01")}
	price := func(code, tariff, item string, cents money.Cents) {
		f.Prices.Add(billing.ContractKey{BillingCode: code, Tariff: tariff}, item,
			billing.Price{Period: always, Cents: cents})
	}
	price("22", "00501", "20501", 29_85)
	price("22", "00501", "29933", 13_45)
	price("26", "00501", "54103", 57_20)
	price("15", "00000", "3103030001", 512_40)
	price("15", "00000", "3103030001", 18_60) // repair
	price("15", "00000", "3103030900", 38_75)
	price("15", "00000", "1525307012", 43)
	price("46", "05123", "510101", 8_50)
	price("46", "05123", "510102", 8_50)
	price("46", "05123", "513001", 2_10)
	price("46", "05123", "513002", 2_10)
	f.Payers.Add(Payer, "Krankenkasse Eins", Fund, always)
	f.Payers.Add(Payer, "Krankenkasse Eins", OtherFund, always)
	f.Payers.Add(TransportPayer, "Krankenkasse Zwei", TransportPayer, always)
	admit := func(ik string, g billing.Group, code, tariff string) {
		f.Providers.Add(ik, billing.Admission{
			Period: always, Group: g,
			ContractKey: billing.ContractKey{BillingCode: code, Tariff: tariff},
		})
	}
	admit(TherapyProvider, billing.GroupTherapy, "22", "00501")
	admit(ErgoProvider, billing.GroupTherapy, "26", "00501")
	admit(AidProvider, billing.GroupAids, "15", "00000")
	admit(TaxiProvider, billing.GroupTransport, "46", "05123")
	addReferences(f)
	f.History.Origins[followUpOrigin().Key()] = originBill()
	return f
}

// position returns a line without part, times and kilometres.
func position(key billing.ContractKey, item, date string, units money.Hundredths, price money.Cents) billing.Position {
	return billing.Position{
		BillingCode: key.BillingCode, Tariff: key.Tariff, Item: item, Date: day(date), Quantity: units, Price: price,
		Part: -1, Kilometres: -1, From: -1, To: -1, Minutes: -1,
	}
}

// invoice returns the frame of a first bill without a case. head names provider,
// fund and kind; sender is the billing service.
func invoice(g billing.Group, created, number, date string, head billing.Head) *billing.Invoice {
	head.Processing, head.Date = billing.FirstBill, day(date)
	head.Number = billing.InvoiceNumber{Collective: number, Single: "0"}
	if head.Payer == "" {
		head.Payer = Payer
	}
	return &billing.Invoice{
		Head: head,
		Header: &billing.Header{
			Sender: BillingService, Recipient: "668800094", CreatedOn: day(created), Reference: "00042",
			Group: g, Version: 21,
		},
		Statement: billing.Statement{
			Head: head, Sender: BillingService,
			Tax: billing.Tax{Present: true, Number: "12/345/67890", Exempt: true},
		},
	}
}

// collect puts the invoice under a collective invoice of the billing service.
func collect(inv *billing.Invoice, single string) *billing.Invoice {
	inv.Number.Single, inv.Statement.Number.Single = single, single
	inv.Biller = BillingService
	c := billing.Statement{Head: inv.Statement.Head, Collective: true, Sender: BillingService}
	c.Provider, c.Fund, c.Number.Single = BillingService, "", "0"
	inv.Collective = &c
	return inv
}

// Therapy returns example B: an adult who pays and a child who does not.
func Therapy() *billing.Invoice {
	inv := collect(invoice(billing.GroupTherapy, "2026-11-02", "2026-H-000815", "2026-11-02",
		billing.Head{Provider: TherapyProvider, Fund: Fund, Kind: '3'}), "1")
	inv.Cases = []billing.Case{therapyCase(), childCase()}
	return Sum(inv)
}

// physio returns a line of example B; copay 0 is none.
func physio(item, date string, units money.Hundredths, price, copay money.Cents) billing.Position {
	p := position(billing.ContractKey{BillingCode: "22", Tariff: "00501"}, item, date, units, price)
	if copay != 0 {
		p.CopayPerUnit = billing.Some(copay)
	}
	return p
}

func therapyCase() billing.Case {
	return billing.Case{
		VoucherNo: "0000000001", KVNR: "M880012348", Status: "10001", VoucherInfo: "1",
		Person: billing.Person{
			LastName: "D'Angelo", FirstName: "Márta", Birth: billing.Birth{Year: 1979, Month: 3, Day: 14},
		},
		Positions: []billing.Position{
			physio("20501", "2026-10-05", 1_00, 29_85, 2_99),
			physio("20501", "2026-10-08", 1_00, 29_85, 2_99),
			physio("20501", "2026-10-12", 1_00, 29_85, 2_99),
			physio("20501", "2026-10-19", 2_00, 29_85, 2_99),
			physio("29933", "2026-10-19", 1_00, 13_45, 1_35),
		},
		Prescription: billing.Prescription{
			Present: true, BSNR: practice, LANR: doctor, Date: day("2026-09-30"), CopayMarker: '3',
			DiagnosisGroup: "WS", Kind: "03", Report: '1', HomeVisit: '1', LeadSymptom: "1010",
			Urgent: '0', TherapyArea: '1', Frequency: '2',
		},
		Diagnoses: []billing.Diagnosis{{Code: "M54.5"}},
	}
}

func childCase() billing.Case {
	return billing.Case{
		VoucherNo: "0000000002", KVNR: "D880043217", Status: "30001", VoucherInfo: "1",
		Person: billing.Person{
			LastName: "Groß", FirstName: "Jörg", Birth: billing.Birth{Year: 2018, Month: 7, Day: 21},
		},
		Positions: []billing.Position{
			physio("20501", "2026-10-06", 1_00, 29_85, 0),
			physio("20501", "2026-10-13", 1_00, 29_85, 0),
		},
		Prescription: billing.Prescription{
			Present: true, BSNR: practice, LANR: doctor, Date: day("2026-09-28"), CopayMarker: '0',
			DiagnosisGroup: "EX", Kind: "03", Accident: '2', LeadSymptom: "0001",
			LeadSymptomText: "Bewegungsstörung Schulter rechts nach Sturz", Urgent: '1', TherapyArea: '1',
			Frequency: '1',
		},
		Diagnoses: []billing.Diagnosis{{Code: "S42.2"}, {Text: "Zustand nach Oberarmfraktur"}},
	}
}

// Exempt returns the second invoice of example B: an exempt pensioner with a
// long-term approval.
func Exempt() *billing.Invoice {
	inv := collect(invoice(billing.GroupTherapy, "2026-11-02", "2026-H-000815", "2026-11-02",
		billing.Head{Provider: ErgoProvider, Fund: OtherFund, Kind: '3'}), "2")
	line := func(date string) billing.Position {
		return position(billing.ContractKey{BillingCode: "26", Tariff: "00501"}, "54103", date, 1_00, 57_20)
	}
	inv.Cases = []billing.Case{{
		VoucherNo: "0000000001", KVNR: "B880077773", Status: "50009", VoucherInfo: "1", SpecialCare: "1",
		Person: billing.Person{
			LastName: "Müller-Süß", FirstName: "Änne", Birth: billing.Birth{Year: 1948, Month: 2, Day: 29},
		},
		Positions: []billing.Position{line("2026-10-07"), line("2026-10-14"), line("2026-10-21")},
		Prescription: billing.Prescription{
			Present: true, BSNR: "880987600", LANR: "880111401", Date: day("2026-09-25"), CopayMarker: '1',
			DiagnosisGroup: "EN2", Kind: "04", LeadSymptom: "1100", Urgent: '0', TherapyArea: '4',
			Frequency: '1',
		},
		Diagnoses: []billing.Diagnosis{{Code: "G20.1"}},
		Approvals: []billing.Approval{{Mark: "LHB-2026-0815", Date: day("2026-08-15"), Kind: "B2"}},
	}}
	return Sum(inv)
}

// followUpOrigin names the first case of Therapy as billed first.
func followUpOrigin() *billing.Origin {
	return &billing.Origin{
		Provider: TherapyProvider, Number: billing.InvoiceNumber{Collective: "2026-H-000815", Single: "1"},
		Date: day("2026-11-02"), VoucherNo: "0000000001",
	}
}

// originBill is that case as accepted: of its double treatment nothing was paid. It
// deducted more co-payment than the example claims, so that tests of other rules may
// claim too much.
func originBill() *billing.OriginBill {
	c := therapyCase()
	b := &billing.OriginBill{
		Processing: billing.FirstBill, KVNR: c.KVNR, Corrected: 53_72, Copay: 60_00, Flat: 10_00,
	}
	for i := range c.Positions {
		p := &c.Positions[i]
		b.Lines = append(b.Lines, billing.OriginLine{Item: p.Item, Date: p.Date, Price: p.Price})
	}
	b.Lines[3].Corrected = b.Corrected
	return b
}

// followUp turns the first case of Therapy into a later bill to it.
func followUp(code billing.ProcessingCode, number string) *billing.Invoice {
	inv := collect(invoice(billing.GroupTherapy, "2026-11-20", number, "2026-11-20",
		billing.Head{Provider: TherapyProvider, Fund: Fund, Kind: '3'}), "1")
	inv.Processing, inv.Statement.Processing, inv.Collective.Processing = code, code, code
	c := therapyCase()
	c.Origin = followUpOrigin()
	inv.Cases = []billing.Case{c}
	return inv
}

// Correction returns example B with Verarbeitungskennzeichen 04: the refused double
// treatment is billed again, less a deduction of 1,50.
func Correction() *billing.Invoice {
	inv := followUp(billing.CorrectionBill, "2026-H-000899")
	c := &inv.Cases[0]
	c.Positions = c.Positions[3:4]
	c.Totals.Deduction = billing.Some(1_50)
	return Sum(inv)
}

// Claim returns example B with Verarbeitungskennzeichen 03: the co-payment that the
// insured person did not pay.
func Claim() *billing.Invoice {
	inv := followUp(billing.CopaymentClaim, "2026-H-000900")
	inv.Cases[0].Prescription.CopayMarker = '2'
	return Sum(inv)
}

// aid returns a line of example A.
func aid(part int16, item, mark string, units money.Hundredths, price money.Cents) billing.Position {
	p := position(billing.ContractKey{BillingCode: "15", Tariff: "00000"}, item, "2026-10-16", units, price)
	p.Part, p.AidMark = part, mark
	return p
}

// withVAT returns the position with value added tax on top.
func withVAT(p billing.Position, rate money.Hundredths) billing.Position {
	p.VAT = billing.VAT{Present: true, Rate: rate, Amount: money.VAT(p.Price, p.Quantity, rate)}
	return p
}

// Aids returns example A: an aid with own share, consumables, a repair.
func Aids() *billing.Invoice {
	inv := invoice(billing.GroupAids, "2026-10-31", "SH20261031", "2026-10-31",
		billing.Head{Provider: AidProvider, Fund: Fund, Kind: '2'})
	first := withVAT(aid(0, "3103030001", "00", 1_00, 512_40), 7_00)
	first.Unit, first.Site = "10", "2"
	second := withVAT(aid(0, "3103030900", "05", 1_00, 38_75), 19_00)
	second.Unit, second.Site, second.Text = "12", "1", "Schaftfußbettung rechts"
	consumables := aid(1, "1525307012", "08", 120_00, 43)
	consumables.Unit = "12"
	consumables.SupplyFrom, consumables.SupplyTo = day("2026-10-16"), day("2026-11-15")
	repair := aid(2, "3103030001", "01", 1_00, 18_60)
	repair.InventoryNo = "INV-2024-0099"
	inv.Cases = []billing.Case{{
		VoucherNo: "4711", KVNR: "K880013575", Status: "10001", VoucherInfo: "1",
		Person: billing.Person{
			LastName: "Weiß", FirstName: "Käthe", Birth: billing.Birth{Year: 1971, Month: 7, Day: 4},
		},
		Positions: []billing.Position{first, second, consumables, repair},
		Aids: []billing.AidGroup{
			{ID: 1, Present: true, CopayKind: "02", Copay: billing.Some(10_00), OwnShare: billing.Some(76_00), Extra: billing.Some(24_90)},
			{ID: 2, Present: true, CopayKind: "03", Copay: billing.Some(5_16), SupplyMonths: 1, Extra: billing.Some(0)},
			{ID: 3, Extra: billing.Some(0)},
		},
		Prescription: billing.Prescription{
			Present: true, BSNR: practice, LANR: doctor, Date: day("2026-10-01"), CopayMarker: '3',
		},
		Diagnoses: []billing.Diagnosis{{Code: "E11.74"}, {Text: "Diabetisches Fußsyndrom"}},
		Approvals: []billing.Approval{{Mark: "KV 2026/5533", Date: day("2026-10-09"), Kind: "A1"}},
	}}
	return Sum(inv)
}

// ride is a journey of example E.
type ride struct {
	part     int16
	date     string
	from, to int16 // minutes after midnight
}

// line returns a line of the ride; km is negative for none.
func (r ride) line(item string, units money.Hundredths, price money.Cents, km money.Hundredths) billing.Position {
	p := position(billing.ContractKey{BillingCode: "46", Tariff: "05123"}, item, r.date, units, price)
	p.Part, p.Kilometres, p.From, p.To, p.Minutes = r.part, km, r.from, r.to, r.to-r.from
	return withVAT(p, 7_00)
}

// Transport returns example E: a person with two trips, and one from abroad with an
// emergency.
func Transport() *billing.Invoice {
	inv := invoice(billing.GroupTransport, "2026-11-03", "2026/10-77", "2026-11-03",
		billing.Head{Provider: TaxiProvider, Payer: TransportPayer, Fund: TransportPayer, Kind: '1'})
	inv.Header.Sender, inv.Statement.Sender = TaxiProvider, TaxiProvider
	there, back := ride{0, "2026-10-13", 490, 505}, ride{1, "2026-10-20", 540, 595}
	home := ride{0, "2026-10-27", 840, 852}
	inv.Statement.Discounts = []billing.Discount{{Rate: 2_00, Days: 14}}
	inv.Cases = []billing.Case{
		{
			VoucherNo: "T-0001", KVNR: "T880024680", Status: "10001", VoucherInfo: "1",
			Person: billing.Person{
				LastName: "Öztürk", FirstName: "Sevgi", Birth: billing.Birth{Year: 1966, Month: 1, Day: 5},
			},
			Positions: []billing.Position{
				there.line("510101", 1_00, 8_50, 3_20), there.line("513001", 12_00, 2_10, -1),
				back.line("510101", 1_00, 8_50, 5_00), back.line("513001", 40_00, 2_10, -1),
			},
			Trips: []billing.Trip{
				{
					ID: 1, FromStreet: "Lindenallee 7", FromPostcode: "20000", FromCity: "Neustadt",
					ToStreet: "Klinikweg 1", ToPostcode: "20001", ToCity: "Neustadt",
					Present: true, CopayKind: "02", Copay: billing.Some(5_00),
				},
				{
					ID: 2, FromStreet: "B252, Kilometer 7",
					ToStreet: "Klinikweg 1", ToPostcode: "20001", ToCity: "Neustadt",
					Present: true, CopayKind: "01", Copay: billing.Some(9_90),
				},
			},
			Prescription: billing.Prescription{
				Present: true, BSNR: practice, LANR: doctor, Date: day("2026-10-01"), CopayMarker: '3',
			},
			Approvals: []billing.Approval{{Mark: "GEN-4711/2026", Date: day("2026-10-05"), Kind: "E1"}},
		},
		{
			VoucherNo: "T-0002", VoucherInfo: "1",
			Person: billing.Person{
				LastName: "van der Berg", FirstName: "Jan", Birth: billing.Birth{Year: 1955, Month: 9},
				Street: "Deichstraße 3", Postcode: "9711 AB", City: "Groningen", Country: "NL",
			},
			Positions: []billing.Position{
				home.line("510102", 1_00, 8_50, 3_10), home.line("513002", 11_50, 2_10, -1),
			},
			Trips: []billing.Trip{{
				ID: 1, FromStreet: "Klinikweg 1", FromPostcode: "20001", FromCity: "Neustadt",
				ToStreet: "Lindenallee 7", ToPostcode: "20000", ToCity: "Neustadt",
			}},
			Prescription: billing.Prescription{
				Present: true, BSNR: "999999999", LANR: "999999999", Date: day("2026-10-27"),
				CopayMarker: '1', Accident: '1',
			},
		},
	}
	return Sum(inv)
}

// Many returns the invoice with n cases: copies of its own under voucher and
// insurance numbers of their own.
func Many(inv *billing.Invoice, n int) *billing.Invoice {
	cases := make([]billing.Case, 0, n)
	for i := range n {
		c := inv.Cases[i%len(inv.Cases)]
		c.VoucherNo = fmt.Sprintf("%010d", i)
		if c.KVNR != "" {
			c.KVNR = KVNR(i)
		}
		cases = append(cases, c)
	}
	inv.Cases = cases
	return Sum(inv)
}

// KVNR returns an insurance number with a right check digit that no person has: its
// letter stands for nobody's name (spec/checks section 3.2).
func KVNR(n int) string {
	digits := fmt.Sprintf("24%08d", n%100_000_000) // X
	sum := 0
	for i, d := range digits {
		v := int(d-'0') * (1 + i%2)
		sum += v/10 + v%10
	}
	return fmt.Sprintf("X%08d%d", n%100_000_000, sum%10)
}
