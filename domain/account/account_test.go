package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"klarbeleg/domain/account"
	"klarbeleg/domain/calendar"
)

// ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.8, 6.2.9, 6.2.11, 6.2.12.
func TestCheckPassword(t *testing.T) {
	t.Parallel()
	known := []string{"Praxis für Physiotherapie Beispiel", "260326822", "b.muster@beispiel.example", "Service-Portal"}
	for password, want := range map[string]account.PasswordFault{
		"elfzeichen1":                                  account.PasswordShort,
		"Zwölf Zeichen":                                account.PasswordFine,
		"äöüßäöüß kurz":                                account.PasswordFine,
		"🌵🌊🚲 drei Bilder":                              account.PasswordFine,
		"  mit Leerzeichen  ":                          account.PasswordFine,
		strings.Repeat("abcdef ghi ", 11) + "abcdefg":  account.PasswordFine, // 128
		strings.Repeat("abcdef ghi ", 11) + "abcdefgh": account.PasswordLong,
		"mit\x00Steuerzeichen":                         account.PasswordUnreal,
		"kein \xff Text, wirklich":                     account.PasswordUnreal,
		"aaaaaaaaaaaa":                                 account.PasswordSimple,
		"abababababab":                                 account.PasswordSimple,
		"qwertzuiop1234":                               account.PasswordSimple,
		"9876543210abcd":                               account.PasswordSimple,
		"1qaz2wsx3edc":                                 account.PasswordFrequent,
		"1QAZ2WSX3EDC":                                 account.PasswordFrequent,
		"Passwort2026!":                                account.PasswordKnown,
		"Physiotherapie1":                              account.PasswordKnown,
		"260326822260326822":                           account.PasswordKnown,
		"b.muster@beispiel.example":                    account.PasswordKnown,
		"Service-Portal-1":                             account.PasswordKnown,
		"Sommer-Herbst-2026":                           account.PasswordKnown,
		"Physiotherapie am Kiosk 7":                    account.PasswordFine,
	} {
		if got := account.CheckPassword(password, known...); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

// ASVS 6.4.1, 6.5.3: initial passwords pass the own rules, are random and have no
// look-alikes.
func TestInitialPassword(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		p := account.NewInitialPassword()
		if len(p) != 16 || strings.ContainsAny(p, "01ilIoO ") || account.CheckPassword(p) != account.PasswordFine || seen[p] {
			t.Fatalf("initial password %q", p)
		}
		seen[p] = true
	}
	if s := account.NewCodeSecret(); len(s) != 20 || slices.Equal(s, account.NewCodeSecret()) {
		t.Error("secret is too short or not random")
	}
}

// REG-9: the vectors of RFC 6238, appendix B, last six digits.
func TestCodeVectors(t *testing.T) {
	t.Parallel()
	for unix, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got := account.CurrentCode([]byte("12345678901234567890"), time.Unix(unix, 0)); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

// REG-9, REG-10, F-64: one step is tolerated, ten minutes are explained, a code
// works once.
func TestMatchCode(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	now := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	step := now.Unix() / 30
	for _, c := range []struct {
		off  time.Duration
		last int64
		want account.CodeMatch
	}{
		{0, 0, account.CodeMatch{Result: account.CodeFits, Step: step}},
		{29 * time.Second, 0, account.CodeMatch{Result: account.CodeFits, Step: step}},
		{31 * time.Second, 0, account.CodeMatch{Result: account.CodeFits, Step: step + 1}},
		{-30 * time.Second, 0, account.CodeMatch{Result: account.CodeFits, Step: step - 1}},
		{-30 * time.Second, step - 1, account.CodeMatch{Result: account.CodeUsed, Step: step - 1}},
		{0, step, account.CodeMatch{Result: account.CodeUsed, Step: step}},
		{90 * time.Second, 0, account.CodeMatch{Result: account.CodeClock, Step: step + 3, Ahead: 90 * time.Second}},
		{-10 * time.Minute, 0, account.CodeMatch{Result: account.CodeClock, Step: step - 20, Ahead: -10 * time.Minute}},
		{11 * time.Minute, 0, account.CodeMatch{}},
	} {
		if got := account.MatchCode(secret, account.CurrentCode(secret, now.Add(c.off)), now, c.last); got != c.want {
			t.Errorf("clock off by %s, last step %d: %+v, want %+v", c.off, c.last-step, got, c.want)
		}
	}
	for _, wrong := range []string{"", "12345", "1234567", "abcdef"} {
		if got := account.MatchCode(secret, wrong, now, 0); got.Result != account.CodeWrong {
			t.Errorf("%q: %+v", wrong, got)
		}
	}
}

func TestCodeTexts(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	if got := account.CodeSecretText(secret); got != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Errorf("text %q", got)
	}
	want := "otpauth://totp/Service-Portal:a+b@praxis.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Service-Portal"
	if got := account.CodeAddress(secret, "Service-Portal", "a+b@praxis.example"); got != want {
		t.Errorf("address %q", got)
	}
}

// SES-1, ASVS 7.3.1, 7.3.2.
func TestSessionEnd(t *testing.T) {
	t.Parallel()
	s := account.DefaultSettings()
	begin := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		used, now time.Duration
		waiting   bool
		want      account.Ending
	}{
		"in use":                     {0, 29*time.Minute + 59*time.Second, false, account.Lives},
		"SES-1 30 minutes idle":      {0, 30 * time.Minute, false, account.EndedIdle},
		"used again":                 {20 * time.Minute, 49 * time.Minute, false, account.Lives},
		"used for 12 hours":          {12*time.Hour - time.Minute, 12 * time.Hour, false, account.EndedAbsolute},
		"code within 5 minutes":      {0, 5*time.Minute - time.Second, true, account.Lives},
		"code after 5 minutes":       {0, 5 * time.Minute, true, account.EndedCode},
		"waiting does not live long": {4 * time.Minute, 6 * time.Minute, true, account.EndedCode},
	} {
		if got := s.SessionEnd(begin, begin.Add(c.used), begin.Add(c.now), c.waiting); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// SES-2, REG-3, ASVS 6.2.10: days in Berlin; the rule can be switched off.
func TestPasswordDuty(t *testing.T) {
	t.Parallel()
	s := account.DefaultSettings()
	set := time.Date(2026, 8, 27, 22, 30, 0, 0, time.UTC) // 28 August in Berlin
	for now, want := range map[time.Time]account.Duty{
		time.Date(2026, 11, 25, 22, 59, 0, 0, time.UTC): account.NoDuty, // day 89
		time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC):  account.OldPassword,
	} {
		if got := s.PasswordDuty(false, set, now); got != want {
			t.Errorf("at %s: %q, want %q", now, got, want)
		}
	}
	if s.PasswordDuty(true, set, set) != account.InitialPassword {
		t.Error("REG-3 an initial password may stay")
	}
	s.PasswordDays = 0
	if s.PasswordDuty(false, set, set.AddDate(9, 0, 0)) != account.NoDuty {
		t.Error("the rule is off and asked for all the same")
	}
}

// SES-3: calendar months, clipped to the end of the month.
func TestDormant(t *testing.T) {
	t.Parallel()
	s := account.DefaultSettings()
	for seen, want := range map[string][2]string{
		"2026-05-24T12:00:00Z": {"2026-11-25", "2026-11-11"},
		"2026-08-31T12:00:00Z": {"2027-03-01", "2027-02-15"},
		"2027-08-31T12:00:00Z": {"2028-03-01", "2028-02-16"},
	} {
		at, err := time.Parse(time.RFC3339, seen)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{s.LocksOn(at).String(), s.NoticeOn(at).String()}; got != want {
			t.Errorf("seen %s: %v, want %v", seen, got, want)
		}
	}
	made := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	if got := calendar.InBerlin(s.InitialEnds(made, false)); got != calendar.MustDate("2026-12-10") {
		t.Errorf("initial password ends on %s", got)
	}
	if got := calendar.InBerlin(s.InitialEnds(made, true)); got != calendar.MustDate("2026-12-26") {
		t.Errorf("initial password by post ends on %s", got)
	}
}

// ASVS 6.1.1, 6.3.1: the numbers of docs/security.md.
func TestBrake(t *testing.T) {
	t.Parallel()
	var got []string
	for n := range 22 {
		if w := account.AccountBrake().Wait(n); w > 0 {
			got = append(got, fmt.Sprintf("%d:%s", n, w))
		}
	}
	if strings.Join(got, " ") != "5:1m0s 10:15m0s 20:12h0m0s 21:12h0m0s" {
		t.Errorf("waits %v", got)
	}
	if b := account.AddressBrake(); b.Wait(29) != 0 || b.Wait(30) != 10*time.Minute || b.Wait(31) != 10*time.Minute {
		t.Error("brake of an address")
	}
}

// REG-5: whatever is changed, an administrator who can log in is left.
func TestAdministratorIsLeft(t *testing.T) {
	t.Parallel()
	states := []account.UserState{account.Invited, account.Active, account.Inactive, account.Locked, account.Deleted}
	roles := []account.Role{account.Administrator, account.Member}
	able := func(users []account.Person) (n int) {
		for _, u := range users {
			if u.Role == account.Administrator && u.State.MayLogIn() {
				n++
			}
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		users := []account.Person{{ID: "0", Role: account.Administrator, State: account.Active}}
		for i := range rapid.IntRange(0, 3).Draw(t, "others") {
			users = append(users, account.Person{
				ID: fmt.Sprint(i + 1), Role: rapid.SampledFrom(roles).Draw(t, "role"), State: rapid.SampledFrom(states).Draw(t, "state"),
			})
		}
		i := rapid.IntRange(0, len(users)-1).Draw(t, "changed")
		actor := users[rapid.IntRange(0, len(users)-1).Draw(t, "actor")].ID
		role, state := rapid.SampledFrom(roles).Draw(t, "new role"), rapid.SampledFrom(states).Draw(t, "new state")
		old := users[i]
		err := account.Change(users, actor, old.ID, role, state)
		if old.State != state && !old.State.Can(state) && !errors.Is(err, account.ErrState) {
			t.Fatalf("%v to %s: %v", old, state, err)
		}
		if actor == old.ID && !state.MayLogIn() && err == nil {
			t.Fatal("took the own access away")
		}
		users[i].Role, users[i].State = role, state
		if err == nil && able(users) == 0 {
			t.Fatalf("nobody is left after %v", users[i])
		}
		if errors.Is(err, account.ErrLastAdministrator) && able(users) != 0 {
			t.Fatalf("refused although %d are left", able(users))
		}
	})
}
