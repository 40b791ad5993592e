package account_test

import (
	"fmt"
	"strings"
	"testing"

	"klarbeleg/domain/account"
)

// REG-2, REG-3: two approvals, no way back from a decision.
func TestRegistrationStates(t *testing.T) {
	t.Parallel()
	all := []account.RegistrationState{
		account.RegistrationSubmitted, account.RegistrationChecked, account.RegistrationApproved, account.RegistrationRefused, account.RegistrationCompleted,
	}
	var got []string
	for _, from := range all {
		for _, to := range all {
			if from.Can(to) {
				got = append(got, fmt.Sprintf("%s>%s", from, to))
			}
		}
	}
	want := "submitted>checked submitted>refused checked>approved checked>refused approved>completed"
	if strings.Join(got, " ") != want {
		t.Errorf("transitions %v", got)
	}
}

// REG-5, REG-11, SES-3: who has access, and how it comes back.
func TestUserStates(t *testing.T) {
	t.Parallel()
	all := []account.UserState{account.Invited, account.Active, account.Inactive, account.Locked, account.Deleted}
	var got, access []string
	for _, from := range all {
		if from.MayLogIn() {
			access = append(access, string(from))
		}
		for _, to := range all {
			if from.Can(to) {
				got = append(got, fmt.Sprintf("%s>%s", from, to))
			}
		}
	}
	want := "invited>invited invited>active invited>inactive invited>locked invited>deleted " +
		"active>invited active>inactive active>locked active>deleted " +
		"inactive>invited inactive>active inactive>deleted locked>invited locked>deleted"
	if strings.Join(got, " ") != want {
		t.Errorf("transitions %v", got)
	}
	if strings.Join(access, " ") != "invited active" {
		t.Errorf("access %v", access)
	}
}
