package p300

// build collects the typed content of one message. Lists of the same type share
// an arena that is used again by the next message: a list is the arena's end
// while it grows, and what an arena leaves behind when it moves stays valid.
type build struct {
	abrp ABRP
	recp RECP
	leer bool // INV-02 of the open prescription is empty

	kkz          []KKZ
	positionen   []Position
	npb          []NPB
	herstellung  []Herstellung
	zdp          []ZDP
	zdb          []ZDB
	status       []Statussumme
	npr          []NPR
	sga          []SGA
	sgb          []SGB
	seu          []SEU
	offeneStatus *[]Statussumme // of RES or the last RFP
	offeneSteuer *Steuern       // of the last SER, SRR or SSA
}

func (b *build) startABRP() *ABRP {
	b.kkz, b.positionen, b.npb = b.kkz[:0], b.positionen[:0], b.npb[:0]
	b.herstellung, b.zdp, b.zdb = b.herstellung[:0], b.zdp[:0], b.zdb[:0]
	b.abrp = ABRP{Verordnungen: b.abrp.Verordnungen[:0]}
	return &b.abrp
}

func (b *build) startRECP() *RECP {
	b.status, b.npr = b.status[:0], b.npr[:0]
	b.sga, b.sgb, b.seu = b.sga[:0], b.sgb[:0], b.seu[:0]
	b.offeneStatus, b.offeneSteuer = nil, nil
	b.recp = RECP{Apotheken: b.recp.Apotheken[:0], IMP: b.recp.IMP[:0], Einzelrechnungen: b.recp.Einzelrechnungen[:0]}
	return &b.recp
}

// grow appends one element to an arena and to the list at its end.
func grow[T any](arena, list *[]T) *T {
	from := len(*arena) - len(*list)
	var zero T
	*arena = append(*arena, zero)
	end := len(*arena)
	*list = (*arena)[from:end:end]
	return &(*arena)[end-1]
}

func last[T any](list []T) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}

// extend appends one element to a list of its own.
func extend[T any](list *[]T) *T {
	var zero T
	*list = append(*list, zero)
	return last(*list)
}

// verordnung returns the open prescription, nil if there is none.
func (b *build) verordnung() *Verordnung { return last(b.abrp.Verordnungen) }

// position returns the open position; the grammar has one wherever it is asked.
func (b *build) position() *Position { return last(b.verordnung().Positionen) }

// take takes a segment over that the grammar has accepted at row n.
func (b *build) take(seg segID, n int, w []wert, ort Ort) {
	switch seg {
	case segREC:
		b.abrp.REC.lesen(w, ort)
		b.recp.REC = b.abrp.REC
	case segRES, segRFP, segGEP, segNPR, segIMP:
		b.takeSummen(seg, w, ort)
	case segSER, segSRR, segSSA, segSGA, segSGB, segSEU:
		b.takeRechnung(seg, w, ort)
	case segINV:
		extend(&b.abrp.Verordnungen).INV.lesen(w, ort)
	default:
		if structureABRP[n].seg == seg && b.verordnung() != nil {
			b.takeVerordnung(seg, w, ort)
		}
	}
}

func (b *build) takeVerordnung(seg segID, w []wert, ort Ort) {
	v := b.verordnung()
	switch seg {
	case segNAD:
		v.NAD.lesen(w, ort)
	case segZUP:
		v.ZUP.lesen(w, ort)
	case segKKZ:
		grow(&b.kkz, &v.KKZ).lesen(w, ort)
	case segEFP:
		grow(&b.positionen, &v.Positionen).EFP.lesen(w, ort)
	case segNPB:
		grow(&b.npb, &b.position().NPB).lesen(w, ort)
	case segSRD:
		p := b.position()
		p.SRD.Vorhanden = true
		p.SRD.Wert.lesen(w, ort)
	case segSKZ:
		p := b.position()
		p.SKZ.Vorhanden = true
		p.SKZ.Wert.lesen(w, ort)
	case segBES:
		v.BES.lesen(w, ort)
	case segZDR:
		v.ZDR.Vorhanden = true
		v.ZDR.Wert.lesen(w, ort)
	case segZDC:
		grow(&b.herstellung, &v.Herstellungen).ZDC.lesen(w, ort)
	case segZDP:
		grow(&b.zdp, &last(v.Herstellungen).ZDP).lesen(w, ort)
	case segZDB:
		grow(&b.zdb, &last(v.Herstellungen).ZDB).lesen(w, ort)
	default: // of a RECP
	}
}

func (b *build) takeSummen(seg segID, w []wert, ort Ort) {
	switch seg {
	case segRES:
		b.recp.RES.lesen(w, ort)
		b.offeneStatus = &b.recp.Status
	case segRFP:
		a := extend(&b.recp.Apotheken)
		a.RFP.lesen(w, ort)
		b.offeneStatus = &a.Status
	case segGEP:
		if b.offeneStatus != nil {
			grow(&b.status, b.offeneStatus).GEP.lesen(w, ort)
		}
	case segNPR:
		if b.offeneStatus != nil && len(*b.offeneStatus) > 0 {
			grow(&b.npr, &last(*b.offeneStatus).NPR).lesen(w, ort)
		}
	case segIMP:
		extend(&b.recp.IMP).lesen(w, ort)
	default: // takeRechnung
	}
}

func (b *build) takeRechnung(seg segID, w []wert, ort Ort) {
	switch seg {
	case segSER:
		e := extend(&b.recp.Einzelrechnungen)
		e.SER.lesen(w, ort)
		b.offeneSteuer = &e.Steuern
	case segSRR:
		b.recp.Rechenzentrum.Vorhanden = true
		b.recp.Rechenzentrum.Wert.SRR.lesen(w, ort)
		b.offeneSteuer = &b.recp.Rechenzentrum.Wert.Steuern
	case segSSA:
		b.recp.Sammel.SSA.lesen(w, ort)
		b.offeneSteuer = &b.recp.Sammel.Steuern
	default: // below
	}
	s := b.offeneSteuer
	if s == nil {
		return
	}
	switch seg {
	case segSGA:
		grow(&b.sga, &s.SGA).lesen(w, ort)
	case segSGB:
		grow(&b.sgb, &s.SGB).lesen(w, ort)
	case segSEU:
		grow(&b.seu, &s.SEU).lesen(w, ort)
	default: // above
	}
}
