package account

import (
	"time"

	"klarbeleg/domain/calendar"
)

// Ending says why a session is over.
type Ending string

// The reasons for the end of a session.
const (
	Lives         Ending = ""
	EndedIdle     Ending = "idle"     // SES-1
	EndedAbsolute Ending = "absolute" // the longest life is over
	EndedCode     Ending = "code"     // no right code in time or in few tries
	EndedLogout   Ending = "logout"
	EndedBy       Ending = "administrator" // REG-8
	EndedAccess   Ending = "access"        // the user lost the access (REG-11)
	EndedSecrets  Ending = "credentials"   // password or one-time secret changed
)

// SessionEnd reports whether a session that began and was last used at these
// instants is over by itself at now. waiting is true before the code was given.
func (s Settings) SessionEnd(created, lastUsed, now time.Time, waiting bool) Ending {
	switch {
	case waiting && !now.Before(created.Add(s.CodeWait)):
		return EndedCode
	case !now.Before(created.Add(s.Absolute)):
		return EndedAbsolute
	case !now.Before(lastUsed.Add(s.Idle)):
		return EndedIdle
	default:
		return Lives
	}
}

// Duty is what a user must do before anything else.
type Duty string

// The duties.
const (
	NoDuty Duty = ""
	// InitialPassword: the password came from somebody else (REG-3).
	InitialPassword Duty = "initial"
	// OldPassword: it is older than the rules allow (SES-2).
	OldPassword Duty = "old"
)

// PasswordDuty returns what a password set at that instant demands at now. Days
// are counted in Berlin: a password set on day 0 must be changed on day
// PasswordDays.
func (s Settings) PasswordDuty(initial bool, setAt, now time.Time) Duty {
	switch {
	case initial:
		return InitialPassword
	case s.PasswordDays > 0 && calendar.InBerlin(now) >= calendar.InBerlin(setAt).AddDays(s.PasswordDays):
		return OldPassword
	default:
		return NoDuty
	}
}

// InitialEnds returns the instant from which an initial password made at that
// instant is refused: the end of its last Berlin day.
func (s Settings) InitialEnds(made time.Time, byPost bool) time.Time {
	days := s.InitialDays
	if byPost {
		days = s.LetterDays
	}
	return calendar.InBerlin(made).AddDays(days).EndInBerlin()
}

// LocksOn returns the first Berlin day on which a user who was last seen at that
// instant is locked (SES-3). Months are those of § 188 BGB: six months after 31
// August is 28 or 29 February, and the lock comes on the day after.
func (s Settings) LocksOn(lastSeen time.Time) calendar.Date {
	return calendar.InBerlin(lastSeen).AddMonths(s.DormantMonths).AddDays(1)
}

// NoticeOn returns the Berlin day from which the user is told about it.
func (s Settings) NoticeOn(lastSeen time.Time) calendar.Date {
	return s.LocksOn(lastSeen).AddDays(-s.DormantNoticeDays)
}
