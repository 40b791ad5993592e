package portal

import (
	"encoding/json"
	"net/http"
	"regexp"

	"go.uber.org/zap"

	"klarbeleg/internal/logging"
)

// cspReport takes a browser's report that something broke the content security
// policy. Only the name of the directive is kept: addresses in a report may hold
// anything.
func (s *server) cspReport(w http.ResponseWriter, r *http.Request) error {
	if s.throttle.reports.OnLimit(w, r, "") {
		return errTooManyRequests
	}
	var report struct {
		Body struct {
			Directive string `json:"effective-directive"`
		} `json:"csp-report"`
	}
	if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
		return badForm(err)
	}
	directive := report.Body.Directive
	if !directiveName.MatchString(directive) {
		directive = "unknown"
	}
	logging.From(r.Context()).Warn("content security policy violated", zap.String("directive", directive))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var directiveName = regexp.MustCompile(`^[a-z-]{3,30}$`)
