package checks

import (
	"fmt"
	"strings"

	"klarbeleg/domain/billing"
)

// Areas is a set of groups of providers (A to S) and of the procedures § 300 and
// § 295.
type Areas uint32

// Sets that the catalogue names.
const (
	Area300 Areas = 1 << 30
	Area295 Areas = 1 << 31
	// Area302 is every group of § 302.
	Area302 Areas = 1<<('S'-'A'+1) - 1
	AreaAll       = Area302 | Area300 | Area295
)

// AreaOf returns the set with one group.
func AreaOf(g billing.Group) Areas {
	switch {
	case g >= 'A' && g <= 'S':
		return 1 << (g - 'A')
	case g == billing.GroupPharmacy:
		return Area300
	case g == billing.GroupIntegrated:
		return Area295
	}
	return 0
}

// Has reports whether the group is in the set.
func (a Areas) Has(g billing.Group) bool { return a&AreaOf(g) != 0 }

// ParseAreas reads the area column of the catalogue: ALL, 302-ALL, 302-<letters>,
// 300 or 295.
func ParseAreas(s string) (Areas, error) {
	switch s {
	case "ALL":
		return AreaAll, nil
	case "302-ALL":
		return Area302, nil
	case "300":
		return Area300, nil
	case "295":
		return Area295, nil
	}
	letters, ok := strings.CutPrefix(s, "302-")
	var set Areas
	for i := range len(letters) {
		a := AreaOf(billing.Group(letters[i]))
		ok = ok && a != 0
		set |= a
	}
	if ok && set != 0 {
		return set, nil
	}
	return 0, fmt.Errorf("checks: unknown area %q", s)
}

// String returns the set as the catalogue writes it, several groups as 302-ABC.
func (a Areas) String() string {
	switch a {
	case AreaAll:
		return "ALL"
	case Area302:
		return "302-ALL"
	case Area300:
		return "300"
	case Area295:
		return "295"
	}
	letters := []byte("302-")
	for g := billing.Group('A'); g <= 'S'; g++ {
		if a.Has(g) {
			letters = append(letters, byte(g))
		}
	}
	return string(letters)
}
