package portal

import (
	"net/http"
	"time"
)

// Limits of one connection and request. Pages are small and the slowest query is
// an index look-up, so these only stop what is broken or hostile.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
	// requestTimeout bounds the work for one page, below writeTimeout so that
	// the error page still gets out.
	requestTimeout = 10 * time.Second
	// maxFormBytes bounds a posted form: a few short fields.
	maxFormBytes = 16 << 10
)

// HTTPServer returns a server for h with all time and size limits set. The
// caller sets the address or passes a listener.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}
