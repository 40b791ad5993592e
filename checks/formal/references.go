package formal

import (
	"slices"
	"strconv"
	"strings"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func referenceRules() []checks.Binding {
	const ofCase, needs = checks.ScopeCase, checks.NeedTables
	return []checks.Binding{
		{ID: "P3004", Turn: checks.TurnInvoice, Scope: checks.ScopeInvoice, Unless: []string{"P3001"}, Check: providerKind},
		{ID: "P3013", Turn: checks.TurnCase, Scope: ofCase, Needs: needs, Unless: []string{"P3012"}, Check: diagnosisKnown},
		{
			ID: "P3017", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Needs: needs,
			Unless: []string{"P3016"}, Check: aidKnown,
		},
	}
}

// P3004: the provider has no IK of an insurer. Which other kinds fit which group is
// not laid down.
func providerKind(x *checks.Context) checks.Outcome {
	if !slices.Contains(x.Limits.PayerKinds.On(x.Invoice.Date), x.Invoice.Provider[:2]) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").With("bereich", x.Group().String())
	return checks.Fail
}

// P3013: the code is in ICD-10-GM on the last date of service; of prescriptions the
// category of three places is enough.
func diagnosisKnown(x *checks.Context) checks.Outcome {
	if !x.Facts.Tables.Known(billing.TableICD) {
		return checks.NoData
	}
	var buf [16]byte
	for i := range x.Case.Diagnoses {
		d := &x.Case.Diagnoses[i]
		if d.Code == "" {
			continue
		}
		if _, ok := x.Facts.Tables.FindKey(billing.TableICD, x.Sums.Last, billing.AppendICD(buf[:0], d.Code)); ok {
			continue
		}
		y, _, _ := x.Sums.Last.Civil()
		x.Fail(d.Place, "DIA").With("icd", d.Code).With("jahr", strconv.Itoa(y))
		return checks.Fail
	}
	return checks.Pass
}

// P3017: the kind of aid is in the directory, and the product too unless its number
// ends in 900 (not listed) or says that the kind has no structure yet (zeros).
func aidKnown(x *checks.Context) checks.Outcome {
	t, p := x.Facts.Tables, x.Position
	if !t.Known(billing.TableAids) {
		return checks.NoData
	}
	key := p.Item
	switch {
	case p.Item[2:7] == "00000": // group and contract number only (TA3 8.2.2)
		return checks.NotApplicable
	case strings.HasSuffix(p.Item, "900"):
		key = p.Item[:7]
	}
	if _, ok := t.Find(billing.TableAids, p.Date, key); ok {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("position", p.Item)
	return checks.Fail
}
