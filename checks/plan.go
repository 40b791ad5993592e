package checks

import (
	"fmt"
	"slices"
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// maxRules bounds the rules with a predicate; a ruleSet has one bit for each.
const maxRules = 512

type ruleSet [maxRules / 64]uint64

func (s *ruleSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *ruleSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s *ruleSet) meets(o *ruleSet) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// compiled is a rule in the form the walk needs.
type compiled struct {
	*Rule
	check  Predicate
	index  int
	unless ruleSet
	masked bool // unless is not empty
	dated  bool // valid for some dates of service only
}

func (r *compiled) validOn(d calendar.Date) bool {
	return d >= r.ValidFrom && (r.ValidTo == 0 || d <= r.ValidTo)
}

// plan is the list of rules for one group of providers and the facts at hand.
type plan struct {
	turns [turns][]*compiled
	// noData are the rules that lack a part of the facts.
	noData []string
}

// compile takes the rules with a predicate and orders them: by id, a rule after
// those it is a consequence of. So the order of the list does not matter.
func compile(rules []Rule) []*compiled {
	var list []*compiled
	for i := range rules {
		if rules[i].Check != nil {
			list = append(list, &compiled{
				Rule:   &rules[i],
				check:  rules[i].Check,
				masked: len(rules[i].Unless) > 0,
				dated:  rules[i].ValidFrom != 0 || rules[i].ValidTo != 0,
			})
		}
	}
	if len(list) > maxRules {
		panic(fmt.Sprintf("checks: %d rules, the limit is %d", len(list), maxRules))
	}
	slices.SortFunc(list, func(a, b *compiled) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return a.Version - b.Version
	})
	list = orderByCause(list)
	for i, r := range list {
		r.index = i
	}
	for _, r := range list {
		for _, cause := range r.Unless {
			for _, other := range list {
				if other.ID == cause {
					r.unless.add(other.index)
				}
			}
		}
	}
	return list
}

// orderByCause puts every rule after the rules named in its Unless. A rule that
// is its own cause, or is asked before its cause, is a programming fault.
func orderByCause(list []*compiled) []*compiled {
	byID := map[string][]*compiled{}
	for _, r := range list {
		byID[r.ID] = append(byID[r.ID], r)
	}
	const visiting, done = 1, 2
	state := map[*compiled]int{}
	ordered := make([]*compiled, 0, len(list))
	var visit func(r *compiled)
	visit = func(r *compiled) {
		switch state[r] {
		case visiting:
			panic("checks: rule " + r.ID + " is a consequence of itself")
		case done:
			return
		}
		state[r] = visiting
		for _, id := range r.Unless {
			for _, cause := range byID[id] {
				if cause.Turn > r.Turn {
					panic("checks: rule " + r.ID + " is asked before its cause " + id)
				}
				visit(cause)
			}
		}
		state[r] = done
		ordered = append(ordered, r)
	}
	for _, r := range list {
		visit(r)
	}
	return ordered
}

// planFor returns the plan for a group and the parts of the facts at hand, made at
// first use.
func (c *Checker) planFor(g billing.Group, have Needs) *plan {
	slot := &c.plans[planIndex(g)][have]
	p := *slot
	if p != nil {
		return p
	}
	p = &plan{}
	for _, r := range c.rules {
		switch {
		case !r.Areas.Has(g) || r.Turn == TurnCollectiveEnd:
		case r.Needs&^have == 0:
			p.turns[r.Turn] = append(p.turns[r.Turn], r)
		case !slices.Contains(p.noData, r.ID):
			p.noData = append(p.noData, r.ID)
		}
	}
	*slot = p
	return p
}

// planIndex numbers the groups; the last number is that of no group, for which no
// rule applies.
func planIndex(g billing.Group) int {
	switch {
	case g >= 'A' && g <= 'S':
		return int(g - 'A')
	case g == billing.GroupPharmacy:
		return groups - 2
	case g == billing.GroupIntegrated:
		return groups - 1
	}
	return groups
}
