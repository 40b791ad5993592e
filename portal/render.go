package portal

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

// frame is what the layout shows on every page; page structs embed it.
type frame struct {
	// Title is the page's title without the name of the portal.
	Title string
	// Faulty puts "Fehler:" before the title, so that a screen reader says it
	// first.
	Faulty bool
	// Nav are the entries of the main navigation.
	Nav []navItem
	// Site is the operator's configuration.
	Site Config
	// Member is the one who is logged in; nil on public pages.
	Member *memberFrame
	// Operator is true on the operators' pages, which have another header.
	Operator bool
}

// navItem is an entry of the main navigation.
type navItem struct {
	Path, Label string
	Current     bool
}

// fieldError is one entry of the error summary; Field is the id it links to.
type fieldError struct {
	Field, Text string
}

// renderer holds the parsed templates, one set per page.
type renderer struct {
	byName map[string]*template.Template
}

// The layout and the shared parts belong to the set of every page.
const (
	layoutFile = "templates/layout.html"
	partsFile  = "templates/parts.html"
)

func newRenderer(a *assets) (*renderer, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	r := &renderer{byName: map[string]*template.Template{}}
	for _, name := range names {
		if name == layoutFile || name == partsFile {
			continue
		}
		t, err := template.New(path.Base(layoutFile)).Funcs(templateFuncs(a)).
			ParseFS(templateFiles, layoutFile, partsFile, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r.byName[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return r, nil
}

// write renders the page into a buffer and only then answers, so that a fault
// in a template never leaves half a page. Pages are not cached: most of them
// show figures of the moment.
func (r *renderer) write(w http.ResponseWriter, status int, name string, page any) error {
	t, ok := r.byName[name]
	if !ok {
		return fmt.Errorf("no template %q", name)
	}
	var buf bytes.Buffer
	if err := t.Execute(&buf, page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	_, err := buf.WriteTo(w)
	return clientGone(err)
}

// errClientGone marks a write that failed because nobody listens any more.
var errClientGone = errors.New("client is gone")

func clientGone(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errClientGone, err)
}

// frame returns the frame of a public page. path is the navigation entry the
// page belongs to, "" for none.
func (s *server) frame(title, path string) frame {
	items := []navItem{
		{Path: "/", Label: "Start"},
		{Path: "/rechnungspruefung", Label: "Rechnungsprüfung"},
		{Path: "/zahlbeleg", Label: "Zahlung zuordnen"},
	}
	if s.deps.Check != nil {
		items = append(items, navItem{Path: filePath, Label: fileTitle})
	}
	items = append(items, navItem{Path: "/hilfe", Label: "Hilfe"}, navItem{Path: "/kontakt", Label: "Kontakt"})
	if s.deps.Accounts != nil {
		items = append(items, navItem{Path: loginPath, Label: loginTitle})
	}
	for i := range items {
		items[i].Current = items[i].Path == path
	}
	return frame{Title: title, Nav: items, Site: s.cfg}
}
