package mailsink

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"
)

//go:embed page.html style.css
var files embed.FS

// listed is how many mails the page shows at most; the files are all kept.
const listed = 200

// page is what page.html shows: the list, or one mail.
type page struct {
	Title string
	Mails []Stored
	Total int
	Mail  *Stored
	Fault string
}

// Handler shows the mails: the list at "/", one mail at "/{id}". Links are
// relative, so it can be mounted below a prefix with http.StripPrefix. Times
// are shown in zone.
func (s *Sink) Handler(zone *time.Location) http.Handler {
	funcs := template.FuncMap{"when": func(t time.Time) string { return t.In(zone).Format("02.01.2006, 15:04:05 Uhr") }}
	v := &viewer{
		sink: s,
		page: template.Must(template.New("page.html").Funcs(funcs).ParseFS(files, "page.html")),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", v.list)
	mux.HandleFunc("GET /style.css", v.style)
	mux.HandleFunc("GET /{id}", v.show)
	return secured(mux)
}

type viewer struct {
	sink *Sink
	page *template.Template
}

func (v *viewer) list(w http.ResponseWriter, r *http.Request) {
	names, err := v.sink.names()
	if err != nil {
		v.fail(w, err)
		return
	}
	mails, err := v.sink.read(r.Context(), names[:min(len(names), listed)])
	if err != nil {
		v.fail(w, err)
		return
	}
	v.render(w, http.StatusOK, page{Title: "Ausgegangene E-Mails", Mails: mails, Total: len(names)})
}

func (v *viewer) show(w http.ResponseWriter, r *http.Request) {
	m, err := v.sink.load(r.PathValue("id") + ".eml")
	if errors.Is(err, os.ErrNotExist) {
		v.render(w, http.StatusNotFound, page{Title: "E-Mail nicht gefunden", Fault: "Diese E-Mail gibt es nicht."})
		return
	}
	if err != nil {
		v.fail(w, err)
		return
	}
	v.render(w, http.StatusOK, page{Title: cmp.Or(m.Subject, "(ohne Betreff)"), Mail: &m})
}

func (v *viewer) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "style.css")
}

func (v *viewer) fail(w http.ResponseWriter, err error) {
	v.sink.logger.Error("mails not shown", zap.Error(err))
	v.render(w, http.StatusInternalServerError, page{
		Title: "E-Mails nicht lesbar",
		Fault: "Die abgelegten E-Mails konnten nicht gelesen werden. Die Ursache steht im Protokoll.",
	})
}

func (v *viewer) render(w http.ResponseWriter, status int, p page) {
	var buf bytes.Buffer
	if err := v.page.Execute(&buf, p); err != nil {
		v.sink.logger.Error("mail page not rendered", zap.Error(err))
		http.Error(w, "Die Seite konnte nicht erzeugt werden.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := buf.WriteTo(w); err != nil {
		v.sink.logger.Debug("mail page not sent", zap.Error(err))
	}
}

// secured sets the headers that keep a page of foreign texts harmless.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
