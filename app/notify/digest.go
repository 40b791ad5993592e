// Package notify writes the daily digest for users of the portal (JOB-1) and
// sends all e-mails that wait in the database. Mails carry counts, dates and the
// address of the portal, nothing of an insured person (PRV-17).
package notify

import (
	"context"
	_ "embed" // the text of the digest
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// KindDigest is the kind of the digest in the mail table; its unique index makes
// it one a day and user.
const KindDigest = "digest"

// pageSize is how many users one transaction serves: memory stays flat with any
// number of them, and a run that was killed goes on behind the last page.
const pageSize = 1000

//go:embed digest.txt
var digestText string

// DigestConfig is what the digest needs to know.
type DigestConfig struct {
	// PortalURL is the address of the portal that the mail names; no path, query
	// or token.
	PortalURL string
	// ReadOnlyGroups are the provider groups whose cases cannot be healed online
	// (CHK-8; portal setting LEGS_READONLY).
	ReadOnlyGroups []string
}

// Digests plans the daily digest.
type Digests struct {
	db    *store.DB
	clock clock.Clock
	cfg   DigestConfig
	text  *template.Template
}

// NewDigests checks cfg and returns the use case.
func NewDigests(db *store.DB, clk clock.Clock, cfg DigestConfig) (*Digests, error) {
	address, err := url.Parse(cfg.PortalURL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" ||
		address.RawQuery != "" || address.Fragment != "" || address.User != nil {
		return nil, fmt.Errorf("address of the portal is no plain http or https address")
	}
	if cfg.ReadOnlyGroups == nil {
		cfg.ReadOnlyGroups = []string{}
	}
	text, err := template.New("digest").Option("missingkey=error").Parse(digestText)
	if err != nil {
		return nil, fmt.Errorf("text of the digest: %w", err)
	}
	return &Digests{db: db, clock: clk, cfg: cfg, text: text}, nil
}

// Digest plans the digests of the Berlin day on which they leave, and returns
// how many it planned. A user gets at most one a day, and none when nothing
// waits (JOB-1): what was planned before is passed over, so it may run twice and
// may stop anywhere.
func (d *Digests) Digest(ctx context.Context, day calendar.Date) (planned int, err error) {
	var after uuid.UUID
	for {
		var users []store.Waiting
		var fresh int
		err := d.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			var err error
			users, err = store.WaitingUsers(ctx, tx, store.WaitingQuery{
				Day: day, Now: d.clock.Now(), After: after, Limit: pageSize, ReadOnly: d.cfg.ReadOnlyGroups,
			})
			if err != nil {
				return err
			}
			if fresh, err = d.plan(ctx, tx, day, users); err != nil {
				return err
			}
			return store.JobProgress(ctx, tx, fresh, 0)
		})
		if err != nil {
			return planned, err
		}
		planned += fresh
		if len(users) < pageSize {
			return planned, nil
		}
		after = users[len(users)-1].User
	}
}

func (d *Digests) plan(ctx context.Context, tx store.Tx, day calendar.Date, users []store.Waiting) (int, error) {
	now := d.clock.Now()
	mails := make([]store.Mail, 0, len(users))
	for _, u := range users {
		if !u.Waits {
			continue
		}
		subject, body, err := d.write(u)
		if err != nil {
			return 0, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return 0, fmt.Errorf("make mail id: %w", err)
		}
		mails = append(mails, store.Mail{
			ID: id, Kind: KindDigest, DedupKey: strings.Join([]string{KindDigest, u.User.String(), day.String()}, "/"),
			User: u.User, LocalDay: day, Recipient: u.Email, Subject: subject, Text: body, At: now,
		})
	}
	return store.PlanMails(ctx, tx, mails...)
}

// digestPage is what digest.txt shows.
type digestPage struct {
	Cases, Corrections, New, FollowUps int
	// Deadline is a German date, "" for none.
	Deadline string
	Portal   string
}

// write returns subject and body; the template separates them by an empty line.
func (d *Digests) write(w store.Waiting) (subject, body string, err error) {
	page := digestPage{
		Cases: w.Cases, Corrections: w.Corrections, New: w.New, FollowUps: w.FollowUps, Portal: d.cfg.PortalURL,
	}
	if w.Deadline != nil {
		// The deadline is the first instant after the last day.
		page.Deadline = calendar.InBerlin(w.Deadline.Add(-time.Nanosecond)).German()
	}
	var text strings.Builder
	if err := d.text.Execute(&text, page); err != nil {
		return "", "", fmt.Errorf("write digest: %w", err)
	}
	subject, body, _ = strings.Cut(text.String(), "\n\n")
	return subject, body, nil
}
