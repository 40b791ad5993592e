package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/store/storetest"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	t.Run("REG-9 password and code open a session under a new token; nothing of them is stored", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		waiting, err := b.s.Login(t.Context(), " Leitung@markt.example ", b.admin.password, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		b.wantEnded(waiting, "") // ASVS 6.3.3: no rights before the code
		full, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 0), "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.s.Session(t.Context(), full)
		if err != nil || s.User.Email != "leitung@markt.example" || !s.User.Administrator() || s.Institution.Name != "Praxis am Markt" || s.Duty != domain.InitialPassword {
			t.Errorf("session %+v, %v", s, err)
		}
		if len(full) != 43 || full == waiting {
			t.Errorf("ASVS 7.2.3, 7.2.4: token of %d characters", len(full))
		}
		b.wantEnded(waiting, "")
		stored := b.one(`select query_to_xml('select * from app_user', true, false, '')::text || query_to_xml('select * from user_session', true, false, '')::text
			|| query_to_xml('select * from account_event', true, false, '')::text || query_to_xml('select * from login_brake', true, false, '')::text`)
		secret, err := domain.ParseCodeSecret(b.admin.SecretText)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"password": b.admin.password, "token": string(full), "secret": string(secret), "address": "192.0.2.1"} {
			if strings.Contains(stored, value) {
				t.Errorf("%s is in the database", name)
			}
		}
		if !strings.Contains(stored, "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Error("ASVS 11.4.2: no hash of Argon2id")
		}
	})
	t.Run("ASVS 6.3.8 wrong password, unknown address and no access are one answer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		storetest.AddUser(t, b.db, storetest.AddInstitution(t, b.db, "261234563"), "alt@praxis.example", "active") // without credentials
		for _, try := range [][2]string{{"leitung@markt.example", "falsch falsch falsch"}, {"niemand@markt.example", b.admin.password}, {"alt@praxis.example", ""}, {"", ""}} {
			_, err := b.s.Login(t.Context(), try[0], try[1], "192.0.2.1")
			if !errors.Is(err, account.ErrCredentials) || err.Error() != account.ErrCredentials.Error() {
				t.Errorf("%s: %v", try[0], err)
			}
		}
		if got := b.one(`select count(*) || ' ' || count(user_id) from account_event where kind = 'login_refused'`); got != "4 2" {
			t.Errorf("ASVS 16.3.1: events %s", got)
		}
	})
	t.Run("ASVS 6.5.1 of 20 uses of a code at the same time one passes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		code := b.code(b.admin, 0)
		var passed, used atomic.Int32
		var all sync.WaitGroup
		for range 4 { // four logins, each with five tries
			waiting, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				all.Go(func() {
					_, err := b.s.Code(context.WithoutCancel(t.Context()), waiting, code, "192.0.2.1")
					var ended *account.EndedError
					switch {
					case err == nil:
						passed.Add(1)
					case errors.Is(err, account.ErrCodeUsed), errors.As(err, &ended):
						used.Add(1)
					default:
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if passed.Load() != 1 || used.Load() != 19 {
			t.Errorf("%d passed, %d refused", passed.Load(), used.Load())
		}
	})
	t.Run("REG-10 a wrong clock is tolerated by one step and explained up to ten minutes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		waiting, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		var wrong *account.ClockError
		if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 10*time.Minute), "192.0.2.1"); !errors.As(err, &wrong) || wrong.Ahead != 10*time.Minute {
			t.Errorf("ten minutes ahead: %v", err)
		}
		if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 11*time.Minute), "192.0.2.1"); !errors.Is(err, account.ErrCode) {
			t.Errorf("eleven minutes ahead: %v", err)
		}
		if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, -30*time.Second), "192.0.2.1"); err != nil {
			t.Errorf("half a minute behind: %v", err)
		}
	})
	t.Run("ASVS 6.3.1 five wrong codes or five minutes end the login", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var ended *account.EndedError
		begin := func() account.Token {
			waiting, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			return waiting
		}
		waiting := begin()
		for range domain.MaxCodeTries {
			if _, err := b.s.Code(t.Context(), waiting, "x", "192.0.2.1"); !errors.Is(err, account.ErrCode) {
				t.Fatal(err)
			}
		}
		if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 0), "192.0.2.1"); !errors.As(err, &ended) || ended.Why != domain.EndedCode {
			t.Errorf("sixth code: %v", err)
		}
		waiting = begin()
		b.clock.Add(5 * time.Minute)
		if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 0), "192.0.2.1"); !errors.As(err, &ended) || ended.Why != domain.EndedCode {
			t.Errorf("after five minutes: %v", err)
		}
	})
	t.Run("ASVS 6.4.1 an initial password has an end", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.clock.Set(b.admin.Until.EndInBerlin().Add(-time.Second))
		if _, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1"); err != nil {
			t.Errorf("last second: %v", err)
		}
		b.clock.Add(time.Second)
		if _, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1"); !errors.Is(err, account.ErrInitialExpired) {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("ASVS 11.4.2 a hash with old parameters is renewed at the login", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.s = b.service(account.HashParameters{MemoryKiB: 128, Time: 2, Threads: 1})
		b.login(b.admin)
		if got := b.one(`select substr(password_hash, 1, 27) from app_user`); got != "$argon2id$v=19$m=128,t=2,p=" {
			t.Errorf("hash %s", got)
		}
		b.login(b.admin)
	})
}

