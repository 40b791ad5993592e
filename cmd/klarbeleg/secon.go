package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"klarbeleg/app/intake"
	"klarbeleg/app/keyring"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// seconConfig says how deliveries may come in and with what they are opened (DTA-5).
type seconConfig struct {
	// Plain is the policy for senders with whom nothing is agreed; "" stands for
	// refused, and with --embedded for allowed.
	Plain         string        `env:"PLAIN" json:"plain"`
	IdentityDir   string        `env:"IDENTITY_DIR" json:"identity_dir"`
	TrustDir      string        `env:"TRUST_DIR" json:"trust_dir"`
	PartnerDir    string        `env:"PARTNER_DIR" json:"partner_dir"`
	CRLDir        string        `env:"CRL_DIR" json:"crl_dir"`
	SpoolDir      string        `env:"SPOOL_DIR" json:"spool_dir"`
	MaxBytes      int64         `env:"MAX_BYTES" envDefault:"8589934592" json:"max_bytes"`
	MaxSigningAge time.Duration `env:"MAX_SIGNING_AGE" envDefault:"720h" json:"max_signing_age"`
}

// The policies of seconConfig.Plain.
const (
	plainAllowed = "allowed"
	plainRefused = "refused"
)

func (s seconConfig) folders() keyring.Folders {
	return keyring.Folders{Identities: s.IdentityDir, Trust: s.TrustDir, Partners: s.PartnerDir, CRLs: s.CRLDir}
}

// security is how deliveries come in: the policy, and the keys if there are any.
type security struct {
	intake.Security
	keys *keyring.Keeper // nil: none configured
}

// openSecurity loads keys and certificates; what is wrong with them is an error of
// the configuration.
func openSecurity(s seconConfig, c clock.Clock) (security, error) {
	if s.Plain != "" && s.Plain != plainAllowed && s.Plain != plainRefused {
		return security{}, usage(fmt.Errorf("%sSECON_PLAIN must be %s or %s", envPrefix, plainAllowed, plainRefused))
	}
	if s.MaxBytes <= 0 {
		return security{}, usage(errors.New(envPrefix + "SECON_MAX_BYTES must be positive"))
	}
	out := security{Security: intake.Security{
		PlainAllowed: s.Plain == plainAllowed, MaxBytes: s.MaxBytes, MaxSigningAge: s.MaxSigningAge, SpoolDir: s.SpoolDir,
	}}
	if !s.folders().Set() {
		return out, nil
	}
	keys, err := keyring.Open(s.folders(), c)
	if err != nil {
		return security{}, usage(err)
	}
	out.keys = keys
	out.Keys = func(ctx context.Context) intake.Keys {
		ring := keys.Ring(ctx)
		return intake.Keys{Identities: ring.Identities, Trust: ring.Trust}
	}
	return out, nil
}

// log says at the start what will be taken.
func (s security) log(ctx context.Context) {
	log := logging.From(ctx)
	if s.keys == nil {
		log.Warn("no keys are configured: sealed deliveries go to quarantine", zap.Bool("plain_allowed", s.PlainAllowed))
		return
	}
	ring := s.keys.Ring(ctx)
	log.Info("sealed deliveries can be opened", zap.Int("identities", len(ring.Identities)), zap.Int("partners", len(ring.Partners)),
		zap.Bool("plain_allowed", s.PlainAllowed))
}

// endsSoon is how long before its end a partner's certificate is named.
const endsSoon = 60 * 24 * time.Hour

// notes are sentences about policy, certificates and revocation lists for the
// operators.
func (s security) notes(ctx context.Context, now time.Time) []string {
	policy := "Unverschlüsselte Lieferungen: ohne Vereinbarung abgewiesen."
	if s.PlainAllowed {
		policy = "Unverschlüsselte Lieferungen: auch ohne Vereinbarung angenommen."
	}
	if s.keys == nil {
		return []string{policy, "SECON: keine Schlüssel eingerichtet, verschlüsselte Lieferungen gehen in Quarantäne."}
	}
	out := []string{policy}
	ring := s.keys.Ring(ctx)
	if s.keys.Failed() {
		out = append(out, "SECON: Schlüssel und Zertifikate sind geändert worden und nicht lesbar, die bisherigen gelten weiter.")
	}
	for _, e := range ring.Expiries() {
		if e.Own || e.NotAfter.Sub(now) < endsSoon {
			out = append(out, fmt.Sprintf("SECON: %s Zertifikat des IK %s, %s.", whose(e.Own), e.IK, ending(e.NotAfter, now)))
		}
	}
	lists := ring.Lists()
	if len(lists) == 0 {
		out = append(out, "SECON: keine Sperrliste eingerichtet.")
	}
	for _, l := range lists {
		text := fmt.Sprintf("SECON: Sperrliste von %s, Stand %s (%s alt)", l.Issuer, moment(l.AsOf), age(now.Sub(l.AsOf)))
		if !l.NextUpdate.IsZero() && now.After(l.NextUpdate) {
			text += ", überfällig seit " + moment(l.NextUpdate)
		}
		out = append(out, text+".")
	}
	return out
}

func whose(own bool) string {
	if own {
		return "eigenes"
	}
	return "fremdes"
}

func ending(end, now time.Time) string {
	if now.After(end) {
		return "abgelaufen am " + calendar.InBerlin(end).German()
	}
	return "gültig bis " + calendar.InBerlin(end).German()
}

func moment(t time.Time) string { return t.In(calendar.Berlin()).Format("02.01.2006 15:04") }

// age returns a span in days, below two days in hours.
func age(d time.Duration) string {
	const day, twoDays = 24 * time.Hour, 48 * time.Hour
	if d < twoDays {
		return fmt.Sprintf("%d Stunden", int(d.Hours()))
	}
	return fmt.Sprintf("%d Tage", int(d/day))
}
