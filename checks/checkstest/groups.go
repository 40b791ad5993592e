package checkstest

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// CareProvider is the provider of the examples of groups C, D and F to S.
const CareProvider = "508804010"

const staff = "880567401"

// careCodes gives the billing code of the example of a group.
func careCodes(g billing.Group) string {
	return map[billing.Group]string{
		'C': "31", 'D': "32", 'F': "50", 'G': "55", 'H': "61", 'I': "62", 'J': "65", 'K': "66",
		'L': "67", 'M': "68", 'N': "69", 'O': "75", 'P': "76", 'Q': "91", 'R': "A1", 'S': "B1",
	}[g]
}

// careItem is an item of the examples and its price.
type careItem struct {
	item  string
	cents money.Cents
	terms billing.Terms
}

func careItems(g billing.Group) []careItem {
	switch g {
	case 'C':
		return []careItem{
			{"031101", 11_24, billing.Terms{Kind: billing.ItemFlat}},
			{"031201", 4_32, billing.Terms{Kind: billing.ItemWay}},
			{"031301", 3_10, billing.Terms{Surcharge: billing.NightSurcharge}},
			{"031302", 3_10, billing.Terms{Surcharge: billing.SundaySurcharge}},
			{"031303", 3_10, billing.Terms{Surcharge: billing.HolidaySurcharge}},
			{"031304", 3_10, billing.Terms{Surcharge: billing.ChildSurcharge}},
			{"011101", 20_00, billing.Terms{}},
		}
	case 'D':
		return []careItem{{"051101", 24_50, billing.Terms{}}, {"081101", 24_50, billing.Terms{}}}
	case 'F':
		return []careItem{{"18000", 42_10, billing.Terms{}}}
	case 'G':
		return []careItem{
			{"550001", 485_00, billing.Terms{Kind: billing.ItemWeekly}}, {"550002", 150_00, billing.Terms{}},
		}
	case 'O':
		return []careItem{{"0101010101", 165_30, billing.Terms{}}}
	case 'P':
		return []careItem{{"0101001", 42_07, billing.Terms{}}}
	case 'Q':
		return []careItem{{"0101101", 88_44, billing.Terms{}}}
	case 'R':
		return []careItem{{"010101", 43_21, billing.Terms{}}, {"010102", -2_50, billing.Terms{}}}
	case 'S':
		return []careItem{{"640001", 213_45, billing.Terms{}}}
	default:
		return []careItem{{"6000001", 31_00, billing.Terms{}}}
	}
}

// Care returns the example of a group C, D or F to S: some days of service of an
// adult, with what the group has beside its positions.
func Care(g billing.Group) *billing.Invoice {
	inv := invoice(g, "2026-11-02", "2026-C-000815", "2026-11-02",
		billing.Head{Provider: CareProvider, Fund: Fund, Kind: '2'})
	inv.Cases = []billing.Case{{
		VoucherNo: "0000000001", KVNR: "M880012348", Status: "10001", VoucherInfo: "1",
		Person: billing.Person{
			LastName: "Beispiel", FirstName: "Martha", Birth: billing.Birth{Year: 1979, Month: 3, Day: 14},
		},
		Prescription: billing.Prescription{Present: true, BSNR: practice, LANR: doctor, Date: day("2026-09-30")},
		Diagnoses:    []billing.Diagnosis{{Code: "M54.5"}},
		Approvals:    []billing.Approval{{Mark: "GEN-1", Date: day("2026-10-01"), Kind: g.String() + "1"}},
	}}
	fillCare(g, &inv.Cases[0])
	return Sum(inv)
}

func careLine(g billing.Group, item int, date string, units money.Hundredths) billing.Position {
	i := careItems(g)[item]
	return position(billing.ContractKey{BillingCode: careCodes(g), Tariff: "00000"}, i.item, date, units, i.cents)
}

func fillCare(g billing.Group, c *billing.Case) {
	switch g {
	case 'C':
		visit(c, g, "2026-10-05", [2]int16{480, 500}, 0, 1)
		visit(c, g, "2026-10-05", [2]int16{1080, 1100}, 0, 1)
		visit(c, g, "2026-10-06", [2]int16{480, 500}, 0, 1)
		for _, p := range []int{0, 2, 4} {
			c.Details = append(c.Details, billing.Detail{Position: p, Item: "0390", Quantity: 1_00})
		}
	case 'D':
		visit(c, g, "2026-10-05", [2]int16{540, 690}, 0)
		visit(c, g, "2026-10-06", [2]int16{540, 690}, 0)
	case 'F':
		visit(c, g, "2026-10-05", [2]int16{600, 640}, 0)
		visit(c, g, "2026-10-07", [2]int16{600, 640}, 0)
		c.Prescription = billing.Prescription{Present: true}
		c.Childbirth = &billing.Childbirth{Kind: '1', Date: day("2026-10-01"), Time: 194, Children: '1'}
	case 'O':
		c.FirstContact = day("2026-10-05")
		c.Prescription.From, c.Prescription.To = day("2026-10-05"), day("2026-11-01")
		visit(c, g, "2026-10-05", [2]int16{660, 710}, 0)
		visit(c, g, "2026-10-06", [2]int16{660, 710}, 0)
	case 'P':
		p := careLine(g, 0, "2026-10-01", 1_00)
		p.SupplyFrom, p.SupplyTo = p.Date, day("2026-10-31")
		c.Positions, c.Prescription, c.Diagnoses, c.Approvals = []billing.Position{p}, billing.Prescription{}, nil, nil
		c.Consultations = []billing.Consultation{{
			Kind: '1', From: day("2026-10-01"), To: day("2026-10-15"), Talks: 4, Consultant: "Beraterin Beispiel",
		}}
	case 'Q':
		p := careLine(g, 0, "2026-10-01", 10_00)
		p.SupplyFrom, p.SupplyTo = p.Date, day("2026-10-10")
		c.Positions, c.Prescription = []billing.Position{p}, billing.Prescription{}
	case 'R':
		shift(c, "2026-10-05", 24_00, 0)
		shift(c, "2026-10-06", 24_00, 0)
		shift(c, "2026-10-06", 1_00, 1)
	case 'S':
		visit(c, g, "2026-10-05", [2]int16{540, 600}, 0)
		c.Prescription, c.Diagnoses, c.Approvals = billing.Prescription{}, nil, nil
	default:
		c.Prescription.CopayMarker = '0'
		for _, date := range []string{"2026-10-05", "2026-10-12", "2026-10-19"} {
			c.Positions = append(c.Positions, careLine(g, 0, date, 1_00))
		}
	}
}

