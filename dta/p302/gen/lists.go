package gen

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"klarbeleg/dta/p302"
)

// validFrom is the day from which all lists of the generator are valid.
const validFrom = "2020-01-01"

// Price is a row of the price list that makes the file clean.
type Price struct {
	Abrechnungscode  string
	Tarifkennzeichen string
	Positionsnummer  string
	Text             string
	Cents            p302.Cent
}

// Payer is a row of the payer list: a Kostenträger and one of its card IK.
type Payer struct{ IK, Name, CardIK string }

// Provider is a row of the provider list.
type Provider struct{ IK, Name, Leistungsbereich, Abrechnungscode, Tarifkennzeichen string }

// service is a billable position of the generator's contracts.
type service struct {
	price     Price
	kind      string // Kennzeichen für Hilfsmittel, group A
	vat       p302.Hundertstel
	consumed  bool // consumables with a period, group A
	unit      string
	diagnoses []string
	area      string // Heilmittel-Bereich
	groups    []string
}

// contract is a group key with its services.
type contract struct {
	code, tariff string
	services     []service
}

// contracts returns the contracts of a Sammelgruppe. Numbers and prices are
// placeholders of the right shape, taken from no price list.
func contracts(group byte) []contract {
	switch group {
	case 'A':
		return []contract{{"15", "00000", []service{
			{price: Price{Positionsnummer: "3103030001", Text: "Orthopädische Maßschuhe", Cents: 51240}, kind: "00", vat: 700, unit: "10"},
			{price: Price{Positionsnummer: "2504050012", Text: "Kniebandage", Cents: 6890}, kind: "00", vat: 1900, unit: "12"},
			{price: Price{Positionsnummer: "1846020005", Text: "Standardrollstuhl", Cents: 38900}, kind: "00", unit: "12"},
			{price: Price{Positionsnummer: "1525307012", Text: "Inkontinenzvorlagen", Cents: 43}, kind: "08", consumed: true, unit: "12"},
		}}}
	case 'B':
		return []contract{
			{"22", "00501", []service{
				{price: Price{Positionsnummer: "20501", Text: "Krankengymnastik", Cents: 2985}, area: "1", groups: []string{"WS", "EX"}, diagnoses: []string{"M54.5", "M17.1", "S42.2"}},
				{price: Price{Positionsnummer: "20106", Text: "Klassische Massagetherapie", Cents: 2173}, area: "1", groups: []string{"WS"}, diagnoses: []string{"M54.2", "M62.8"}},
				{price: Price{Positionsnummer: "21201", Text: "Manuelle Therapie", Cents: 3587}, area: "1", groups: []string{"EX"}, diagnoses: []string{"M75.1", "S83.2"}},
				{price: Price{Positionsnummer: "20201", Text: "Manuelle Lymphdrainage", Cents: 5012}, area: "1", groups: []string{"LY"}, diagnoses: []string{"I89.0"}},
			}},
			{"26", "00501", []service{
				{price: Price{Positionsnummer: "54103", Text: "Sensomotorisch-perzeptive Behandlung", Cents: 5720}, area: "4", groups: []string{"EN2"}, diagnoses: []string{"G20.1", "G35.1"}},
				{price: Price{Positionsnummer: "54102", Text: "Motorisch-funktionelle Behandlung", Cents: 4481}, area: "4", groups: []string{"SB2"}, diagnoses: []string{"M19.0", "S62.6"}},
			}},
		}
	case 'E':
		return []contract{{"46", "05123", []service{
			{price: Price{Positionsnummer: "510101", Text: "Grundpauschale Tag", Cents: 850}, vat: 700},
			{price: Price{Positionsnummer: "513001", Text: "Kilometer Tag", Cents: 210}, vat: 700},
		}}}
	}
	return careContracts(group)
}

