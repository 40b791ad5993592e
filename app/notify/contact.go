package notify

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// KindContact is the kind of mails of the contact form in the mail table.
const KindContact = "contact"

// Enquiry is what a visitor of the portal writes (RP-8). Its texts are the visitor's
// own and bounded by the form.
type Enquiry struct {
	Subject, Name, Email, IK, Text string
}

// Contact hands enquiries over to the support.
type Contact struct {
	db        *store.DB
	clock     clock.Clock
	recipient string
}

// NewContact returns a Contact whose mails go to the recipient.
func NewContact(db *store.DB, c clock.Clock, recipient string) *Contact {
	return &Contact{db, c, recipient}
}

// Send plans the mail to the support; it leaves with the next round of the mailer.
// The same enquiry sent twice within a day, by a second click, is one mail.
func (c *Contact) Send(ctx context.Context, e Enquiry) error {
	now := c.clock.Now()
	day := calendar.InBerlin(now)
	fields := []string{e.Subject, e.Name, e.Email, e.IK, e.Text}
	key := uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(append(fields, day.String()), "\x00")))
	text := fmt.Sprintf("Betreff: %s\nName: %s\nE-Mail: %s\nIK: %s\n\n%s\n", e.Subject, e.Name, e.Email, e.IK, e.Text)
	return c.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := store.PlanMail(ctx, tx, store.Mail{
			ID: uuid.Must(uuid.NewV7()), Kind: KindContact, DedupKey: KindContact + ":" + key.String(), LocalDay: day,
			Recipient: c.recipient, Subject: "Kontakt: " + e.Subject, Text: text, At: now,
		})
		return err
	})
}
