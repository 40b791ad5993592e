package portal

import (
	"io"
	"net/http"

	"go.uber.org/zap"

	"klarbeleg/internal/logging"
)

// health answers as long as the process serves requests (OPS-3).
func health(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, http.StatusOK, "ok\n")
}

// ready answers 200 when every check passes, else 503. Which one failed stands
// in the log and on the operators' page, not here.
func ready(checks []Check) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, c := range checks {
			if err := c.Func(r.Context()); err != nil {
				logging.From(r.Context()).Warn("not ready", zap.String("check", c.Name), zap.Error(err))
				return plain(w, http.StatusServiceUnavailable, "not ready\n")
			}
		}
		return plain(w, http.StatusOK, "ready\n")
	}
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	return clientGone(err)
}
