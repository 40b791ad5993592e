package portal

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// DTA-8, G-9: a body that comes slowly is waited for beyond the limits of the
// connection, one that stops coming is not.
func TestPatientBody(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := limits{body: 1 << 20, time: time.Minute, stall: 500 * time.Millisecond}
		ctx, cancel := context.WithTimeout(r.Context(), l.time)
		defer cancel()
		defer patient(ctx, w, r, l)()
		_, err := io.ReadAll(r.Body)
		read <- err
	}))
	web.Config.ReadTimeout = 50 * time.Millisecond // of the connection
	web.Start()
	t.Cleanup(web.Close)
	for name, c := range map[string]struct {
		bytes int
		want  error
	}{"slow": {4, nil}, "stopped": {3, os.ErrDeadlineExceeded}} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(100 * time.Millisecond)
		for range c.bytes {
			<-tick.C
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		tick.Stop()
		if err := <-read; !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == nil {
			if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%s: no answer: %v", name, err)
			}
		}
		_ = conn.Close()
	}
}
