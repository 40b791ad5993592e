package portal

import "net/http"

// startPage is the entry of the portal.
type startPage struct {
	frame
	// Checks is true where files can be checked before they are sent.
	Checks bool
}

func (s *server) start(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "start", startPage{s.frame("Start", "/"), s.deps.Check != nil})
}
