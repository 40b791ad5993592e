package portal

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"

	"klarbeleg/app/apikey"
	"klarbeleg/app/submit"
)

// apiPrefix is where programs talk to us: errors are problems (RFC 9457).
const apiPrefix = "/api/"

// Errors of the API that are no fault of ours.
var (
	errBadCheck    = errors.New("request holds no file to check")
	errBadUpload   = errors.New("request is no upload")
	errIdempotency = errors.New("idempotency key is missing or unusable")
	errNoKey       = errors.New("request has no API key")
	errScope       = errors.New("API key does not allow this")
	errBusy        = errors.New("too many uploads at once")
)

// describeAPI is the part of the table of errors that only programs meet.
func describeAPI(err error) (e errorText, ok bool) {
	switch {
	case errors.Is(err, errBadCheck):
		e = errorText{
			http.StatusBadRequest, "Eingabe nicht lesbar",
			"Erwartet wird die Nutzdatendatei als Inhalt der Anfrage oder multipart/form-data mit den Teilen nutzdaten und auftrag.",
		}
	case errors.Is(err, errBadUpload):
		e = errorText{
			http.StatusBadRequest, "Lieferung nicht lesbar",
			"Erwartet wird multipart/form-data mit je einem Teil auftrag (348 Byte) und nutzdaten, beide nicht leer.",
		}
	case errors.Is(err, errIdempotency):
		e = errorText{
			http.StatusBadRequest, "Idempotency-Key fehlt",
			"Erwartet wird die Kopfzeile Idempotency-Key mit 1 bis 255 sichtbaren ASCII-Zeichen, für jede Lieferung ein neuer Wert.",
		}
	case errors.Is(err, errNoKey), errors.Is(err, apikey.ErrUnknown):
		e = errorText{
			http.StatusUnauthorized, "API-Schlüssel fehlt oder ist unbekannt",
			"Erwartet wird die Kopfzeile „Authorization: Bearer“ mit einem vollständigen API-Schlüssel (klb_…).",
		}
	case errors.Is(err, apikey.ErrRevoked):
		e = errorText{http.StatusUnauthorized, "API-Schlüssel ist widerrufen", "Bitte verwenden Sie einen neuen Schlüssel."}
	case errors.Is(err, apikey.ErrExpired):
		e = errorText{http.StatusUnauthorized, "API-Schlüssel ist abgelaufen", "Bitte verwenden Sie einen neuen Schlüssel."}
	case errors.Is(err, errScope):
		e = errorText{http.StatusForbidden, "Dafür gilt der API-Schlüssel nicht", "Der Schlüssel hat den nötigen Bereich nicht."}
	case errors.Is(err, submit.ErrSender):
		e = errorText{
			http.StatusForbidden, "Absender nicht freigegeben",
			"Die Auftragsdatei nennt einen Absender, für den Sie mit diesem API-Schlüssel nicht senden dürfen.",
		}
	case errors.Is(err, submit.ErrNotFound):
		e = errorText{http.StatusNotFound, "Lieferung nicht gefunden", "Unter dieser Nummer liegt keine von Ihnen hochgeladene Lieferung vor."}
	case errors.Is(err, submit.ErrReused):
		e = errorText{
			http.StatusUnprocessableEntity, "Idempotency-Key schon verwendet",
			"Unter diesem Idempotency-Key liegt eine Lieferung mit anderem Inhalt vor. Verwenden Sie für jede Lieferung einen neuen Wert.",
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		e = errorText{http.StatusRequestTimeout, "Übertragung abgebrochen", "Es kamen zu lange keine Daten mehr. Bitte wiederholen Sie die Anfrage."}
	case errors.Is(err, submit.ErrUnavailable), errors.Is(err, apikey.ErrUnavailable), errors.Is(err, errBusy):
		e = errorText{
			http.StatusServiceUnavailable, "Zurzeit nicht möglich",
			"Die Lieferung ist nicht bestätigt. Bitte wiederholen Sie die Anfrage später mit demselben Idempotency-Key; sie wird dann nicht doppelt angenommen.",
		}
	}
	return e, e.status != 0
}

// writeProblem answers a program in the form of RFC 9457.
func writeProblem(w http.ResponseWriter, e errorText, reference string) {
	body, err := json.Marshal(map[string]any{"title": e.title, "status": e.status, "detail": e.text, "reference": reference})
	if err != nil {
		panic("portal: encode problem: " + err.Error()) // texts and a number
	}
	w.Header().Set("Content-Type", "application/problem+json")
	if e.status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "30")
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // fails only where nobody listens any more
}

// authenticate returns the API key of the request if it has the scope. Wrong keys
// are counted for the address they come from.
func (s *server) authenticate(w http.ResponseWriter, r *http.Request, scope apikey.Scope) (apikey.Key, error) {
	failed, err := s.throttleFailures(w, r)
	if err != nil {
		return apikey.Key{}, err
	}
	kind, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || text == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="klarbeleg"`)
		return apikey.Key{}, errNoKey
	}
	key, err := s.deps.Keys.Authenticate(r.Context(), strings.TrimSpace(text))
	switch {
	case errors.Is(err, apikey.ErrUnknown), errors.Is(err, apikey.ErrRevoked), errors.Is(err, apikey.ErrExpired):
		failed()
		w.Header().Set("WWW-Authenticate", `Bearer realm="klarbeleg", error="invalid_token"`)
		return apikey.Key{}, err
	case err != nil:
		return apikey.Key{}, err
	case !key.Allows(scope):
		w.Header().Set("WWW-Authenticate", `Bearer realm="klarbeleg", error="insufficient_scope"`)
		return apikey.Key{}, errScope
	}
	return key, s.throttleKey(w, r, key.ID)
}
