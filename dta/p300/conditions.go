package p300

import "slices"

// conditions checks what stages 2 and 3 ask beyond the single element.
func (r *Reader) conditions(spec *segmentSpec) {
	w := &r.werte
	switch spec.id {
	case segREC:
		r.checkREC(spec)
	case segINV:
		r.build.leer = !w[0].da
	case segNAD:
		if r.build.leer && (!w[0].da || !w[1].da) {
			r.fault(CodeVersicherter, textVersichert)
		}
	case segZUP:
		r.checkZUP(spec)
	case segEFP:
		r.checkEFP(spec)
	case segNPB:
		r.checkNPB(spec)
	case segSRD:
		if w[1].da && !slices.Contains(tarifbereiche, w[1].text[:2]) {
			r.slotFault(CodeSchluessel, textTarif, spec, 1)
		}
	case segZDR:
		if w[2].da && !ValidTransaktionsnummer(w[2].text) {
			r.slotFault(CodeSchluessel, textTransaktion, spec, 2)
		}
	case segZDP:
		r.checkZDP(spec)
	case segSER:
		if r.build.recp.REC.InlandAusland == ausland && !w[8].da {
			r.slotFault(CodeSyntax, textUSt, spec, 8)
		}
	default: // nothing beyond the elements
	}
}

// checkNPB checks that a key occurs once per position; the segment at hand is
// the last in the list.
func (r *Reader) checkNPB(spec *segmentSpec) {
	npb, key := r.build.position().NPB, &r.werte[0]
	if key.da && slices.ContainsFunc(npb[:len(npb)-1], func(n NPB) bool { return n.ZuAbschlag == key.text }) {
		r.slotFault(CodeSyntax, textNPB, spec, 0)
	}
}

// ausland is REC-08 of a foreign pharmacy.
const ausland = "2"

// tarifbereiche are the first two digits of SRD-02.2 (TA3 8.2.14). It is never
// written.
var tarifbereiche = []string{
	"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16",
	"17", "18", "19", "20", "21", "23", "24", "90", "99",
}

// Slots of ZUP; E-Rezept and dentist are keys of ZUP-13 and ZUP-10.
const (
	zupBegruendung = 8
	zupIrrlaeufer  = 10
	zupArzt        = 23
	zupZahnarzt    = 24
)

// checkZUP checks Irrläufer, prescriber and the Rezept-ID of an E-Rezept; INV
// comes before ZUP.
func (r *Reader) checkZUP(spec *segmentSpec) {
	w := &r.werte
	if r.msg.IK() == IrrlaeuferIK && !w[zupIrrlaeufer].da {
		r.slotFault(CodeIrrlaeufer, textIrrlaeufer, spec, zupIrrlaeufer)
	}
	dentist := w[zupBegruendung].text == "1"
	if !dentist && !isArztnummer(w[zupArzt].text) {
		r.slotFault(CodeSyntax, textArzt, spec, zupArzt)
	}
	if dentist && !w[zupZahnarzt].da {
		r.slotFault(CodeSyntax, textZahnarzt, spec, zupZahnarzt)
	}
	v := r.build.verordnung()
	if v == nil {
		return
	}
	id := v.INV.RezeptID
	switch {
	case id != "" && !ValidRezeptID(id):
		e := place(NewError(CodeRezeptID, textRezeptID), v.INV.Ort, "INV", 6)
		r.note(e.WithValue(id))
	case id == "" && v.IstERezept():
		r.note(place(NewError(CodeERezept, textERezept), v.INV.Ort, "INV", 6))
	}
}

// isArztnummer tells whether s has digits and blanks only, and any at all.
func isArztnummer(s string) bool {
	for i := range len(s) {
		if s[i] != ' ' && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}

// Slots of EFP.
const (
	efpKennzeichen = 0
	efpTyp         = 3
	efpImport      = 5
	efpOriginal    = 6
	efpZuzahlung   = 13
)

// checkEFP checks numbers, import and the co-payment of an E-Rezept.
func (r *Reader) checkEFP(spec *segmentSpec) {
	w := &r.werte
	if number10 := w[efpKennzeichen]; number10.da {
		_, digits := number(number10.text, 10, 10)
		switch typ := w[efpTyp].text; {
		case (typ == "2" || typ == "3") && !ValidPZN(number10.text):
			r.slotFault(CodePZN, textPZN, spec, efpKennzeichen)
		case typ == "1" && !digits:
			r.slotFault(CodeSchluessel, textHilfsmittel, spec, efpKennzeichen)
		}
	}
	imported := w[efpImport].text == "1" || w[efpImport].text == "2"
	if original := w[efpOriginal]; imported != original.da || original.da && !ValidPZN(original.text) {
		r.slotFault(CodeImport, textImport, spec, efpOriginal)
	}
	if v := r.build.verordnung(); v != nil && v.IstERezept() && !w[efpZuzahlung].da {
		r.slotFault(CodeERezept, textERezeptZuz, spec, efpZuzahlung)
	}
}

// sixDecimalsFrom is the first day of dispensing for which ZDP-04 must have six
// decimals.
const sixDecimalsFrom = 20220701

// checkZDP checks the number, the factor and the discard mark of a component.
func (r *Reader) checkZDP(spec *segmentSpec) {
	w := &r.werte
	if w[0].da && !ValidPZN(w[0].text) {
		r.slotFault(CodeSchluessel, textZDPPZN, spec, 0)
	}
	if v := r.build.verordnung(); v != nil && w[2].da && v.ZUP.Abgabedatum >= sixDecimalsFrom {
		n := len(w[2].text)
		if n < 7 || w[2].text[n-7] != ',' {
			r.slotFault(CodeFaktor, textFaktor, spec, 2)
		}
	}
	if w[1].text == "99" && !w[5].da {
		r.slotFault(CodeSyntax, textVerwurf, spec, 5)
	}
}