// visit adds a visit with some items to a case.
func visit(c *billing.Case, g billing.Group, date string, at [2]int16, items ...int) {
	from, to := at[0], at[1]
	c.Visits = append(c.Visits, billing.Visit{
		Position: len(c.Positions), Date: day(date), End: day(date), From: from, To: to, Minutes: to - from,
		Staff: []string{staff},
	})
	for _, i := range items {
		p := careLine(g, i, date, 1_00)
		p.From, p.To, p.Minutes = from, to, to-from
		c.Positions = append(c.Positions, p)
	}
}

// shift adds a position of intensive care with one shift.
func shift(c *billing.Case, date string, units money.Hundredths, item int) {
	p := careLine('R', item, date, units)
	p.Unit = "2"
	c.Visits = append(c.Visits, billing.Visit{
		Position: len(c.Positions), Date: day(date), From: 0, To: 720, Minutes: 720, Staff: []string{staff},
	})
	c.Positions = append(c.Positions, p)
}

// addCareLists adds prices, admissions and terms of the examples of care.
func addCareLists(f *billing.Facts) (terms []billing.TermsRow) {
	always := billing.Period{From: day("2020-01-01")}
	for g := billing.Group('C'); g <= 'S'; g++ {
		if g == billing.GroupTransport {
			continue
		}
		key := billing.ContractKey{BillingCode: careCodes(g), Tariff: "00000"}
		f.Providers.Add(CareProvider, billing.Admission{Period: always, Group: g, ContractKey: key})
		for _, i := range careItems(g) {
			f.Prices.Add(key, i.item, billing.Price{Period: always, Cents: i.cents})
			terms = append(terms, billing.TermsRow{ContractKey: key, Item: i.item, Terms: i.terms, Period: always})
		}
	}
	return terms
}

// addReferences adds terms and tables under which the examples are clean.
func addReferences(f *billing.Facts) {
	always := billing.Period{From: day("2020-01-01")}
	rows := addCareLists(f)
	for item, terms := range map[string]billing.Terms{
		"22|20501": {Kind: billing.ItemPrimary, Area: '1'}, "22|29933": {Kind: billing.ItemHomeVisit},
		"26|54103": {Kind: billing.ItemPrimary, Area: '4'}, "26|54601": {Kind: billing.ItemInterval, Area: '4'},
		"15|3103030001": {}, "15|3103030900": {}, "15|1525307012": {},
		"46|510101": {}, "46|510102": {}, "46|513001": {}, "46|513002": {},
	} {
		rows = append(rows, billing.TermsRow{
			ContractKey: billing.ContractKey{BillingCode: item[:2]}, Item: item[3:], Terms: terms, Period: always,
		})
	}
	f.Terms = billing.TermsOf(rows)
	f.Tables = billing.TablesOf(tableRows(always))
}

func tableRows(always billing.Period) (rows []billing.TableRow) {
	for table, keys := range map[billing.Table][]string{
		billing.TableICD:          {"M545", "M54", "S422", "S4220", "G201", "E1174", "M75", "M751", "M179", "E1030", "H360", "U6932"},
		billing.TableAids:         {"3103030", "3103030001", "1525307", "1525307012", "1320010", "1320010001"},
		billing.TableTherapies:    {"WS|20501", "EX|20501", "EN2|54103"},
		billing.TableLongTerm:     {"EN2|G20"},
		billing.TableShoulder:     {"M751"},
		billing.TablePrequalified: {AidProvider + "|31", AidProvider + "|15", AidProvider + "|13"},
		billing.TableHolidays:     {"2026-10-03"},
		billing.TableMaximum:      {"WS", "EX", "EN2", "SB1"},
		billing.TableTrafficLight: {"SB1"},
	} {
		for _, key := range keys {
			value := map[string]int{"WS": 6, "EX": 6, "EN2": 10, "SB1": 10}[key]
			if table == billing.TableTrafficLight {
				value = 176
			}
			rows = append(rows, billing.TableRow{Table: table, Key: key, Value: value, Period: always})
		}
	}
	return rows
}
