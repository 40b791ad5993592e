package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"klarbeleg/app/notify"
)

// Enquirer takes what visitors write (RP-8).
type Enquirer interface {
	Send(ctx context.Context, e notify.Enquiry) error
}

const (
	contactPath  = "/kontakt"
	contactSent  = "/kontakt/gesendet"
	contactTitle = "Kontakt"
	// maxEnquiryRunes bounds the text of an enquiry.
	maxEnquiryRunes = 4000
)

// subjects are the subjects offered, the portal's own first (RP-8).
var subjects = []string{
	"Service-Portal für Leistungserbringer", "Rechnungsprüfung", "Zahlung", "Berichtigung", "Datenlieferung", "Ausweise und Praxiskarten", "Sonstiges",
}

// contactForm are the fields of the contact form, as typed.
type contactForm struct {
	Subject, Name, Email, IK, Text field
}

// contactPage shows how to reach the support, and the form.
type contactPage struct {
	frame
	Form     contactForm
	Subjects []subjectChoice
	Errors   []fieldError
	// Enabled is false where no mail can be sent; then the form is left out.
	Enabled bool
	MaxText int
}

// subjectChoice is one subject to choose.
type subjectChoice struct {
	Label    string
	Selected bool
}

// contactSentPage confirms an enquiry.
type contactSentPage struct {
	frame
}

func (s *server) newContactPage(form contactForm) contactPage {
	p := contactPage{frame: s.frame(contactTitle, contactPath), Form: form, Enabled: s.deps.Contact != nil, MaxText: maxEnquiryRunes}
	for _, label := range subjects {
		p.Subjects = append(p.Subjects, subjectChoice{label, label == form.Subject.Value})
	}
	return p
}

func (s *server) contactForm(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "kontakt", s.newContactPage(contactForm{}))
}

func (s *server) contactSent(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "kontakt_gesendet", contactSentPage{s.frame("Nachricht gesendet", contactPath)})
}

// contact sends an enquiry: 303 to the confirmation, or 422 with the form as typed.
func (s *server) contact(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleClient(w, r); err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	form := parseContact(r)
	page := s.newContactPage(form)
	for _, f := range []struct {
		id string
		f  field
	}{{"betreff", form.Subject}, {"name", form.Name}, {"email", form.Email}, {"ik", form.IK}, {"nachricht", form.Text}} {
		if f.f.Error != "" {
			page.Errors = append(page.Errors, fieldError{f.id, f.f.Error})
		}
	}
	if len(page.Errors) > 0 {
		page.Faulty = true
		return s.pages.write(w, http.StatusUnprocessableEntity, "kontakt", page)
	}
	err := s.deps.Contact.Send(r.Context(), notify.Enquiry{
		Subject: form.Subject.Value, Name: form.Name.Value, Email: form.Email.Value, IK: form.IK.Value, Text: form.Text.Value,
	})
	if err != nil {
		return fmt.Errorf("send enquiry: %w", err)
	}
	http.Redirect(w, r, contactSent, http.StatusSeeOther)
	return nil
}

// parseContact reads the posted form and says what is wrong.
func parseContact(r *http.Request) contactForm {
	form := contactForm{
		Subject: field{Value: typed(r, "betreff")}, Name: field{Value: typed(r, "name")}, Email: field{Value: typed(r, "email")},
		IK: field{Value: digits(typed(r, "ik"))}, Text: field{Value: typedText(r, "nachricht")},
	}
	if !offered(form.Subject.Value) {
		form.Subject.Error = "Wählen Sie einen Betreff."
	}
	if form.Name.Value == "" {
		form.Name.Error = "Geben Sie Ihren Namen ein."
	}
	if a, err := mail.ParseAddress(form.Email.Value); err != nil || a.Address != form.Email.Value {
		form.Email.Error = "Geben Sie eine E-Mail-Adresse ein, unter der wir antworten können, zum Beispiel praxis@beispiel.de."
	}
	if form.IK.Value != "" {
		_, form.IK.Error = parseIK(form.IK.Value)
	}
	switch n := utf8.RuneCountInString(form.Text.Value); {
	case n == 0:
		form.Text.Error = "Schreiben Sie uns, worum es geht."
	case n > maxEnquiryRunes:
		form.Text.Error = fmt.Sprintf("Ihre Nachricht hat %d Zeichen, möglich sind %d.", n, maxEnquiryRunes)
	}
	return form
}

func offered(subject string) bool {
	for _, s := range subjects {
		if s == subject {
			return true
		}
	}
	return false
}

// typedText is typed for a text of several lines.
func typedText(r *http.Request, name string) string {
	v := strings.ReplaceAll(strings.ToValidUTF8(r.PostForm.Get(name), ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return -1
		}
		return c
	}, v))
}
