package report

import (
	"context"

	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// rules tell how often each rule fired on invoices received in the period, and what
// became of its corrections: upheld are those in force, healed those no longer
// (REP-6).
func (s *Service) rules() definition {
	return definition{
		columns: []column{
			{"rule", kindText, 12},
			{"rule_title", kindText, 48},
			{"rule_severity", kindText, 22},
			{"findings", kindCount, 12},
			{"cases", kindCount, 12},
			{"corrections", kindCount, 14},
			{"corrected", kindEuro, 16},
			{"upheld", kindEuro, 16},
			{"healed", kindEuro, 16},
		},
		amounts: []string{"corrected", "upheld", "healed"},
		each: func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error {
			return store.EachRule(ctx, tx, p, func(r *store.RuleRow) error {
				title, severity := "", ""
				if rule, ok := catalogue.ByID(r.Rule); ok {
					title, severity = rule.Title, rule.Severity.German()
				}
				return add(line{
					cells: []any{
						r.Rule, title, severity, r.Findings, r.Cases, r.Corrections, r.Corrected, r.Upheld, r.Corrected - r.Upheld,
					},
					amounts: []money.Cents{r.Corrected, r.Upheld, r.Corrected - r.Upheld},
				})
			})
		},
		total: store.SumRules,
	}
}
