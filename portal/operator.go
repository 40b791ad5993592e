package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// OperatorDeps is what the operators' pages work with. They live on an address
// of their own that is not reachable from outside (ASVS 13.4.5). Clock, Logger
// and Quarantine are mandatory; a nil handler leaves its link out.
type OperatorDeps struct {
	Clock  clock.Clock
	Logger *zap.Logger
	Ready  []Check
	// Quarantine returns what waits in quarantine, by reason: counts and reasons
	// only, never content (PRV-20).
	Quarantine func(context.Context) ([]QuarantineReason, error)
	// Notes returns sentences about parts that are off, such as the virus scanner, and
	// about keys and certificates; nil if there are none.
	Notes func(context.Context) []string
	// Mails shows the mails caught in embedded mode; its links are relative.
	Mails http.Handler
	// Metrics answers in the Prometheus format.
	Metrics http.Handler
}

// QuarantineReason is how many messages wait in quarantine for one reason.
type QuarantineReason struct {
	Code   string
	Count  int
	Oldest time.Time
}

// NewOperator builds the operators' pages.
func NewOperator(cfg Config, deps OperatorDeps) (http.Handler, error) {
	if deps.Quarantine == nil {
		return nil, errors.New("portal: operators' pages need the quarantine list")
	}
	s, err := newServer(cfg, Deps{Clock: deps.Clock, Logger: deps.Logger, Ready: deps.Ready})
	if err != nil {
		return nil, err
	}
	return s.handler(s.operatorRoutes(deps)), nil
}

func (s *server) operatorRoutes(deps OperatorDeps) []route {
	routes := []route{
		{"GET", "/{$}", s.operatorIndex(deps)},
		{"GET", "/healthz", health},
		{"GET", "/readyz", ready(deps.Ready)},
		{"GET", staticPrefix + "{path...}", s.assets.serve},
	}
	if deps.Metrics != nil {
		routes = append(routes, route{"GET", "/metrics", mount(deps.Metrics)})
	}
	if deps.Mails != nil {
		routes = append(routes, route{"GET", "/mails/", mount(http.StripPrefix("/mails", deps.Mails))})
	}
	return routes
}

// mount adapts a foreign handler, which answers its own errors.
func mount(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// operatorPage is the operators' first page.
type operatorPage struct {
	frame
	Checks         []checkState
	Quarantine     []QuarantineReason
	Waiting        int
	Notes          []string
	Mails, Metrics bool
	AsOf           time.Time
}

// checkState is one readiness check and whether it passes.
type checkState struct {
	Name string
	OK   bool
}

func (s *server) operatorIndex(deps OperatorDeps) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		waiting, err := deps.Quarantine(r.Context())
		if err != nil {
			return fmt.Errorf("read quarantine: %w", err)
		}
		page := operatorPage{
			frame:      frame{Title: "Betrieb", Site: s.cfg, Operator: true},
			Quarantine: waiting,
			Mails:      deps.Mails != nil,
			Metrics:    deps.Metrics != nil,
			AsOf:       s.deps.Clock.Now(),
		}
		if deps.Notes != nil {
			page.Notes = deps.Notes(r.Context())
		}
		for _, q := range waiting {
			page.Waiting += q.Count
		}
		for _, c := range deps.Ready {
			err := c.Func(r.Context())
			if err != nil {
				logging.From(r.Context()).Warn("not ready", zap.String("check", c.Name), zap.Error(err))
			}
			page.Checks = append(page.Checks, checkState{c.Name, err == nil})
		}
		return s.pages.write(w, http.StatusOK, "operator", page)
	}
}
