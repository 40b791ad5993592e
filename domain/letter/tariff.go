// Package letter knows what an electronic doctor's letter (eArztbrief) is paid
// (CRD-17, spec/cards "eArztbrief tariff"). The amounts and dates are the table's,
// not the code's. No I/O.
package letter

import (
	_ "embed" // the tariff
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

//go:embed tariff.csv
var table string

// Rate is the flat rate of one letter for a period.
type Rate struct {
	From, To calendar.Date // To is 0 while open
	// Sender and Recipient share the flat rate.
	Sender, Recipient money.Cents
	// Telematics says that only letters sent by a communication service of the
	// telematics infrastructure are paid.
	Telematics bool
}

// Tariff is the table of rates.
type Tariff struct{ rates []Rate }

// NewTariff returns the tariff in force; an error is a fault of the table.
func NewTariff() (*Tariff, error) { return parse(table) }

func parse(text string) (*Tariff, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("letter: tariff: %w", err)
	}
	t := &Tariff{}
	for i, row := range rows[1:] {
		r, err := parseRate(row)
		if err != nil {
			return nil, fmt.Errorf("letter: tariff line %d: %w", i+2, err)
		}
		t.rates = append(t.rates, r)
	}
	return t, nil
}

func parseRate(row []string) (r Rate, err error) {
	if r.From, err = calendar.ParseDate(row[0]); err != nil {
		return r, err
	}
	if row[1] != "" {
		if r.To, err = calendar.ParseDate(row[1]); err != nil {
			return r, err
		}
	}
	sender, err := strconv.ParseInt(row[2], 10, 64)
	if err != nil {
		return r, err
	}
	recipient, err := strconv.ParseInt(row[3], 10, 64)
	if err != nil {
		return r, err
	}
	r.Sender, r.Recipient, r.Telematics = money.Cents(sender), money.Cents(recipient), row[4] == "telematics"
	return r, nil
}

// Letter is one letter to be paid.
type Letter struct {
	On calendar.Date
	// Signed says that it carries a qualified electronic signature, Telematics that it
	// was sent by a communication service of the telematics infrastructure.
	Signed, Telematics bool
}

// Pay returns what sender and recipient get; reason says in German why it is
// nothing.
func (t *Tariff) Pay(l Letter) (sender, recipient money.Cents, reason string) {
	if !l.Signed {
		return 0, 0, "Ohne qualifizierte elektronische Signatur wird ein eArztbrief nicht vergütet."
	}
	for _, r := range t.rates {
		if l.On < r.From || (r.To != 0 && l.On > r.To) {
			continue
		}
		if r.Telematics && !l.Telematics {
			return 0, 0, "Vergütet wird nur der Versand mit einem Kommunikationsdienst der Telematikinfrastruktur."
		}
		return r.Sender, r.Recipient, ""
	}
	return 0, 0, "Für diesen Tag ist keine Vergütung vereinbart."
}
