package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"klarbeleg/domain/billing"
	"klarbeleg/dta/p300"
	"klarbeleg/store"
)

// maxDifferences bounds the differences kept of one Rechnungsnummer.
const maxDifferences = 50

// ERezept keeps a prescription of a TA7 file for the comparison.
func (t *intakeTx) ERezept(ctx context.Context, e *billing.ERezept) error {
	if t.erezepte == nil {
		t.erezepte = store.NewERezeptWriter(t.delivery.ID)
	}
	return t.erezepte.Add(ctx, t.tx, t.sender, e)
}

// PharmacyFile reconciles the Rechnungsnummern of the file with all that is known
// of them (DTA-3; APO-R07, APO-R08, APO-A01).
func (t *intakeTx) PharmacyFile(ctx context.Context, f *billing.PharmacyFile) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	if t.erezepte != nil {
		if err := t.erezepte.Flush(ctx, t.tx); err != nil {
			return err
		}
	}
	sums, err := store.AddPharmacyFile(ctx, t.tx, t.delivery.ID, t.sender, f)
	if err != nil {
		return err
	}
	all := p300.NewAbgleich()
	for _, raw := range sums {
		var a p300.Abgleich
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("read sums: %w", err)
		}
		all.Merge(&a)
	}
	known := map[string]store.PharmacyInvoice{}
	for _, s := range all.Staende() {
		known[s.Rechnungsnummer] = pharmacyInvoice(t.sender, &s)
	}
	for _, number := range f.Invoices {
		p, ok := known[number]
		if !ok { // of a Sammelabrechnung over all payers, or of TA7 alone
			p = store.PharmacyInvoice{Sender: t.sender, Number: number, State: billing.ReconcileIncomplete}
		}
		if err := store.SetPharmacyInvoice(ctx, t.tx, &p, t.now); err != nil {
			return err
		}
	}
	return nil
}

// pharmacyInvoice decides the state of a Rechnungsnummer. Sums per pharmacy and
// status only warn. Where the amount to be paid is not the net of the prescriptions,
// a person has to look.
func pharmacyInvoice(sender string, s *p300.Stand) store.PharmacyInvoice {
	p := store.PharmacyInvoice{Sender: sender, Number: s.Rechnungsnummer, State: billing.ReconcileIncomplete}
	if !s.Vollstaendig {
		return p
	}
	p.State = billing.Reconciled
	note := func(code, text string) {
		if code != p300.CodeAbgleich {
			p.State = billing.ReconcileDiffers
		}
		if len(p.Differences) < maxDifferences {
			p.Differences = append(p.Differences, store.Difference{Code: code, Text: text})
		}
	}
	for i := range s.Errors {
		note(s.Errors[i].Code, s.Errors[i].Text())
	}
	if s.Zahlbetrag != s.Netto {
		note(p300.CodeRechnung, "Der Zahlbetrag der Rechnung ist nicht das Netto der Verordnungen.")
	}
	return p
}

// correctionOrder accepts a correction file KOx or FKx only if its original was
// rejected and it follows the last one (spec/dta-300 section 8).
func (t *intakeTx) correctionOrder(ctx context.Context, h *billing.Header) ([]Finding, error) {
	name, ok := p300.ParseDateiname(h.Reference)
	if !ok {
		name, ok = p300.ParseDateinameTA7(h.Reference)
	}
	if !ok || name.Korrektur() == 0 {
		return nil, nil // a name that cannot be read is APO-D06
	}
	family := []string{name.Original().String()}
	for n := 1; n < name.Korrektur(); n++ {
		other := name
		other.Dateiart = name.Dateiart[:2] + strconv.Itoa(n)
		family = append(family, other.String())
	}
	states, err := store.ReferenceStates(ctx, t.tx, h, family)
	if err != nil {
		return nil, err
	}
	reason := ""
	for _, f := range family {
		switch state := states[f]; {
		case state == billing.DeliveryAccepted || state == billing.DeliveryPartlyRejected:
			reason = "Die Datei " + f + " wurde angenommen; eine Korrekturdatei ersetzt sie nicht."
		case state == "" && f == family[len(family)-1] && reason == "":
			reason = "Zur Korrekturdatei fehlt die vorhergehende Datei " + f + "."
		}
	}
	if reason == "" {
		return nil, nil
	}
	f := t.rule("APO-D07", map[string]string{"grund": reason})
	f.Segment, f.Offset = int(h.Segment), h.Offset
	return []Finding{f}, nil
}
