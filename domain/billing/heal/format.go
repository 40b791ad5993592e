package heal

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// errFormat says that a value is malformed; Field.Set makes it a FormatError.
var errFormat = errors.New("malformed")

// access is a format and how to read and write a value in it.
type access struct {
	format string
	get    func(Place) string
	set    func(Place, string) error
}

// pattern is a text of the form given.
func pattern(format, expression string, at func(Place) *string) access {
	form := regexp.MustCompile("^(" + expression + ")$")
	return access{format, func(p Place) string { return *at(p) }, func(p Place, v string) error {
		if !form.MatchString(v) {
			return errFormat
		}
		*at(p) = v
		return nil
	}}
}

// text is a text of up to so many characters, not empty and without control
// characters.
func text(limit int, at func(Place) *string) access {
	return access{fmt.Sprintf("Text mit höchstens %d Zeichen", limit), func(p Place) string { return *at(p) }, func(p Place, v string) error {
		if v == "" || utf8.RuneCountInString(v) > limit || !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errFormat
		}
		*at(p) = v
		return nil
	}}
}

// key is one character of those allowed.
func key(format, allowed string, at func(Place) *byte) access {
	return access{format, func(p Place) string { return strings.Trim(string(rune(*at(p))), "\x00") }, func(p Place, v string) error {
		if len(v) != 1 || !strings.Contains(allowed, v) {
			return errFormat
		}
		*at(p) = v[0]
		return nil
	}}
}

func date(at func(Place) *calendar.Date) access {
	get := func(p Place) string {
		if at(p).IsZero() {
			return ""
		}
		return at(p).German()
	}
	return access{"Datum als TT.MM.JJJJ", get, func(p Place, v string) error {
		d, err := parseDate(v)
		if err == nil {
			*at(p) = d
		}
		return err
	}}
}

// parseDate reads TT.MM.JJJJ.
func parseDate(v string) (calendar.Date, error) {
	var y, m, d int
	if len(v) != 10 || v[2] != '.' || v[5] != '.' {
		return 0, errFormat
	}
	for _, part := range []struct {
		text string
		dst  *int
	}{{v[:2], &d}, {v[3:5], &m}, {v[6:], &y}} {
		n, err := strconv.ParseUint(part.text, 10, 16)
		if err != nil {
			return 0, errFormat
		}
		*part.dst = int(n)
	}
	on, ok := calendar.NewDate(y, m, d)
	if !ok {
		return 0, errFormat
	}
	return on, nil
}

// maxAmount is the largest number of a field in hundredths: ten digits before the
// comma, as wide as the widest of the wire.
const maxAmount = 9_999_999_999_99

// parseHundredths reads a number of at most two decimals, such as 1.234,5.
func parseHundredths(v string) (int64, error) {
	whole, decimals, comma := strings.Cut(v, ",")
	if groups := strings.Split(whole, "."); len(groups) > 1 {
		for i, g := range groups {
			if len(g) > 3 || i > 0 && len(g) != 3 {
				return 0, errFormat
			}
		}
		whole = strings.Join(groups, "")
	}
	if comma && (decimals == "" || len(decimals) > 2) {
		return 0, errFormat
	}
	n, err := strconv.ParseUint(whole+(decimals + "00")[:2], 10, 63)
	if err != nil || whole == "" || n > maxAmount {
		return 0, errFormat
	}
	return int64(n), nil
}

const amountFormat = "Betrag in Euro, zum Beispiel 12,34"

func cents(at func(Place) *money.Cents) access {
	return access{amountFormat, func(p Place) string { return at(p).German() }, func(p Place, v string) error {
		n, err := parseHundredths(v)
		if err == nil {
			*at(p) = money.Cents(n)
		}
		return err
	}}
}

func optCents(at func(Place) *billing.OptCents) access {
	get := func(p Place) string {
		if !at(p).Set {
			return ""
		}
		return at(p).Cents.German()
	}
	return access{amountFormat, get, func(p Place, v string) error {
		n, err := parseHundredths(v)
		if err == nil {
			*at(p) = billing.Some(money.Cents(n))
		}
		return err
	}}
}

func hundredths(format string, at func(Place) *money.Hundredths) access {
	return access{format, func(p Place) string { return at(p).German() }, func(p Place, v string) error {
		n, err := parseHundredths(v)
		if err == nil {
			*at(p) = money.Hundredths(n)
		}
		return err
	}}
}

// number is a whole number from 1 to limit.
func number(limit int, at func(Place) *int) access {
	get := func(p Place) string {
		if *at(p) == 0 {
			return ""
		}
		return strconv.Itoa(*at(p))
	}
	return access{fmt.Sprintf("ganze Zahl von 1 bis %d", limit), get, func(p Place, v string) error {
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil || n < 1 || int(n) > limit {
			return errFormat
		}
		*at(p) = int(n)
		return nil
	}}
}

// clock is a time of day in minutes after midnight, below 0 if absent.
func clock(at func(Place) *int16) access {
	get := func(p Place) string {
		if m := *at(p); m >= 0 {
			return fmt.Sprintf("%02d:%02d", m/60, m%60)
		}
		return ""
	}
	return access{"Uhrzeit als HH:MM", get, func(p Place, v string) error {
		if len(v) != 5 || v[2] != ':' {
			return errFormat
		}
		h, err1 := strconv.ParseUint(v[:2], 10, 8)
		m, err2 := strconv.ParseUint(v[3:], 10, 8)
		if err1 != nil || err2 != nil || h > 23 || m > 59 {
			return errFormat
		}
		*at(p) = int16(h*60 + m)
		return nil
	}}
}

// birth is a complete birth date.
func birth(at func(Place) *billing.Birth) access {
	get := func(p Place) string {
		b := at(p)
		if b.Year == 0 {
			return ""
		}
		return fmt.Sprintf("%02d.%02d.%04d", b.Day, b.Month, b.Year)
	}
	return access{"Datum als TT.MM.JJJJ", get, func(p Place, v string) error {
		d, err := parseDate(v)
		if err == nil {
			y, m, day := d.Civil()
			*at(p) = billing.Birth{Year: int16(y), Month: int8(m), Day: int8(day)}
		}
		return err
	}}
}
