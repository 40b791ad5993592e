package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/internal/kafkaio"
	"klarbeleg/store"
)

// outboxOf returns a message with a body of the size.
func outboxOf(size int) store.OutboxMessage {
	return store.OutboxMessage{
		EventID: uuid.Must(uuid.NewV7()), Kind: "test", Topic: "topic", Key: "key", Type: "klarbeleg.test.v1", Body: make([]byte, size), At: noon,
	}
}

func addOutbox(t *testing.T, db *store.DB, out ...store.OutboxMessage) error {
	t.Helper()
	return db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error { return store.AddOutbox(ctx, tx, out...) })
}

func TestUnpublishedOutbox(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	many := slices.Repeat([]int{10}, 1500)
	for name, c := range map[string]struct {
		sizes   []int
		batches []int // rows of each batch
	}{
		"nothing":                                {nil, nil},
		"as many as 8 MiB hold":                  {[]int{3 * mib, 3 * mib, 3 * mib, 2 * mib}, []int{2, 2}},
		"exactly 8 MiB":                          {[]int{4 * mib, 4 * mib, 1}, []int{2, 1}},
		"a larger one alone":                     {[]int{15 * mib, 10, 10}, []int{1, 2}},
		"a larger one behind waits for its turn": {[]int{10, 15 * mib, 10}, []int{1, 1, 1}},
		"at most 1000":                           {many, []int{1000, 500}},
		"bodies may be empty":                    {[]int{0, 0}, []int{2}},
	} {
		t.Run("CHK-4 batches are bounded and in order: "+name, func(t *testing.T) {
			t.Parallel()
			db := newDB(t)
			var want, got []uuid.UUID
			for _, size := range c.sizes {
				m := outboxOf(size)
				want = append(want, m.EventID)
				if err := addOutbox(t, db, m, m); err != nil { // the second time does nothing
					t.Fatal(err)
				}
			}
			var batches []int
			for {
				rows, err := db.UnpublishedOutbox(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) == 0 {
					break
				}
				var ids []int64
				for _, r := range rows {
					got, ids = append(got, r.EventID), append(ids, r.ID)
				}
				batches = append(batches, len(rows))
				if err := db.MarkPublished(t.Context(), ids, noon); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(batches, c.batches) {
				t.Errorf("batches of %v rows, want %v", batches, c.batches)
			}
			if !slices.Equal(got, want) {
				t.Error("not all rows once and in the order of writing")
			}
		})
	}
}

// CHK-4: what the relay could never send is refused before it is written.
func TestAddOutboxRefuses(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	for name, change := range map[string]func(*store.OutboxMessage){
		"too large":       func(m *store.OutboxMessage) { m.Body = make([]byte, kafkaio.MaxMessageBytes) },
		"no type":         func(m *store.OutboxMessage) { m.Type = "" },
		"no time":         func(m *store.OutboxMessage) { m.At = time.Time{} },
		"reserved header": func(m *store.OutboxMessage) { m.Headers = map[string][]byte{kafkaio.HeaderID: nil} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, bad := outboxOf(1), outboxOf(1)
			change(&bad)
			err := addOutbox(t, db, good, bad)
			var header *kafkaio.HeaderError
			if !errors.Is(err, kafkaio.ErrTooLarge) && !errors.As(err, &header) {
				t.Errorf("error %v", err)
			}
			found, err := db.MarkFound(t.Context(), []uuid.UUID{good.EventID, bad.EventID}, noon)
			if err != nil || found != 0 {
				t.Errorf("%d rows were written (%v)", found, err)
			}
		})
	}
}

// F-07
func TestMarkFound(t *testing.T) {
	t.Parallel()
	t.Run("CHK-4 marks our unpublished events and nothing else", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		a, b, c := outboxOf(1), outboxOf(1), outboxOf(1)
		c.Topic = "other"
		if err := addOutbox(t, db, a, b, c); err != nil {
			t.Fatal(err)
		}
		if topics, err := db.UnpublishedTopics(t.Context()); err != nil || fmt.Sprint(slices.Sorted(slices.Values(topics))) != "[other topic]" {
			t.Errorf("topics %v, %v", topics, err)
		}
		for n, want := range []int64{2, 0} {
			found, err := db.MarkFound(t.Context(), []uuid.UUID{a.EventID, c.EventID, c.EventID, uuid.New()}, noon)
			if err != nil || found != want {
				t.Errorf("time %d: %d marked, want %d (%v)", n+1, found, want, err)
			}
		}
		rows, err := db.UnpublishedOutbox(t.Context())
		if err != nil || len(rows) != 1 || rows[0].EventID != b.EventID {
			t.Errorf("%d rows are left, %v", len(rows), err)
		}
	})
}
