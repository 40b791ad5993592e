package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"klarbeleg/app/account"
	"klarbeleg/app/status"
	"klarbeleg/internal/logging"
)

// Errors that a handler returns for what is no fault of ours.
var (
	errNotFound        = errors.New("no such page")
	errMethod          = errors.New("method not allowed")
	errCrossSite       = errors.New("request comes from a foreign site")
	errTooManyRequests = errors.New("too many look-ups")
	errBadForm         = errors.New("form cannot be read")
)

// errorText is what a visitor reads about an error. It never contains the error.
type errorText struct {
	status      int
	title, text string
}

// describe is the one table from errors to pages, with that of the API.
func describe(err error) errorText {
	if e, ok := describeAPI(err); ok {
		return e
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errNotFound):
		return errorText{
			http.StatusNotFound, "Seite nicht gefunden",
			"Die Adresse gibt es in diesem Portal nicht oder nicht mehr. Prüfen Sie bitte die Schreibweise oder beginnen Sie auf der Startseite.",
		}
	case errors.Is(err, status.ErrExpired), errors.Is(err, status.ErrNotFound):
		return errorText{
			http.StatusNotFound, "Ergebnis nicht mehr verfügbar",
			"Suchergebnisse werden zum Schutz Ihrer Daten nur 15 Minuten aufbewahrt. Bitte starten Sie die Suche erneut.",
		}
	case errors.Is(err, account.ErrNotFound):
		return errorText{
			http.StatusNotFound, "Benutzer nicht gefunden",
			"Diesen Benutzer gibt es in Ihrer Einrichtung nicht oder nicht mehr.",
		}
	case errors.Is(err, account.ErrForbidden):
		return errorText{
			http.StatusForbidden, "Kein Zugriff",
			"Diese Seite ist der Administration Ihrer Einrichtung vorbehalten.",
		}
	case errors.Is(err, errMethod):
		return errorText{
			http.StatusMethodNotAllowed, "Diese Aktion ist hier nicht möglich",
			"Die Seite lässt sich auf diese Weise nicht aufrufen. Bitte beginnen Sie auf der Startseite.",
		}
	case errors.Is(err, errCrossSite):
		return errorText{
			http.StatusForbidden, "Anfrage abgelehnt",
			"Die Anfrage kam von einer fremden Internetseite. Bitte rufen Sie das Portal direkt auf und wiederholen Sie Ihre Eingabe.",
		}
	case errors.Is(err, errTooManyRequests):
		return errorText{
			http.StatusTooManyRequests, "Zu viele Anfragen",
			"Zum Schutz der Rechnungsdaten ist die Zahl der Suchanfragen begrenzt. Bitte warten Sie einige Minuten und versuchen Sie es dann erneut.",
		}
	case errors.Is(err, errBadForm):
		return errorText{
			http.StatusBadRequest, "Eingabe nicht lesbar",
			"Die übermittelten Daten konnten nicht gelesen werden. Bitte füllen Sie das Formular erneut aus.",
		}
	case errors.As(err, &tooLarge):
		return errorText{
			http.StatusRequestEntityTooLarge, "Eingabe zu umfangreich",
			"Die übermittelten Daten sind größer als erlaubt. Bitte prüfen Sie Ihre Eingaben.",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return errorText{
			http.StatusServiceUnavailable, "Das Portal antwortet gerade nicht rechtzeitig",
			"Bitte versuchen Sie es in einigen Minuten noch einmal. Es sind keine Daten verloren gegangen.",
		}
	}
	return errorText{
		http.StatusInternalServerError, "Es ist ein Fehler aufgetreten",
		"Das liegt nicht an Ihren Eingaben. Bitte versuchen Sie es später noch einmal. Besteht der Fehler fort, wenden Sie sich bitte mit der Referenz an uns.",
	}
}

// errorPage is the page of every error (404, 405, 429, 500 ...); it names the
// support contact and the reference under which we find the log lines (SES-5).
type errorPage struct {
	frame
	Text, Reference string
}

// fail answers a request whose handler returned err.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	if errors.Is(err, errClientGone) || errors.Is(err, context.Canceled) {
		return
	}
	e := describe(err)
	if e.status >= http.StatusInternalServerError {
		logging.From(ctx).Error("request failed", zap.Error(err))
	}
	reference := groupReference(infoFrom(ctx).id)
	if strings.HasPrefix(r.URL.Path, apiPrefix) {
		writeProblem(w, e, reference)
		return
	}
	page := errorPage{frame: s.frame(e.title, ""), Text: e.text, Reference: reference}
	page.Faulty = true
	if err := s.pages.write(w, e.status, "error", page); err != nil && !errors.Is(err, errClientGone) {
		logging.From(ctx).Error("error page failed", zap.Error(err))
		http.Error(w, "Es ist ein Fehler aufgetreten.", http.StatusInternalServerError)
	}
}

// groupReference splits the id for reading it out on the telephone.
func groupReference(id string) string {
	var parts []string
	for len(id) > 4 {
		parts = append(parts, id[:4])
		id = id[4:]
	}
	return strings.Join(append(parts, id), "-")
}
