package account

import "errors"

// Errors of a change of a user by an administrator.
var (
	// ErrLastAdministrator: the institution would be left without one.
	ErrLastAdministrator = errors.New("last administrator of the institution")
	// ErrSelf: administrators do not take the access of their own account away.
	ErrSelf = errors.New("own account")
	// ErrState: the state of the user does not allow it.
	ErrState = errors.New("state of the user does not allow it")
)

// Person is a user as the rules for administrators see them.
type Person struct {
	ID    string
	Role  Role
	State UserState
}

// Change checks the change of a user to role and state by the user actor, among
// all users of the institution (REG-5). Administrators who cannot log in do not
// count: somebody must be left who can.
func Change(users []Person, actor, id string, role Role, state UserState) error {
	left := 0
	found := false
	for _, u := range users {
		if u.ID != id {
			if u.Role == Administrator && u.State.MayLogIn() {
				left++
			}
			continue
		}
		found = true
		switch {
		case state != u.State && !u.State.Can(state):
			return ErrState
		case actor == id && (role != u.Role || !state.MayLogIn()):
			return ErrSelf
		case u.Role == Administrator && u.State.MayLogIn() && role == Administrator && state.MayLogIn():
			return nil
		case u.Role != Administrator || !u.State.MayLogIn():
			return nil // no administrator is lost
		}
	}
	if found && left == 0 {
		return ErrLastAdministrator
	}
	return nil
}
