package account

import "time"

// Settings are the rules that the operator of the portal decides; the published
// service rules are the default.
type Settings struct {
	// Idle ends a session without activity (SES-1); Absolute ends every session.
	Idle, Absolute time.Duration
	// CodeWait is how long the one-time code may take after the password.
	CodeWait time.Duration
	// PasswordDays is the age at which a password must be changed (SES-2); 0 for
	// never.
	PasswordDays int
	// DormantMonths is the time without login after which a user is locked (SES-3);
	// the notice comes DormantNoticeDays earlier.
	DormantMonths, DormantNoticeDays int
	// InitialDays is how long an initial password is valid that an administrator
	// hands over, LetterDays one that goes by post.
	InitialDays, LetterDays int
	// Portal is the name of the portal; it is no part of a password, and
	// authenticator apps show it.
	Portal string
}

// DefaultSettings are the published rules.
func DefaultSettings() Settings {
	return Settings{
		Idle: 30 * time.Minute, Absolute: 12 * time.Hour, CodeWait: 5 * time.Minute,
		PasswordDays: 90, DormantMonths: 6, DormantNoticeDays: 14, InitialDays: 14, LetterDays: 30,
		Portal: "Service-Portal",
	}
}
