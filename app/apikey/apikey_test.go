package apikey_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"klarbeleg/app/apikey"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

type bundle struct {
	*testing.T
	db    *store.DB
	clock *clock.Fake
	keys  *apikey.Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, db: store.New(testdb.New(t)), clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}
	b.keys = apikey.NewService(b.db, b.clock)
	return b
}

func sound() apikey.New {
	return apikey.New{IK: "598800016", SenderIKs: []string{"598800027"}, Name: "Praxisprogramm", Scopes: []apikey.Scope{apikey.Deliveries}}
}

// create makes a key and returns its id and its text.
func (b *bundle) create(change ...func(*apikey.New)) (apikey.Key, string) {
	b.Helper()
	n := sound()
	for _, c := range change {
		c(&n)
	}
	k, text, err := b.keys.Create(b.Context(), n)
	if err != nil {
		b.Fatal(err)
	}
	return k, text
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	t.Run("DTA-8 the key is known again, with its institution, senders and scopes; the use is noted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		made, text := b.create()
		if !strings.HasPrefix(text, "klb_"+made.ID+"_") || len(text) != 74 {
			t.Errorf("key of %d characters", len(text))
		}
		k, err := b.keys.Authenticate(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if k.ID != made.ID || strings.Join(k.Senders(), " ") != "598800016 598800027" || !k.Allows(apikey.Deliveries) || k.Allows("x") {
			t.Errorf("key %+v", k)
		}
		list, err := b.keys.List(t.Context(), "598800016")
		if err != nil || len(list) != 1 || list[0].LastUsedAt == nil || !list[0].LastUsedAt.Equal(b.clock.Now()) {
			t.Errorf("list %+v, %v", list, err)
		}
	})
	t.Run("DTA-8 the secret is not stored", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, text := b.create()
		var stored []byte
		if err := b.db.Pool().QueryRow(t.Context(), "select query_to_xml('select * from api_key', true, false, '')::text").Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(stored, []byte("598800016")) || bytes.Contains(stored, []byte(text[15:67])) {
			t.Error("the secret is in the table")
		}
	})
	t.Run("DTA-8 anything else is unknown", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, text := b.create()
		_, other := b.create()
		swapped := other[:15] + text[15:]
		for name, wrong := range map[string]string{
			"empty": "", "prefix": "klb_", "cut": text[:73], "longer": text + "0", "upper case": strings.ToUpper(text),
			"typing error": text[:20] + flip(text[20]) + text[21:], "id of another key": swapped, "line feed": text[:73] + "\n",
		} {
			if _, err := b.keys.Authenticate(t.Context(), wrong); !errors.Is(err, apikey.ErrUnknown) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.exec("delete from api_key")
		if _, err := b.keys.Authenticate(t.Context(), text); !errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("deleted: %v", err)
		}
		b.exec("insert into api_key select $1, '598800016', '{}', 'x', sha256(''), '{deliveries}', now(), now() + interval '1 day'", text[4:14])
		if _, err := b.keys.Authenticate(t.Context(), text); !errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("right id, wrong secret: %v", err)
		}
	})
	t.Run("DTA-8 a revoked key ends at once and stays so", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		k, text := b.create()
		for range 2 {
			if err := b.keys.Revoke(t.Context(), k.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := b.keys.Authenticate(t.Context(), text); !errors.Is(err, apikey.ErrRevoked) {
				t.Errorf("revoked: %v", err)
			}
			b.clock.Add(time.Hour)
		}
		list, err := b.keys.List(t.Context(), "")
		if err != nil || !list[0].RevokedAt.Equal(b.clock.Now().Add(-2*time.Hour)) {
			t.Errorf("list %+v, %v", list, err)
		}
		if err := b.keys.Revoke(t.Context(), "0000000000"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown id: %v", err)
		}
	})
	t.Run("DTA-8 a key lives to the end of its last Berlin day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, text := b.create(func(n *apikey.New) { n.ExpiresOn = calendar.MustDate("2026-11-30") })
		b.clock.Set(time.Date(2026, 11, 30, 22, 59, 59, 0, time.UTC))
		if _, err := b.keys.Authenticate(t.Context(), text); err != nil {
			t.Errorf("last second: %v", err)
		}
		b.clock.Add(time.Second)
		if _, err := b.keys.Authenticate(t.Context(), text); !errors.Is(err, apikey.ErrExpired) {
			t.Errorf("next day: %v", err)
		}
	})
	t.Run("DTA-8 a database that is away is no unknown key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, text := b.create()
		b.db.Pool().Close()
		if _, err := b.keys.Authenticate(t.Context(), text); err == nil || errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("%v", err)
		}
	})
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.db.Pool().Exec(b.Context(), sql, args...); err != nil {
		b.Fatal(err)
	}
}

// flip returns another character of the alphabet.
func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

// DTA-8: what cannot be made is refused with a reason.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, spoil := range map[string]func(*apikey.New){
		"IK":            func(n *apikey.New) { n.IK = "59880001" },
		"IK of sender":  func(n *apikey.New) { n.SenderIKs = []string{"abc"} },
		"no scope":      func(n *apikey.New) { n.Scopes = nil },
		"unknown scope": func(n *apikey.New) { n.Scopes = []apikey.Scope{"alles"} },
		"no name":       func(n *apikey.New) { n.Name = " " },
		"long name":     func(n *apikey.New) { n.Name = strings.Repeat("ä", 81) },
		"control":       func(n *apikey.New) { n.Name = "a\nb" },
		"past":          func(n *apikey.New) { n.ExpiresOn = calendar.MustDate("2026-11-24") },
		"above a year":  func(n *apikey.New) { n.ExpiresOn = calendar.MustDate("2027-11-26") },
	} {
		n := sound()
		spoil(&n)
		if _, _, err := b.keys.Create(t.Context(), n); !errors.Is(err, apikey.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := b.keys.List(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("stored %v, %v", list, err)
	}
}
