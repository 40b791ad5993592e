package intake

import (
	"github.com/google/uuid"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// checked turns a result into what is stored and sent.
func checked(inv *billing.Invoice, res *checks.Result) *billing.Checked {
	c := &billing.Checked{
		Invoice: inv, Billed: res.Billed, Approved: res.Approved, Corrected: res.Corrected,
		CaseCorrected: make([]money.Cents, len(res.Cases)), CaseIDs: make([]uuid.UUID, len(res.Cases)),
	}
	for i := range res.Cases {
		c.CaseCorrected[i] = res.Cases[i].Corrected
		if res.Cases[i].Corrected > 0 {
			c.CaseIDs[i] = newID()
		}
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		c.Findings = append(c.Findings, billing.Found{
			Rule: f.Rule.ID, Version: f.Rule.Version, Severity: f.Severity.String(), Case: f.Case, Position: f.Position,
			Place: f.Place, Tag: f.Tag, Billed: f.Billed, Corrected: f.Corrected, Params: params(f),
		})
		if f.Corrected > 0 {
			c.Corrections = appendCorrections(c.Corrections, f, res)
		}
	}
	return c
}

// appendCorrections adds the correction of a finding; one that concerns the
// whole invoice is a correction in each of its cases.
func appendCorrections(out []billing.Correction, f *checks.Finding, res *checks.Result) []billing.Correction {
	k := billing.Correction{
		Case: f.Case, Position: f.Position, Place: f.Place, Rule: f.Rule.ID, Version: f.Rule.Version, Title: f.Rule.Title,
		Text: f.Text(), Public: publicText(f), Heal: f.Rule.Heal, Amount: f.Corrected, GrossCut: f.GrossCut, CopayCut: f.CopayCut,
	}
	if f.Case >= 0 {
		// A rule that finds fault with several parts of a case makes one correction of
		// them (INV-7). The corrections of a case stand together.
		for i := len(out) - 1; i >= 0 && out[i].Case == k.Case; i-- {
			if out[i].Rule == k.Rule && out[i].Position == k.Position {
				join(&out[i], &k)
				return out
			}
		}
		k.ID = newID()
		return append(out, k)
	}
	for i := range res.Cases {
		if amount := res.Cases[i].FromInvoice; amount > 0 {
			k.ID, k.Case, k.Position, k.Amount, k.GrossCut, k.CopayCut = newID(), i, -1, amount, amount, 0
			out = append(out, k)
		}
	}
	return out
}

// join adds a correction to one for the same reason.
func join(to, k *billing.Correction) {
	to.Amount, to.GrossCut, to.CopayCut = to.Amount+k.Amount, to.GrossCut+k.GrossCut, to.CopayCut+k.CopayCut
	if k.Text != to.Text {
		to.Text += " " + k.Text
	}
	if k.Public != "" && k.Public != to.Public {
		to.Public += " " + k.Public
	}
}

func params(f *checks.Finding) map[string]string {
	if len(f.Params) == 0 {
		return nil
	}
	m := make(map[string]string, len(f.Params))
	for _, p := range f.Params {
		m[p.Name] = p.Value
	}
	return m
}

// newID returns a time-ordered UUID; it fails only without a random source.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
