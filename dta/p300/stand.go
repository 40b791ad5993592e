package p300

import (
	"encoding/json"
	"maps"
	"slices"

	"klarbeleg/dta"
)

// Stand is what an Abgleich knows of one Rechnungsnummer.
type Stand struct {
	Rechnungsnummer string
	// Vollstaendig tells that prescriptions and invoice are there.
	Vollstaendig bool
	// Netto is RES-05, Zahlbetrag RES-07: they differ where amounts beside the
	// prescriptions are settled.
	Netto, Zahlbetrag Cent
	// Errors are the differences; empty while one side is missing.
	Errors []dta.Error
}

// Staende returns the state of every Rechnungsnummer, in their order.
func (a *Abgleich) Staende() []Stand {
	var all []Stand
	for _, nummer := range slices.Sorted(maps.Keys(a.rechnungen)) {
		r := a.rechnungen[nummer]
		s := Stand{Rechnungsnummer: nummer, Vollstaendig: r.hasABRP && r.hasRECP, Netto: r.res.netto, Zahlbetrag: r.zahlbetrag}
		if s.Vollstaendig {
			r.vergleiche(func(e dta.Error) {
				if len(s.Errors) < dta.DefaultMaxErrors {
					s.Errors = append(s.Errors, e)
				}
			})
		}
		all = append(all, s)
	}
	return all
}

// Merge adds what another Abgleich has taken: the files of a delivery may be read
// at different times.
func (a *Abgleich) Merge(b *Abgleich) {
	for nummer, other := range b.rechnungen {
		r := a.rechnung(nummer)
		if r == nil {
			return
		}
		r.hasABRP, r.hasRECP = r.hasABRP || other.hasABRP, r.hasRECP || other.hasRECP
		r.abrp.add(other.abrp)
		r.res.add(other.res)
		r.npb, r.zdb, r.zahlbetrag = r.npb+other.npb, r.zdb+other.zdb, r.zahlbetrag+other.zahlbetrag
		if other.hasRECP {
			r.resOrt = other.resOrt
		}
		for key, v := range other.status {
			if s := a.status(r, key); s != nil {
				s.abrp.add(v.abrp)
				s.recp.add(v.recp)
				if v.ort != (Ort{}) {
					s.ort = v.ort
				}
			}
		}
	}
	a.art6.add(b.art6)
	a.art7.add(b.art7)
	a.zuViele = a.zuViele || b.zuViele
	if b.has6 {
		a.has6, a.ort6 = true, b.ort6
	}
}

// The JSON form keeps the sums of a file until the others of its delivery come.
type (
	abgleichJSON struct {
		Rechnungen  map[string]rechnungJSON `json:"rechnungen"`
		Art6, Art7  betraege                `json:",omitzero"`
		Has6        bool                    `json:"has6,omitzero"`
		Ort6        Ort                     `json:"ort6,omitzero"`
		Unvollendet bool                    `json:"zu_viele,omitzero"`
	}
	rechnungJSON struct {
		HasABRP    bool         `json:"abrp,omitzero"`
		HasRECP    bool         `json:"recp,omitzero"`
		ABRP       betraege     `json:"sums,omitzero"`
		NPB        Cent         `json:"npb,omitzero"`
		ZDB        Cent         `json:"zdb,omitzero"`
		RES        betraege     `json:"res,omitzero"`
		Zahlbetrag Cent         `json:"zahlbetrag,omitzero"`
		Ort        Ort          `json:"ort,omitzero"`
		Status     []statusJSON `json:"status,omitempty"`
	}
	statusJSON struct {
		Apotheke   string   `json:"apotheke"`
		Irrlaeufer bool     `json:"irrlaeufer,omitzero"`
		Status     string   `json:"status"`
		ABRP       betraege `json:"abrp,omitzero"`
		RECP       betraege `json:"recp,omitzero"`
		Ort        Ort      `json:"ort,omitzero"`
	}
)

// MarshalJSON writes brutto, rabatte, zuzahlung, netto, eigenbeteiligung and the
// number of prescriptions.
func (b betraege) MarshalJSON() ([]byte, error) {
	return json.Marshal([6]int64{
		int64(b.brutto), int64(b.rabatte), int64(b.zuzahlung), int64(b.netto), int64(b.eigenbeteiligung), b.verordnungen,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (b *betraege) UnmarshalJSON(raw []byte) error {
	var v [6]int64
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*b = betraege{Cent(v[0]), Cent(v[1]), Cent(v[2]), Cent(v[3]), Cent(v[4]), v[5]}
	return nil
}

// MarshalJSON writes the sums, to be merged later. They name pharmacies and
// invoices, no insured person.
func (a *Abgleich) MarshalJSON() ([]byte, error) {
	out := abgleichJSON{
		Rechnungen: make(map[string]rechnungJSON, len(a.rechnungen)), Art6: a.art6, Art7: a.art7, Has6: a.has6, Ort6: a.ort6, Unvollendet: a.zuViele,
	}
	for nummer, r := range a.rechnungen {
		j := rechnungJSON{
			HasABRP: r.hasABRP, HasRECP: r.hasRECP, ABRP: r.abrp, NPB: r.npb, ZDB: r.zdb, RES: r.res, Zahlbetrag: r.zahlbetrag, Ort: r.resOrt,
		}
		for _, key := range r.keys() {
			s := r.status[key]
			j.Status = append(j.Status, statusJSON{key.apotheke, key.irrlaeufer, key.status, s.abrp, s.recp, s.ort})
		}
		out.Rechnungen[nummer] = j
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Abgleich) UnmarshalJSON(raw []byte) error {
	var in abgleichJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	*a = *NewAbgleich()
	a.art6, a.art7, a.has6, a.ort6, a.zuViele = in.Art6, in.Art7, in.Has6, in.Ort6, in.Unvollendet
	for nummer, j := range in.Rechnungen {
		r := a.rechnung(nummer)
		if r == nil {
			return nil
		}
		r.hasABRP, r.hasRECP, r.abrp, r.npb, r.zdb = j.HasABRP, j.HasRECP, j.ABRP, j.NPB, j.ZDB
		r.res, r.zahlbetrag, r.resOrt = j.RES, j.Zahlbetrag, j.Ort
		for _, s := range j.Status {
			if v := a.status(r, statusKey{s.Apotheke, s.Irrlaeufer, s.Status}); v != nil {
				*v = statusVergleich{s.ABRP, s.RECP, s.Ort}
			}
		}
	}
	return nil
}
