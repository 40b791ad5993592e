package portal

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"

	"klarbeleg/internal/clock"
)

// Every static file has its type, the same content with and without
// compression, and an address that may be cached for ever.
func TestStaticFiles(t *testing.T) {
	t.Parallel()
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(testConfig(), Deps{Clock: clock.System(), Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{handler: s.handler([]route{{"GET", staticPrefix + "{path...}", s.assets.serve}})}
	for name, u := range a.urls {
		plain := b.do(t, request{path: u})
		body := text(t, plain)
		packed := b.do(t, request{path: u, header: http.Header{"Accept-Encoding": {"br, gzip"}}})
		defer packed.Body.Close()
		if plain.StatusCode != http.StatusOK || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, encoding %q", name, plain.StatusCode, plain.Header.Get("Content-Encoding"))
		}
		var unpacked io.Reader = packed.Body
		if packed.Header.Get("Content-Encoding") == "gzip" {
			if unpacked, err = gzip.NewReader(packed.Body); err != nil {
				t.Fatal(err)
			}
		} else if strings.HasSuffix(name, ".css") {
			t.Errorf("%s is not compressed", name)
		}
		again, err := io.ReadAll(unpacked)
		if err != nil || !bytes.Equal(again, []byte(body)) {
			t.Errorf("%s: unpacked content differs: %v", name, err)
		}
	}
	if _, err := a.url("gibt-es-nicht.css"); err == nil {
		t.Error("a file that is not there has an address")
	}
}