// ASVS 6.3.1: the brake per account and per address.
func TestBrake(t *testing.T) {
	t.Parallel()
	fail := func(b *bundle, email, address string) error {
		_, err := b.s.Login(b.Context(), email, "falsch falsch falsch", address)
		return err
	}
	t.Run("ASVS 6.3.1 the sixth attempt waits a minute, also at an address that does not exist; others do not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, email := range []string{"leitung@markt.example", "niemand@markt.example"} {
			for range 5 {
				if err := fail(b, email, "192.0.2.1"); !errors.Is(err, account.ErrCredentials) {
					t.Fatal(err)
				}
			}
			var wait *account.WaitError
			if err := fail(b, strings.ToUpper(email), "192.0.2.9"); !errors.As(err, &wait) || !wait.Until.Equal(b.clock.Now().Add(time.Minute)) {
				t.Errorf("%s: %v", email, err)
			}
		}
		if _, err := b.s.Login(t.Context(), b.admin.User.Email, b.admin.password, "192.0.2.1"); err == nil {
			t.Error("the right password does not wait")
		}
		b.clock.Add(time.Minute)
		b.login(b.admin)
		if got := b.one(`select count(*) from login_brake where failures > 5`); got != "1" { // the address
			t.Errorf("%s counters left", got)
		}
	})
	t.Run("ASVS 6.3.5 the 20th failure stops for twelve hours and tells the user once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i := range 20 {
			if err := fail(b, b.admin.User.Email, fmt.Sprint("192.0.2.", i)); !errors.Is(err, account.ErrCredentials) {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
			b.clock.Add(15 * time.Minute)
		}
		var wait *account.WaitError
		if err := fail(b, b.admin.User.Email, "192.0.2.200"); !errors.As(err, &wait) || wait.Until.Sub(b.clock.Now()) != 12*time.Hour-15*time.Minute {
			t.Errorf("attempt 21: %v", err)
		}
		if got := b.one(`select count(*) || ' ' || min(recipient) from mail where kind = 'account_failures'`); got != "1 leitung@markt.example" {
			t.Errorf("mails %s", got)
		}
	})
	t.Run("ASVS 6.3.1 an address waits after 30 failures at any accounts; right logins do not count", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for range 3 {
			b.login(b.admin)
		}
		for i := range 30 {
			if err := fail(b, fmt.Sprintf("n%d@markt.example", i), "192.0.2.1"); !errors.Is(err, account.ErrCredentials) {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		var wait *account.WaitError
		if err := fail(b, "x@markt.example", "192.0.2.1"); !errors.As(err, &wait) {
			t.Errorf("attempt 31: %v", err)
		}
		if err := fail(b, "y@markt.example", "192.0.2.2"); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("another address: %v", err)
		}
	})
	t.Run("ASVS 6.3.1 attempts at the same time all count", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var tried atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := b.s.Login(context.WithoutCancel(t.Context()), b.admin.User.Email, "falsch falsch falsch", fmt.Sprint("192.0.2.", i))
				if errors.Is(err, account.ErrCredentials) {
					tried.Add(1)
				}
			})
		}
		all.Wait()
		if tried.Load() != 5 {
			t.Errorf("%d passwords were tried", tried.Load())
		}
	})
}
