package main

import (
	"reflect"
	"testing"

	"klarbeleg/domain/billing"
)

// COR-7, COR-8, COR-10, F-71: the rules of cases are settings with the defaults that
// the service promises; impossible ones stop the start.
func TestCaseConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values map[string]string
		want   *billing.CaseLimits // nil: refused
	}{
		{"COR-8 defaults", nil, ptr(billing.DefaultLimits())},
		{"COR-7 all set", map[string]string{
			"OPEN_MONTHS": "4", "CLOSED_MONTHS": "5", "VIEW_MONTHS": "12", "HEAL_MONTHS": "12", "READ_ONLY_GROUPS": "B,S",
		}, &billing.CaseLimits{
			CaseDeadlines: billing.CaseDeadlines{OpenMonths: 4, ClosedMonths: 5}, ViewMonths: 12, HealMonths: 12, ReadOnlyGroups: []string{"B", "S"},
		}},
		{"F-71 no time", map[string]string{"OPEN_MONTHS": "0"}, nil},
		{"F-71 below nothing", map[string]string{"CLOSED_MONTHS": "-1"}, nil},
		{"F-71 for ever", map[string]string{"VIEW_MONTHS": "61"}, nil},
		{"F-71 healed without being seen", map[string]string{"HEAL_MONTHS": "7"}, nil},
		{"F-71 no number", map[string]string{"HEAL_MONTHS": "drei"}, nil},
		{"F-71 no such group", map[string]string{"READ_ONLY_GROUPS": "B,T"}, nil},
		{"F-71 two groups in one", map[string]string{"READ_ONLY_GROUPS": "AB"}, nil},
		{"F-71 no such procedure", map[string]string{"READ_ONLY_GROUPS": "301"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{}
			for name, value := range c.values {
				values[envPrefix+"CASE_"+name] = value
			}
			p := &program{surroundings: surroundings{environ: func() map[string]string { return values }}}
			got, err := p.loadConfig()
			switch {
			case c.want == nil && err == nil:
				t.Errorf("taken: %+v", got.Cases)
			case c.want != nil && (err != nil || !reflect.DeepEqual(got.Cases.limits(), *c.want)):
				t.Errorf("%+v, %v", got.Cases, err)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }
