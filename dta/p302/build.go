package p302

// from remembers where the parts of a case begin in the flat lists of build.
type from struct{ groups, positions, zuh, meh, dia int32 }

// build collects the typed content of one SLLA. Positions of all cases lie in
// flat lists that are reused, so that reading allocates next to nothing; the
// cases get their parts of the lists when the message is complete.
type build struct {
	doc     SLLA
	from    []from // of every case
	inGroup []int32
	a       []PositionA
	b       []PositionB
	e       []PositionE
	gruppen []GruppeA
	fahrten []FahrtE
	zuh     []ZUH
	zuk     []ZUK
	meh     []MEH
	dia     []DIA
}

func (b *build) reset() {
	d := &b.doc
	*d = SLLA{FaelleA: d.FaelleA[:0], FaelleB: d.FaelleB[:0], FaelleE: d.FaelleE[:0]}
	b.from, b.inGroup = b.from[:0], b.inGroup[:0]
	b.a, b.b, b.e = b.a[:0], b.b[:0], b.e[:0]
	b.gruppen, b.fahrten = b.gruppen[:0], b.fahrten[:0]
	b.zuh, b.zuk, b.meh, b.dia = b.zuh[:0], b.zuk[:0], b.meh[:0], b.dia[:0]
}

// extend appends a zero value and returns its place.
func extend[T any](s *[]T) *T {
	var zero T
	*s = append(*s, zero)
	return &(*s)[len(*s)-1]
}

// last returns the last element; nil where a fault left none.
func last[T any](s []T) *T {
	if len(s) == 0 {
		return nil
	}
	return &s[len(s)-1]
}

// openCase starts a case with the INV segment.
func (b *build) openCase(group byte, w []wert, ort Ort) {
	b.from = append(b.from, from{
		groups:    int32(len(b.gruppen) + len(b.fahrten)),
		positions: int32(len(b.a) + len(b.b) + len(b.e)),
		zuh:       int32(len(b.zuh) + len(b.zuk)),
		meh:       int32(len(b.meh)),
		dia:       int32(len(b.dia)),
	})
	switch group {
	case 'A':
		extend(&b.doc.FaelleA).INV.lesen(w, ort)
	case 'B':
		extend(&b.doc.FaelleB).INV.lesen(w, ort)
	case 'E':
		extend(&b.doc.FaelleE).INV.lesen(w, ort)
	}
}

// kopf returns the head of the open case; nil where a fault left none.
func (b *build) kopf(group byte) *Kopf {
	switch group {
	case 'A':
		if f := last(b.doc.FaelleA); f != nil {
			return &f.Kopf
		}
	case 'B':
		if f := last(b.doc.FaelleB); f != nil {
			return &f.Kopf
		}
	case 'E':
		if f := last(b.doc.FaelleE); f != nil {
			return &f.Kopf
		}
	}
	return nil
}

// take adds a checked segment of an SLLA. Segments without their case or group
// are dropped: their message is rejected already.
func (b *build) take(group byte, seg segID, w []wert, ort Ort) {
	switch seg {
	case segFKT:
		b.doc.FKT.lesen(w, ort)
		return
	case segREC:
		b.doc.REC.lesen(w, ort)
		return
	case segINV:
		b.openCase(group, w, ort)
		return
	case segURI, segNAD, segIMG, segEVO:
		if k := b.kopf(group); k != nil {
			k.take(seg, w, ort)
		}
		return
	}
	switch group {
	case 'A':
		if f := last(b.doc.FaelleA); f != nil {
			b.takeA(f, seg, w, ort)
		}
	case 'B':
		if f := last(b.doc.FaelleB); f != nil {
			b.takeB(f, seg, w, ort)
		}
	case 'E':
		if f := last(b.doc.FaelleE); f != nil {
			b.takeE(f, seg, w, ort)
		}
	}
}

func (k *Kopf) take(seg segID, w []wert, ort Ort) {
	switch seg {
	case segURI:
		k.URI.Vorhanden = true
		k.URI.Wert.lesen(w, ort)
	case segNAD:
		k.NAD.lesen(w, ort)
	case segIMG:
		k.IMG.Vorhanden = true
		k.IMG.Wert.lesen(w, ort)
	case segEVO:
		k.EVO.Vorhanden = true
		k.EVO.Wert.lesen(w, ort)
	}
}

