package calendar

import (
	"sync"
	"time"
)

// Berlin returns the location Europe/Berlin, in which all legal days are
// counted. The zone data are part of the program, so it cannot fail.
var Berlin = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic("calendar: zone Europe/Berlin: " + err.Error())
	}
	return loc
})