// careContracts returns the contract of a group of care and other services; nil
// for a letter that is no Sammelgruppe.
func careContracts(group byte) []contract {
	one := func(code string, services ...service) []contract { return []contract{{code, "00000", services}} }
	item := func(number, text string, cents p302.Cent) service {
		return service{price: Price{Positionsnummer: number, Text: text, Cents: cents}}
	}
	switch group {
	case 'C':
		return one("31", item("031101", "Medikamentengabe", 1124), item("031201", "Wegepauschale", 432))
	case 'D':
		return one("32", item("051101", "Haushaltshilfe je Stunde", 2450))
	case 'F':
		return one("50", item("0101", "Beratung der Schwangeren", 1380), item("1800", "Wochenbettbetreuung", 4210))
	case 'G':
		return one("55", item("5500000001", "Dialysesachkosten je Woche", 48500))
	case 'H':
		return one("61", item("604503", "Rehabilitationssport", 575))
	case 'I':
		return one("62", item("604504", "Funktionstraining", 620))
	case 'J':
		return one("65", item("6500000001", "Sonstige Leistung", 3310))
	case 'K':
		return one("66", item("6600000001", "Vorsorgekurs je Einheit", 890))
	case 'L':
		return one("67", item("6700000001", "Mobile Rehabilitation je Tag", 9875))
	case 'M':
		return one("68", item("6800000001", "Komplexleistung Frühförderung", 8733))
	case 'N':
		return one("69", item("6900000001", "Soziotherapie je Einheit", 5140))
	case 'O':
		return one("75", item("0101010101", "Teilversorgung je Tag", 16530))
	case 'P':
		return one("76", item("0101001", "Versorgungsplanung je Monat", 4207))
	case 'Q':
		return one("91", item("0101101", "Pflegesatz je Tag", 8844))
	case 'R':
		return one("A1", item("010101", "Intensivpflege je Stunde", 4321), item("010102", "Bereitschaft je Tag", 250))
	case 'S':
		return one("B1", item("640001", "Modellvorhaben je Tag", 21345))
	}
	return nil
}

// prices returns the price list of a Sammelgruppe.
func prices(group byte) []Price {
	var out []Price
	for _, c := range contracts(group) {
		for _, s := range c.services {
			p := s.price
			p.Abrechnungscode, p.Tarifkennzeichen = c.code, c.tariff
			out = append(out, p)
		}
	}
	return out
}

// providerKind is the IK classification of a Sammelgruppe; 50 stands for all that
// need none of their own here.
func providerKind(group byte) string {
	switch group {
	case 'A':
		return "33"
	case 'B':
		return "44"
	case 'E':
		return "60"
	}
	return "50"
}

// WritePrices writes the price list as CSV.
func (r *Result) WritePrices(w io.Writer) error {
	rows := [][]string{{"abrechnungscode", "tarifkennzeichen", "positionsnummer", "text_de", "price_cents", "valid_from", "valid_to"}}
	for _, p := range r.Prices {
		rows = append(rows, []string{p.Abrechnungscode, p.Tarifkennzeichen, p.Positionsnummer, p.Text, strconv.FormatInt(int64(p.Cents), 10), validFrom, ""})
	}
	return writeCSV(w, rows)
}

// WritePayers writes the payer list as CSV.
func (r *Result) WritePayers(w io.Writer) error {
	rows := [][]string{{"ik", "name", "card_ik", "valid_from", "valid_to"}}
	for _, p := range r.Payers {
		rows = append(rows, []string{p.IK, p.Name, p.CardIK, validFrom, ""})
	}
	return writeCSV(w, rows)
}

// WriteProviders writes the provider list as CSV.
func (r *Result) WriteProviders(w io.Writer) error {
	rows := [][]string{{"ik", "name", "leistungsbereich", "abrechnungscode", "tarifkennzeichen", "valid_from", "valid_to"}}
	for _, p := range r.Providers {
		rows = append(rows, []string{p.IK, p.Name, p.Leistungsbereich, p.Abrechnungscode, p.Tarifkennzeichen, validFrom, ""})
	}
	return writeCSV(w, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return nil
}
