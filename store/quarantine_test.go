package store_test

import (
	"testing"

	"github.com/google/uuid"

	"klarbeleg/store"
)

func TestSetAside(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	first := store.Quarantined{
		ID: uuid.Must(uuid.NewV7()), Consumer: "deliveries", Topic: "dta.deliveries", MessageID: "dta.deliveries/0/0",
		Body: []byte("one"), Code: "envelope", Reason: "no type", CreatedAt: noon,
	}
	again, other := first, first
	again.ID, other.ID = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	again.MessageID = "replay" // a replay in vain has an id of its own
	other.Body = []byte("two")
	for _, c := range []struct {
		name string
		q    store.Quarantined
		want uuid.UUID
	}{
		{"a message", first, first.ID},
		{"the same message again", again, first.ID},
		{"another body at the same place, in a topic made anew", other, other.ID},
	} {
		got, err := db.SetAside(t.Context(), c.q)
		if err != nil || got != c.want {
			t.Errorf("DTA-10 %s stands as %s (%v), want %s", c.name, got, err, c.want)
		}
	}
	waiting, err := db.Quarantine(t.Context(), 10)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d messages wait (%v), want 2", len(waiting), err)
	}
	if q, err := db.QuarantinedMessage(t.Context(), other.ID); err != nil || string(q.Body) != "two" {
		t.Errorf("DTA-10 the message of the topic made anew is lost: %v", err)
	}
}
