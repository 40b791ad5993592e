package account

import (
	"fmt"
	"io"
	"strings"
	"text/template"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/letter"
	"klarbeleg/store"
)

// letterPage is what letters.txt shows.
type letterPage struct {
	Credentials
	Address string
	Until   string
}

// LetterWriter writes the two letters of an approval (REG-2). They are two, so
// that nobody who opens one of them has both factors.
type LetterWriter struct {
	Sender letter.Sender
	// Portal is the address of the portal.
	Portal string
	Day    calendar.Date
}

// Password writes the letter with user name and initial password.
func (w LetterWriter) Password(out io.Writer, r store.Registration, c Credentials) error {
	subject, before, after, err := w.text("letter_password", c)
	if err != nil {
		return err
	}
	return w.write(out, r, subject, []letter.Part{letter.Paragraph(before), letter.Mono(c.Password), letter.Paragraph(after)})
}

// Code writes the letter with the QR code for the authenticator app.
func (w LetterWriter) Code(out io.Writer, r store.Registration, c Credentials) error {
	subject, before, after, err := w.text("letter_code", c)
	if err != nil {
		return err
	}
	return w.write(out, r, subject, []letter.Part{
		letter.Paragraph(before), letter.Squares{Size: c.QR.Size, Dark: c.QR.Dark}, letter.Paragraph(after), letter.Mono(c.SecretText),
	})
}

// text returns the subject and the text before and after the secret.
func (w LetterWriter) text(name string, c Credentials) (subject, before, after string, err error) {
	t, err := template.New("texts").Option("missingkey=error").Parse(mailTexts)
	if err != nil {
		return "", "", "", fmt.Errorf("texts of letters: %w", err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, letterPage{Credentials: c, Address: w.Portal, Until: c.Until.German()}); err != nil {
		return "", "", "", fmt.Errorf("write letter: %w", err)
	}
	subject, rest, _ := strings.Cut(b.String(), "\n\n")
	before, after, _ = strings.Cut(rest, "\n--\n")
	flow := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return flow(subject), flow(before), flow(after), nil
}

func (w LetterWriter) write(out io.Writer, r store.Registration, subject string, parts []letter.Part) error {
	l := letter.Letter{
		Sender: w.Sender, Address: []string{r.Name, r.ContactName, r.Street, r.City}, Subject: subject, Date: w.Day.UTC(),
		Info: []letter.Field{{Label: "Datum", Value: w.Day.German()}, {Label: "IK", Value: r.IKs[0].IK}}, Parts: parts, Page: "Seite %d von %d",
	}
	if err := l.Write(out); err != nil {
		return fmt.Errorf("write letter: %w", err)
	}
	return nil
}
