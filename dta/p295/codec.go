package p295

import (
	"strconv"

	"klarbeleg/dta"
)

// maxSlots bounds the components of one segment; ABR has 16, the rest is room
// for versions to come.
const maxSlots = 32

// wert is one component of a segment. num holds whole numbers, cents, tenths,
// dates and times; text everything as it is on the wire.
type wert struct {
	text   string
	num    int64
	da     bool
	falsch bool // there was a value, and it violates its type
}

// codec carries values between the elements of a segment and the fields of its
// struct, in one direction or the other. An element that the catalogue of a
// version does not have is left out. Positions are those of the Technische
// Anlage: the tag is 1; component 0 stands for an element that is no composite.
type codec struct {
	spec      *segmentSpec
	werte     [maxSlots]wert
	schreiben bool
	foreign   bool // a field with a value has no element in this version
}

// begin makes room for a segment.
func (c *codec) begin(spec *segmentSpec) {
	c.spec, c.foreign = spec, false
	clear(c.werte[:len(spec.elements)])
}

// at returns the value of an element.
func (c *codec) at(position, component int) (w *wert, ok bool) {
	if slot := c.spec.slot(position, max(component, 1)); slot >= 0 {
		return &c.werte[slot], true
	}
	return &wert{}, false
}

// put sets the value of an element; an empty text leaves it absent.
func (c *codec) put(position, component int, text string) {
	w, ok := c.at(position, component)
	c.foreign = c.foreign || !ok && text != ""
	*w = wert{text: text, da: text != ""}
}

func (c *codec) an(position, component int, p *string) {
	if c.schreiben {
		c.put(position, component, *p)
		return
	}
	w, _ := c.at(position, component)
	*p = w.text
}

func (c *codec) ganz(position, component int, p *int) {
	if c.schreiben {
		c.put(position, component, strconv.Itoa(*p))
		return
	}
	w, _ := c.at(position, component)
	*p = int(w.num)
}

func (c *codec) cent(position, component int, p *Opt[Cent]) {
	if c.schreiben {
		if p.Vorhanden {
			c.put(position, component, decimal(int64(p.Wert), 2))
		}
		return
	}
	w, _ := c.at(position, component)
	*p = Opt[Cent]{Wert: Cent(w.num), Vorhanden: w.da}
}

// centM is an amount that is mandatory.
func (c *codec) centM(position, component int, p *Cent) {
	v := dta.Some(*p)
	c.cent(position, component, &v)
	*p = v.Wert
}

func (c *codec) zehntel(position, component int, p *Opt[Zehntel]) {
	if c.schreiben {
		if p.Vorhanden {
			c.put(position, component, decimal(int64(p.Wert), 1))
		}
		return
	}
	w, _ := c.at(position, component)
	*p = Opt[Zehntel]{Wert: Zehntel(w.num), Vorhanden: w.da}
}

func (c *codec) datum(position, component int, p *Datum) {
	if c.schreiben {
		if *p != 0 {
			c.put(position, component, padded(int64(*p), 8))
		}
		return
	}
	w, _ := c.at(position, component)
	*p = Datum(w.num)
}

// zeit is a time of day that is mandatory: 0000 is midnight.
func (c *codec) zeit(position, component int, p *Uhrzeit) {
	v := dta.Some(*p)
	c.zeitOpt(position, component, &v)
	*p = v.Wert
}

func (c *codec) zeitOpt(position, component int, p *Opt[Uhrzeit]) {
	if c.schreiben {
		if p.Vorhanden {
			c.put(position, component, padded(int64(p.Wert), 4))
		}
		return
	}
	w, _ := c.at(position, component)
	*p = Opt[Uhrzeit]{Wert: Uhrzeit(w.num), Vorhanden: w.da}
}

// padded returns a number with leading zeros; a number that is too long or
// negative stays what it is, and the check of the element refuses it.
func padded(v int64, digits int) string {
	s := strconv.FormatInt(v, 10)
	for len(s) < digits && v >= 0 {
		s = "0" + s
	}
	return s
}

// decimal returns a number of 10^-places with its comma.
func decimal(v int64, places int) string {
	s := padded(v, places+1)
	return s[:len(s)-places] + "," + s[len(s)-places:]
}
