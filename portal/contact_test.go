package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// enquiries returns the mails planned to the support.
func (b *bundle) enquiries(t *testing.T) (mails []string) {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), "select recipient || '|' || subject || '|' || body_text from mail where kind = 'contact'")
	if err != nil {
		t.Fatal(err)
	}
	if mails, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	return mails
}

func enquiry() url.Values {
	return url.Values{
		"betreff": {"Service-Portal für Leistungserbringer"}, "name": {"Praxis Beispiel"}, "email": {"praxis@beispiel.example"},
		"ik": {"260 326 822"}, "nachricht": {"Guten Tag,\r\nwo sehe ich den Status?"},
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	t.Run("RP-8 the portal is the subject offered first", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		page := text(t, b.do(t, request{method: http.MethodGet, path: contactPath}))
		first := page[strings.Index(page, "<option"):]
		if !strings.HasPrefix(first, "<option>Service-Portal für Leistungserbringer</option>") {
			t.Errorf("first subject: %.80s", first)
		}
	})
	t.Run("RP-8 an enquiry is sent as written, once, and confirmed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for range 2 { // a second click
			resp := b.do(t, request{method: http.MethodPost, path: contactPath, form: enquiry()})
			if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != contactSent {
				t.Fatalf("answer %d to %s", resp.StatusCode, resp.Header.Get("Location"))
			}
		}
		want := []string{testConfig().Organisation.Email + "|Kontakt: Service-Portal für Leistungserbringer|" +
			"Betreff: Service-Portal für Leistungserbringer\nName: Praxis Beispiel\nE-Mail: praxis@beispiel.example\nIK: 260326822\n\n" +
			"Guten Tag,\nwo sehe ich den Status?\n"}
		if diff := cmp.Diff(want, b.enquiries(t)); diff != "" {
			t.Error(diff)
		}
	})
	for name, change := range map[string]url.Values{
		"betreff": {"betreff": {"Gewinnspiel"}}, "name": {"name": {" "}}, "email": {"email": {"Praxis <praxis@beispiel.example>"}},
		"ik": {"ik": {"12345678"}}, "nachricht": {"nachricht": {strings.Repeat("x", maxEnquiryRunes+1)}},
	} {
		t.Run("RP-8 wrong "+name+" is told at its field, nothing is sent", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			form := enquiry()
			form[name] = change[name]
			resp := b.do(t, request{method: http.MethodPost, path: contactPath, form: form})
			page := text(t, resp)
			if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, `id="`+name+`-fehler"`) || len(b.enquiries(t)) != 0 {
				t.Errorf("answer %d", resp.StatusCode)
			}
		})
	}
}
