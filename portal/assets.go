package portal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// staticPrefix is the path below which static files live.
const staticPrefix = "/static/"

// kernDir holds the unchanged files of the KERN UX package; the version in the
// path makes its addresses immutable.
const kernDir = "kern/2.7.2"

// asset is one static file, ready to be sent.
type asset struct {
	body, gzipped []byte
	contentType   string
}

// assets are the static files by their public path below staticPrefix. Our own
// files carry a hash of their content in the path, so all of them can be cached
// for ever.
type assets struct {
	byPath map[string]asset
	urls   map[string]string
}

func loadAssets() (*assets, error) {
	a := &assets{byPath: map[string]asset{}, urls: map[string]string{}}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return a.add(strings.TrimPrefix(name, "static/"))
	})
	return a, err
}

func (a *assets) add(name string) error {
	body, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return err
	}
	contentType, compress := typeByName(name)
	if contentType == "" {
		return fmt.Errorf("%s: no content type for this extension", name)
	}
	public := name
	if !strings.HasPrefix(name, kernDir+"/") {
		sum := sha256.Sum256(body)
		public = hex.EncodeToString(sum[:6]) + "/" + name
	}
	file := asset{body: body, contentType: contentType}
	if compress {
		var buf bytes.Buffer
		zw, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := zw.Write(body); err != nil {
			return err
		}
		if err := zw.Close(); err != nil {
			return err
		}
		file.gzipped = buf.Bytes()
	}
	a.byPath[public] = file
	a.urls[name] = staticPrefix + public
	return nil
}

// typeByName is our own short list: the system's MIME table differs between
// machines, and with nosniff a wrong type means no page.
func typeByName(name string) (contentType string, compress bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	case ".woff2":
		return "font/woff2", false
	case ".txt", ".md":
		return "text/plain; charset=utf-8", true
	}
	return "", false
}

// url returns the public address of a static file, for templates.
func (a *assets) url(name string) (string, error) {
	u, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return u, nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	file, ok := a.byPath[r.PathValue("path")]
	if !ok {
		return errNotFound
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := file.body
	if file.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = file.gzipped
		}
	}
	_, err := w.Write(body)
	return clientGone(err)
}
