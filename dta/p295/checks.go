package p295

import (
	"slices"

	"klarbeleg/dta"
)

// checkIVK checks the kind of processing (IV-K01, IV-K02) and the partners.
func (r *Reader) checkIVK() {
	k := &r.msg.IVK
	switch Verarbeitung(k.Verarbeitungskennzeichen) {
	case "", Normalfall, Storno: // an absent one is reported as that
	case Korrektur:
		r.elementFault(CodeKorrektur, textKorrektur, 1)
	default:
		r.elementFault(CodeKennzeichen, textKennzeichen, 1)
	}
	other := func(ik, unb string) bool { return validIK(unb) && differ(ik, unb) }
	if other(k.SenderIK, r.unb.AbsenderIK) || other(k.DatenannahmestelleIK, r.unb.EmpfaengerIK) {
		r.warn(CodeElement, textPartner)
	}
}

// differ tells whether two identifiers that are there are not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// elementFault reports a finding about an element of the current segment.
func (r *Reader) elementFault(code, sentence string, element int) {
	e := r.at(NewError(code, sentence), r.ort().Offset)
	e.Element = element
	r.note(e)
}

// place is an element of a segment that was read before.
type place struct {
	tag     string
	ort     Ort
	element int
}

// found reports a finding about a segment that was read before.
func (r *Reader) found(code, sentence string, p place) { r.note(p.error(code, sentence)) }

func (p place) error(code, sentence string) dta.Error {
	e := NewError(code, sentence)
	e.Segment, e.Offset, e.Tag, e.Element = int(p.ort.Segment), p.ort.Offset, p.tag, p.element
	return e
}

// checkContent does the checks of the message as a whole. They need all its
// values: behind a fault of syntax they would only find its consequences.
func (r *Reader) checkContent(kind messageType) {
	if r.torn {
		return
	}
	r.checkContract(kind)
	r.checkDates()
	r.checkSums(kind)
}

// The contracts of iv_nachrichtentyp.csv; the third one is 73c.
const (
	contract73b  = "73b"
	contract140a = "140a"
)

// checkContract checks what depends on the kind of contract (IV-P04, IV-P05).
func (r *Reader) checkContract(kind messageType) {
	inf := &r.msg.INF
	if inf.Vertragsnummer == "" && (kind.contract == contract140a || kind.contract == contract73b) {
		r.found(CodeVertragsnummer, textVertragsnummer, place{"INF", inf.Ort, 4})
	}
	want := "7"
	if kind.contract == contract140a {
		want = "8"
	}
	if inf.ArtDerInanspruchnahme != want {
		p := place{"INF", inf.Ort, 3}.error(CodeInanspruchnahme, textInanspruchnahme)
		p.Component = 2
		r.note(p)
	}
}

// checkDates checks that services lie in their period and nothing in the future
// (IV-P03).
func (r *Reader) checkDates() {
	m := &r.msg
	from, until := m.RGI.ErsterTag, m.RGI.LetzterTag
	if until < from {
		r.found(CodeDatum, textPeriod, place{"RGI", m.RGI.Ort, 1})
	}
	for i := range m.ABR {
		a := &m.ABR[i]
		if a.Datum < from || a.Datum > until {
			r.found(CodeDatum, textOutside, place{"ABR", a.Ort, 11})
		}
		if a.LetzterTag != 0 && a.LetzterTag < a.Datum {
			r.found(CodeDatum, textLastDay, place{"ABR", a.Ort, 13})
		}
		r.notFuture(a.Datum, place{"ABR", a.Ort, 11})
		r.notFuture(a.LetzterTag, place{"ABR", a.Ort, 13})
	}
	for i := range m.DIA {
		r.notFuture(m.DIA[i].Datum, place{"DIA", m.DIA[i].Ort, 1})
	}
	for i := range m.OPS {
		r.notFuture(m.OPS[i].Datum, place{"OPS", m.OPS[i].Ort, 1})
	}
	for i := range m.MND {
		r.notFuture(m.MND[i].Datum, place{"MND", m.MND[i].Ort, 3})
	}
	r.notFuture(m.INV.Geburtsdatum, place{"INV", m.INV.Ort, 3})
	r.notFuture(m.RGI.Rechnungsdatum, place{"RGI", m.RGI.Ort, 5})
}