func (b *build) takeA(f *FallA, seg segID, w []wert, ort Ort) {
	switch seg {
	case segHIL:
		b.inGroup = append(b.inGroup, int32(len(b.a)))
		extend(&b.gruppen).HIL.lesen(w, ort)
	case segEHI:
		extend(&b.a).EHI.lesen(w, ort)
	case segTXT, segMWS:
		if p := last(b.a); p != nil {
			takeTail(&p.TXT, &p.MWS, seg, w, ort)
		}
	case segZUH:
		extend(&b.zuh).lesen(w, ort)
	case segMEH:
		extend(&b.meh).lesen(w, ort)
	case segZHI:
		f.ZHI.lesen(w, ort)
	case segDIA:
		extend(&b.dia).lesen(w, ort)
	case segSKZ:
		f.SKZ.Vorhanden = true
		f.SKZ.Wert.lesen(w, ort)
	case segBES:
		f.BES.lesen(w, ort)
	}
}

func (b *build) takeB(f *FallB, seg segID, w []wert, ort Ort) {
	switch seg {
	case segEHE:
		extend(&b.b).EHE.lesen(w, ort)
	case segTXT, segMWS:
		if p := last(b.b); p != nil {
			takeTail(&p.TXT, &p.MWS, seg, w, ort)
		}
	case segZHE:
		f.ZHE.lesen(w, ort)
	case segDIA:
		extend(&b.dia).lesen(w, ort)
	case segSKZ:
		f.SKZ.Vorhanden = true
		f.SKZ.Wert.lesen(w, ort)
	case segBES:
		f.BES.Vorhanden = true
		f.BES.Wert.lesen(w, ort)
	case segGZF:
		f.GZF.Vorhanden = true
		f.GZF.Wert.lesen(w, ort)
	}
}

func (b *build) takeE(f *FallE, seg segID, w []wert, ort Ort) {
	switch seg {
	case segKTL:
		b.inGroup = append(b.inGroup, int32(len(b.e)))
		extend(&b.fahrten).KTL.lesen(w, ort)
	case segEKT:
		extend(&b.e).EKT.lesen(w, ort)
	case segTXT, segMWS:
		if p := last(b.e); p != nil {
			takeTail(&p.TXT, &p.MWS, seg, w, ort)
		}
	case segZUK:
		extend(&b.zuk).lesen(w, ort)
	case segZKT:
		f.ZKT.lesen(w, ort)
	case segSKZ:
		f.SKZ.Vorhanden = true
		f.SKZ.Wert.lesen(w, ort)
	case segBES:
		f.BES.lesen(w, ort)
	}
}

// takeTail adds what may follow a position.
func takeTail(txt *Opt[TXT], mws *Opt[MWS], seg segID, w []wert, ort Ort) {
	if seg == segTXT {
		txt.Vorhanden = true
		txt.Wert.lesen(w, ort)
		return
	}
	mws.Vorhanden = true
	mws.Wert.lesen(w, ort)
}

// finish hands the parts of the flat lists to their cases and groups.
func (b *build) finish(group byte) *SLLA {
	d := &b.doc
	switch group {
	case 'A':
		for i := range b.gruppen {
			b.gruppen[i].Positionen = part(b.a, b.inGroup, i)
		}
		for i := range d.FaelleA {
			f, lo, hi := &d.FaelleA[i], b.from[i], b.until(i)
			f.Gruppen = b.gruppen[lo.groups:hi.groups:hi.groups]
			f.ZUH = b.zuh[lo.zuh:hi.zuh:hi.zuh]
			f.MEH = b.meh[lo.meh:hi.meh:hi.meh]
			f.DIA = b.dia[lo.dia:hi.dia:hi.dia]
		}
	case 'B':
		for i := range d.FaelleB {
			f, lo, hi := &d.FaelleB[i], b.from[i], b.until(i)
			f.Positionen = b.b[lo.positions:hi.positions:hi.positions]
			f.DIA = b.dia[lo.dia:hi.dia:hi.dia]
		}
	case 'E':
		for i := range b.fahrten {
			b.fahrten[i].Positionen = part(b.e, b.inGroup, i)
		}
		for i := range d.FaelleE {
			f, lo, hi := &d.FaelleE[i], b.from[i], b.until(i)
			f.Fahrten = b.fahrten[lo.groups:hi.groups:hi.groups]
			f.ZUK = b.zuk[lo.zuh:hi.zuh:hi.zuh]
		}
	}
	return d
}

// until returns where the parts of case i end.
func (b *build) until(i int) from {
	if i+1 < len(b.from) {
		return b.from[i+1]
	}
	return from{
		groups:    int32(len(b.gruppen) + len(b.fahrten)),
		positions: int32(len(b.a) + len(b.b) + len(b.e)),
		zuh:       int32(len(b.zuh) + len(b.zuk)),
		meh:       int32(len(b.meh)),
		dia:       int32(len(b.dia)),
	}
}

// part returns the i-th part of a flat list.
func part[T any](list []T, starts []int32, i int) []T {
	hi := int32(len(list))
	if i+1 < len(starts) {
		hi = starts[i+1]
	}
	return list[starts[i]:hi:hi]
}
