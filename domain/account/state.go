package account

import "slices"

// RegistrationState is the state of an institution's registration.
type RegistrationState string

// The states of a registration; docs/states/account.md draws them.
const (
	// RegistrationSubmitted: it waits for the first operator.
	RegistrationSubmitted RegistrationState = "submitted"
	// RegistrationChecked: one operator has approved it; it waits for another one.
	RegistrationChecked RegistrationState = "checked"
	// RegistrationApproved: two operators have approved it; the letters are made.
	RegistrationApproved RegistrationState = "approved"
	// RegistrationRefused: an operator has refused it.
	RegistrationRefused RegistrationState = "refused"
	// RegistrationCompleted: the first user has changed the password (REG-3).
	RegistrationCompleted RegistrationState = "completed"
)

// Can reports whether a registration in state s may become next.
func (s RegistrationState) Can(next RegistrationState) bool {
	switch s {
	case RegistrationSubmitted:
		return next == RegistrationChecked || next == RegistrationRefused
	case RegistrationChecked:
		return next == RegistrationApproved || next == RegistrationRefused
	case RegistrationApproved:
		return next == RegistrationCompleted
	case RegistrationRefused, RegistrationCompleted:
		return false
	default:
		panic("account: unknown state of a registration")
	}
}

// UserState is the state of a user.
type UserState string

// The states of a user; docs/states/account.md draws them.
const (
	// Invited: credentials exist; the password has not been changed yet.
	Invited UserState = "invited"
	// Active: may work.
	Active UserState = "active"
	// Inactive: an administrator has taken the access away (REG-11).
	Inactive UserState = "inactive"
	// Locked: not used for months (SES-3).
	Locked UserState = "locked"
	// Deleted: gone; the row stays for the history until retention erases it.
	Deleted UserState = "deleted"
)

// Can reports whether a user in state s may become next. Locked and inactive
// users come back by new credentials, that is as invited; an inactive one also
// with the old ones.
func (s UserState) Can(next UserState) bool {
	switch s {
	case Invited:
		return slices.Contains([]UserState{Invited, Active, Inactive, Locked, Deleted}, next)
	case Active:
		return slices.Contains([]UserState{Invited, Inactive, Locked, Deleted}, next)
	case Inactive:
		return slices.Contains([]UserState{Invited, Active, Deleted}, next)
	case Locked:
		return slices.Contains([]UserState{Invited, Deleted}, next)
	case Deleted:
		return false
	default:
		panic("account: unknown state of a user")
	}
}

// MayLogIn reports whether a user in this state has access at all (REG-11).
func (s UserState) MayLogIn() bool { return s == Invited || s == Active }

// Role is what a user may do in the own institution (REG-5).
type Role string

// The roles.
const (
	Administrator Role = "administrator"
	Member        Role = "user"
)

// Valid reports whether r is a role.
func (r Role) Valid() bool { return r == Administrator || r == Member }