// notFuture reports a date behind the day of receipt.
func (r *Reader) notFuture(d Datum, p place) {
	today := r.opts.Eingang
	if today == 0 {
		today = r.unb.Datum
	}
	if today != 0 && d > today {
		r.found(CodeDatum, textFuture, p)
	}
}

// checkSums reconciles FKI with the positions and reductions (IV-R01 to IV-R04).
func (r *Reader) checkSums(kind messageType) {
	m, s := &r.msg, r.msg.Summen()
	f := &m.FKI
	value := kind.contract == contract73b || slices.ContainsFunc(m.ABR, func(a ABR) bool { return a.Wert.Vorhanden })
	dialysis := slices.ContainsFunc(m.ABR, func(a ABR) bool { return a.DialyseSachkosten.Vorhanden })
	material := slices.ContainsFunc(m.ABR, func(a ABR) bool { return a.Sachkosten.Vorhanden })
	r.sumNeeded(value, f.Brutto, 1)
	r.sumNeeded(dialysis, f.Dialysesachkosten, 2)
	r.sumNeeded(material, f.Sachkosten, 3)
	if f.Brutto.Vorhanden && f.Brutto.Wert != s.Brutto {
		e := r.fki(1).error(CodeBrutto, textGross)
		if f.Brutto.Wert == s.BruttoMalAnzahl {
			e = warning(r.fki(1).error(CodeBrutto, textGrossTimes))
		}
		r.note(e)
	}
	r.checkParts(&s)
	if value && !f.Brutto.Vorhanden {
		return // reported above; nothing can be said about the rest
	}
	gross := f.Brutto.Wert
	if f.Netto != gross-f.Minderungen.Wert && f.Netto != gross-f.GesetzlicheZuzahlung.Wert-f.VertraglicheZuzahlung.Wert {
		r.found(CodeNetto, textNet, r.fki(7))
	}
}

// fki is an element of FKI.
func (r *Reader) fki(element int) place { return place{"FKI", r.msg.FKI.Ort, element} }

// sumNeeded reports a sum that must be there and is not (IV-R01).
func (r *Reader) sumNeeded(needed bool, sum Opt[Cent], element int) {
	if needed && !sum.Vorhanden {
		r.found(CodeSummeFehlt, textSumMissing, r.fki(element))
	}
}

// checkParts compares FKI-03 to FKI-07 with the sums of their parts (IV-R03).
// Absent sums of reductions stand for 0,00; absent sums of costs are IV-R01.
func (r *Reader) checkParts(s *Summen) {
	f := &r.msg.FKI
	// A reduction of an unknown kind is reported as that; it has no group.
	known := !slices.ContainsFunc(r.msg.MND, func(m MND) bool { return r.t.reduce[m.Art] == "" })
	for _, sum := range []struct {
		element     int
		applies     bool
		given, want Cent
	}{
		{2, f.Dialysesachkosten.Vorhanden, f.Dialysesachkosten.Wert, s.Dialysesachkosten},
		{3, f.Sachkosten.Vorhanden, f.Sachkosten.Wert, s.Sachkosten},
		{4, known, f.GesetzlicheZuzahlung.Wert, s.GesetzlicheZuzahlung},
		{5, known, f.VertraglicheZuzahlung.Wert, s.VertraglicheZuzahlung},
		{6, true, f.Minderungen.Wert, s.Minderungen},
	} {
		if sum.applies && sum.given != sum.want {
			r.found(CodeMinderungen, textReductions, r.fki(sum.element))
		}
	}
}
