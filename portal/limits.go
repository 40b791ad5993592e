package portal

import (
	"context"
	"io"
	"net/http"
	"time"
)

// limits of one kind of request.
type limits struct {
	body int64         // bytes
	time time.Duration // from the header to the answer
	// stall ends a request whose body does not come any further; 0 where the
	// limits of the connection are enough.
	stall time.Duration
}

const (
	// checkTimeout is what a file of maxCheckBytes may take on a slow line, with
	// its check.
	checkTimeout = 2 * time.Minute
	// uploadTimeout is what a file of the default UploadMax takes at 5 Mbit/s.
	uploadTimeout = 30 * time.Minute
	// uploadFrame is what a request has beside the payload: the Auftragsdatei and
	// the frame of its parts.
	uploadFrame  = 64 << 10
	stallTimeout = 30 * time.Second
)

// limitsOf returns the limits of a path: a file takes longer than a form.
func (s *server) limitsOf(path string) limits {
	switch path {
	case checkPath, filePath:
		return limits{maxCheckBytes, checkTimeout, stallTimeout}
	case registerPath:
		return limits{maxRegisterBytes, checkTimeout, stallTimeout}
	case deliveriesPath:
		return limits{s.cfg.UploadMax + uploadFrame, uploadTimeout, stallTimeout}
	default:
		return limits{maxFormBytes, requestTimeout, 0}
	}
}

// patientBody reads the body of a request that may take longer than the server
// allows a connection: it waits as long as bytes come, and until its context ends.
type patientBody struct {
	io.ReadCloser
	ctx   context.Context //nolint:containedctx // lives for one request
	stall time.Duration
	timer *time.Timer
}

// patient lifts the time limits of the connection and sets those of limits. stop
// belongs at the end of the request.
func patient(ctx context.Context, w http.ResponseWriter, r *http.Request, l limits) (stop func()) {
	c := http.NewResponseController(w)
	past := time.Unix(1, 0) // as a deadline it ends what waits
	// A test's recorder has no deadlines, and nothing to wait for.
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
	stalled := time.AfterFunc(l.stall, func() { _ = c.SetReadDeadline(past) })
	answer := time.AfterFunc(l.time+writeTimeout, func() { _ = c.SetWriteDeadline(past) })
	r.Body = &patientBody{ReadCloser: r.Body, ctx: ctx, stall: l.stall, timer: stalled}
	return func() {
		stalled.Stop()
		answer.Stop()
	}
}

// Read waits for the next bytes; os.ErrDeadlineExceeded if none come.
func (b *patientBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	b.timer.Reset(b.stall)
	defer b.timer.Stop()
	return b.ReadCloser.Read(p)
}
