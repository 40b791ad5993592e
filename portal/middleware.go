package portal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"go.uber.org/zap"

	"klarbeleg/internal/logging"
)

// handler is a page. It returns an error instead of writing one; fail turns it
// into a page.
type handler func(w http.ResponseWriter, r *http.Request) error

// requestInfo belongs to one request. Its pattern names the route in logs and
// metrics, because the path itself may hold what a visitor typed (OPS-4).
type requestInfo struct {
	id      string
	pattern string
}

type infoKey struct{}

func infoFrom(ctx context.Context) *requestInfo {
	info, ok := ctx.Value(infoKey{}).(*requestInfo)
	if !ok {
		panic("portal: request passed no observe middleware")
	}
	return info
}

// referenceLength is 12 characters of base32, 60 bit: enough to be unique in
// the log, short enough to be read out.
const referenceLength = 12

// observe gives the request its id and logger and writes one line when it is
// done. The address of the client is not logged.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := &requestInfo{id: rand.Text()[:referenceLength], pattern: "none"}
		logger := s.deps.Logger.With(zap.String("request", info.id))
		ctx := logging.Into(context.WithValue(r.Context(), infoKey{}, info), logger)
		w.Header().Set("X-Request-Id", info.id)
		rec := &recorder{ResponseWriter: w}
		start := s.deps.Clock.Now()
		next.ServeHTTP(rec, r.WithContext(ctx))
		took := s.deps.Clock.Now().Sub(start)
		level := zap.InfoLevel
		if strings.Contains(info.pattern, staticPrefix) || strings.HasSuffix(info.pattern, "z") {
			level = zap.DebugLevel
		}
		logger.Log(level, "request", zap.String("route", info.pattern),
			zap.Int("status", rec.status), zap.Duration("took", took))
		if s.deps.Requests != nil {
			s.deps.Requests(info.pattern, rec.status, took)
		}
	})
}

// recorder remembers the status of the answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status of the answer.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write notes the implicit status 200.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap gives http.ResponseController the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// contentSecurityPolicy allows our own files and the data: icons of KERN,
// nothing else; no inline script or style exists in the portal.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-uri /csp-bericht"

// secure sets the headers of every answer (ASVS 3.4).
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "accelerometer=(), autoplay=(), camera=(), display-capture=(), "+
			"encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), "+
			"microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), "+
			"usb=(), xr-spatial-tracking=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, s.limitsOf(r.URL.Path).body)
		next.ServeHTTP(w, r)
	})
}

// recoverPanic is the last resort: the visitor gets the error page, the process
// lives. The text of a panic is logged only where the runtime wrote it, because
// any other may quote a value.
func (s *server) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				s.rescue(w, r, v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *server) rescue(w http.ResponseWriter, r *http.Request, v any) {
	err, isError := v.(error)
	if isError && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	text := fmt.Sprintf("%T", v)
	var fault runtime.Error
	if isError && errors.As(err, &fault) {
		text = fault.Error()
	}
	logging.From(r.Context()).Error("panic in request",
		zap.String("panic", text), zap.ByteString("stack", debug.Stack()))
	s.fail(w, r, errPanic)
}

var errPanic = errors.New("handler panicked")

// sameOrigin refuses writes that a foreign site makes the browser send (ASVS
// 3.5.1). Look-ups need no token in the form for that.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.page(func(http.ResponseWriter, *http.Request) error { return errCrossSite }))
	return protection.Handler(next)
}

// unknownRoutes answers what the mux does not know with our own pages instead
// of its plain text.
func (s *server) unknownRoutes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			infoFrom(r.Context()).pattern = pattern
			mux.ServeHTTP(w, r)
			return
		}
		probe := &probe{header: http.Header{}}
		h.ServeHTTP(probe, r)
		err := errNotFound
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			err = errMethod
		}
		s.fail(w, r, err)
	})
}

// probe takes an answer that nobody sees, to learn its status.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// page adapts a handler to net/http, within the time limit of a request.
func (s *server) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := s.limitsOf(r.URL.Path)
		ctx, cancel := context.WithTimeout(r.Context(), l.time)
		defer cancel()
		r = r.WithContext(ctx)
		if l.stall > 0 {
			defer patient(ctx, w, r, l)()
		}
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}
