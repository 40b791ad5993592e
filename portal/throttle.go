package portal

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// Limits throttle the look-ups against guessing (RP-7, PRV-11). They are counted
// per process, so that with n replicas a visitor has at most n times as much.
type Limits struct {
	// PerMinute and PerHour count the look-ups of one client address (of one
	// /64 network for IPv6).
	PerMinute, PerHour int
	// PerIKHour counts the look-ups of one IK, from wherever they come.
	PerIKHour int
}

func (l Limits) withDefaults() Limits {
	if l.PerMinute == 0 {
		l.PerMinute = 10
	}
	if l.PerHour == 0 {
		l.PerHour = 60
	}
	if l.PerIKHour == 0 {
		l.PerIKHour = 20
	}
	return l
}

// maxReports bounds the reports of browsers per minute, from all together: one
// is enough to look into it.
const maxReports = 60

// maxChecks bounds the files one client address checks in a minute.
const maxChecks = 30

// maxFailures bounds the requests of one client address with a key that is none
// in a minute, maxPerKey all requests with one key. Nobody guesses 256 bits; the
// limits keep the database from being asked.
const (
	maxFailures = 20
	maxPerKey   = 300
)

type throttle struct {
	perMinute, perHour, perIK, reports, checks, failures, perKey *httprate.RateLimiter
}

func newThrottle(l Limits) *throttle {
	// Only the waiting time is told; counts would help to guess just below them.
	only := httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"})
	return &throttle{
		perMinute: httprate.NewRateLimiter(l.PerMinute, time.Minute, only),
		perHour:   httprate.NewRateLimiter(l.PerHour, time.Hour, only),
		perIK:     httprate.NewRateLimiter(l.PerIKHour, time.Hour, only),
		reports:   httprate.NewRateLimiter(maxReports, time.Minute, only),
		checks:    httprate.NewRateLimiter(maxChecks, time.Minute, only),
		failures:  httprate.NewRateLimiter(maxFailures, time.Minute, only),
		perKey:    httprate.NewRateLimiter(maxPerKey, time.Minute, only),
	}
}

// throttleClient counts a look-up for the visitor's address.
func (s *server) throttleClient(w http.ResponseWriter, r *http.Request) error {
	key := httprate.CanonicalizeIP(clientAddress(r, s.cfg.TrustedProxies).String())
	if s.throttle.perMinute.OnLimit(w, r, key) || s.throttle.perHour.OnLimit(w, r, key) {
		return errTooManyRequests
	}
	return nil
}

// throttleCheck counts a file checked for the sender's address.
func (s *server) throttleCheck(w http.ResponseWriter, r *http.Request) error {
	if s.throttle.checks.OnLimit(w, r, httprate.CanonicalizeIP(clientAddress(r, s.cfg.TrustedProxies).String())) {
		return errTooManyRequests
	}
	return nil
}

// throttleIK counts a look-up for the IK asked for.
func (s *server) throttleIK(w http.ResponseWriter, r *http.Request, ik string) error {
	if s.throttle.perIK.OnLimit(w, r, ik) {
		return errTooManyRequests
	}
	return nil
}

// throttleFailures refuses an address that has shown too many keys that are none;
// failed counts one more.
func (s *server) throttleFailures(w http.ResponseWriter, r *http.Request) (failed func(), err error) {
	key := httprate.CanonicalizeIP(clientAddress(r, s.cfg.TrustedProxies).String())
	_, rate, err := s.throttle.failures.Status(key)
	if err != nil {
		return nil, fmt.Errorf("throttle: %w", err)
	}
	if int(math.Round(rate)) >= maxFailures {
		w.Header().Set("Retry-After", "60")
		return nil, errTooManyRequests
	}
	return func() { s.throttle.failures.OnLimit(w, r, key) }, nil
}

// throttleKey counts a request with the API key.
func (s *server) throttleKey(w http.ResponseWriter, r *http.Request, id string) error {
	if s.throttle.perKey.OnLimit(w, r, id) {
		return errTooManyRequests
	}
	return nil
}
