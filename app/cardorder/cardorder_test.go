package cardorder_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"klarbeleg/app/cardorder"
	"klarbeleg/domain/card"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

const parkLimit = 24 * time.Hour

// bundle is the use case on a database of its own.
type bundle struct {
	db      *store.DB
	clock   *clock.Fake
	service *cardorder.Service
	ctx     context.Context
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{db: store.New(testdb.New(t)), clock: clock.NewFake(noon), ctx: logging.Into(t.Context(), zap.NewNop())}
	service, err := cardorder.New(b.db, b.clock, cardorder.Settings{ParkLimit: parkLimit})
	if err != nil {
		t.Fatal(err)
	}
	b.service = service
	return b
}

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// send hands the event over as a message under its own id.
func (b *bundle) send(t testingT, e messages.CardEvent) cardorder.Outcome {
	t.Helper()
	out, err := b.service.Handle(b.ctx, cardorder.Message{ID: e.ID, Body: messages.Encode(e)})
	if err != nil {
		t.Fatalf("handle %s: %v", e.ID, err)
	}
	return out
}

func (b *bundle) status(t testingT, id string) card.Order {
	t.Helper()
	o, err := b.service.Status(b.ctx, id)
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return o
}

// count returns the result of a query for one number.
func (b *bundle) count(t testingT, query string, args ...any) (n int) {
	t.Helper()
	if err := b.db.Pool().QueryRow(b.ctx, query, args...).Scan(&n); err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}

// list returns the first column of a query as texts.
func (b *bundle) list(t testingT, query string, args ...any) []string {
	t.Helper()
	rows, err := b.db.Pool().Query(b.ctx, query, args...)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return out
}

// inv14 checks that accepted events have no gap and no repeat (INV-14), and that
// every order is the fold of its accepted events.
func (b *bundle) inv14(t testingT) {
	t.Helper()
	if bad := b.list(t, `select order_id from card_event group by order_id
		having count(*) <> max(seq) or count(*) <> count(distinct seq) or min(seq) <> 1`); len(bad) > 0 {
		t.Fatalf("INV-14: gap or repeat in %v", bad)
	}
	rows, err := b.db.Pool().Query(b.ctx, `select order_id, sender_seq, event_id, at, type, data from card_event order by order_id, seq`)
	if err != nil {
		t.Fatalf("read events: %v", err)
	}
	orders := map[string]card.Order{}
	var e card.Event
	var typ card.EventType
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&e.OrderID, &e.Seq, &e.ID, &e.At, &typ, &data}, func() error {
		o, ok := orders[e.OrderID]
		if !ok {
			o = card.New(e.OrderID)
		}
		o.Seq = e.Seq - 1 // numbers of refused events are left out
		var err error
		if e.Data, err = card.DecodeData(typ, data); err != nil {
			return err
		}
		e.At = e.At.UTC()
		orders[e.OrderID], err = card.Apply(o, e)
		return err
	})
	if err != nil {
		t.Fatalf("an accepted event is not possible: %v", err)
	}
	for id, want := range orders {
		got := b.status(t, id)
		want.Seq = got.Seq
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order %s is not the fold of its events (-fold +stored):\n%s", id, diff)
		}
	}
	if events, told := b.count(t, `select count(*) from card_event`),
		b.count(t, `select count(distinct event_id) from outbox where kind = 'card_status'`); events != told {
		t.Fatalf("%d accepted events, %d status messages", events, told)
	}
}

// event makes the event with this number.
func event(order string, seq int64, data card.Data) messages.CardEvent {
	return messages.CardEvent{
		ID: fmt.Sprintf("%s.%d.%s", order, seq, card.TypeOf(data)), OrderID: order, Seq: seq,
		Time: noon.Add(time.Duration(seq) * time.Minute), Type: string(card.TypeOf(data)), Data: data,
	}
}

var drafted = card.ApplicationDrafted{Product: card.Physician, Kind: card.First, IssuingBody: "laek-nordrhein", Email: "praxis@arzt.example"}

// mainPath leads from the application to production.
func mainPath(order string) []messages.CardEvent {
	var events []messages.CardEvent
	for i, d := range []card.Data{
		drafted,
		card.ApplicationSubmitted{},
		card.IdentityConfirmed{Method: "postident", IdentOffice: "post-1", Date: 740000, Document: "passport"},
		card.DocumentsReceived{},
		card.DocumentsChecked{Complete: true},
		card.ReleaseRequested{},
		card.ReleaseGranted{},
		card.ProductionStarted{},
	} {
		events = append(events, event(order, int64(i+1), d))
	}
	return events
}

// CRD-1, CRD-5, CRD-7, CRD-18
func TestMainPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	want := []card.State{
		card.StateDrafted, card.StateSubmitted, card.StateSubmitted, card.StateSubmitted, card.StateOrdered,
		card.StateInRelease, card.StateReleased, card.StateInProduction,
	}
	for i, e := range mainPath("KA-1") {
		out := b.send(t, e)
		if out != (cardorder.Outcome{Result: cardorder.Applied, Applied: 1}) {
			t.Fatalf("event %d: %v", i+1, out)
		}
		if got := b.status(t, "KA-1"); got.State != want[i] || got.Seq != int64(i+1) {
			t.Fatalf("after event %d the order is %s at %d, want %s", i+1, got.State, got.Seq, want[i])
		}
		mails := 0
		if i >= 4 {
			mails = 1
		}
		if got := b.count(t, `select count(*) from mail`); got != mails {
			t.Fatalf("%d mails after event %d, want %d", got, i+1, mails)
		}
	}
	b.inv14(t)

	t.Run("CRD-18 each accepted event tells the status once, in order", func(t *testing.T) {
		rows, err := b.db.UnpublishedOutbox(b.ctx)
		if err != nil || len(rows) != len(want) {
			t.Fatalf("%d messages, %v", len(rows), err)
		}
		for i, r := range rows {
			var s messages.CardStatus
			if err := json.Unmarshal(r.Body, &s); err != nil {
				t.Fatal(err)
			}
			if r.Topic != "cards.status" || r.Key != "KA-1" || s.State != string(want[i]) || s.Number != int64(i+1) {
				t.Errorf("message %d: topic %s, key %s, state %s, number %d", i+1, r.Topic, r.Key, s.State, s.Number)
			}
			if strings.Contains(string(r.Body), "arzt.example") {
				t.Errorf("message %d carries the address", i+1)
			}
		}
	})
	t.Run("CRD-7 OPS-4 the confirmation names the order number and nothing of the person", func(t *testing.T) {
		m, ok, err := b.db.TakeDueMail(b.ctx, noon, 10)
		if err != nil || !ok {
			t.Fatalf("no mail is due: %v", err)
		}
		if m.Recipient != drafted.Email || m.Subject != "Ihre Kartenbestellung KA-1: Auftragsbestätigung" {
			t.Errorf("subject %q", m.Subject)
		}
		if !strings.HasPrefix(m.Text, "Guten Tag,") || !strings.Contains(m.Text, "Auftragsnummer KA-1 ist vollständig") ||
			strings.Contains(m.Text, "arzt.example") || strings.Contains(m.Text, "laek") {
			t.Errorf("text:\n%s", m.Text)
		}
		if kind := b.list(t, `select kind from mail`); !slices.Equal(kind, []string{"card_confirmation"}) {
			t.Errorf("kind %v", kind)
		}
	})
	t.Run("CRD-18 an unknown order is not found", func(t *testing.T) {
		if _, err := b.service.Status(b.ctx, "KA-2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// CRD-1, F-26: the same message again does nothing.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, e := range mainPath("KA-1") {
		for n, want := range []cardorder.Result{cardorder.Applied, cardorder.Duplicate, cardorder.Duplicate} {
			if out := b.send(t, e); out.Result != want {
				t.Fatalf("delivery %d of %s: %v", n+1, e.ID, out)
			}
		}
	}
	b.inv14(t)
	if n := b.count(t, `select count(*) from card_event_refused`); n != 0 {
		t.Errorf("%d refused", n)
	}
	if n := b.count(t, `select count(*) from mail`); n != 1 {
		t.Errorf("%d mails", n)
	}
	t.Run("F-27 the same id with other content is no duplicate", func(t *testing.T) {
		e := mainPath("KA-1")[0]
		e.Time = e.Time.Add(time.Hour)
		_, err := b.service.Handle(b.ctx, cardorder.Message{ID: e.ID, Body: messages.Encode(e)})
		if !errors.Is(err, store.ErrIDReused) {
			t.Errorf("got %v", err)
		}
	})
}

// CRD-1: refused events change nothing, are kept whole with their reason, and
// what follows need not wait for them.
func TestRefused(t *testing.T) {
	t.Parallel()
	submitted := func(seq int64) messages.CardEvent { return event("KA-1", seq, card.ApplicationSubmitted{}) }
	bad := event("KA-1", 2, card.ApplicationSubmitted{})
	bad.Type = "card.lost"
	other := event("KA-1", 1, card.ContractCancelled{})
	for _, c := range []struct {
		name          string
		before        []messages.CardEvent
		event         messages.CardEvent
		reason        card.Code
		detail, state string
		next          int64 // number under which the next event is applied
	}{
		{"impossible transition", []messages.CardEvent{event("KA-1", 1, drafted)}, event("KA-1", 2, card.ProductionStarted{}), card.CodeImpossible, "", "drafted", 3},
		{
			"condition not met",
			[]messages.CardEvent{event("KA-1", 1, drafted), submitted(2)},
			event("KA-1", 3, card.DocumentsChecked{Complete: true}), card.CodeCondition, "documents_received", "submitted", 4,
		},
		{"unknown order", nil, event("KA-1", 1, card.ReleaseGranted{}), card.CodeUnknownOrder, "", "none", 2},
		{
			"additional card for a person", nil,
			event("KA-1", 1, card.ApplicationDrafted{Product: card.Dentist, Kind: card.Additional, IssuingBody: "lzk", Email: "a@b.example"}),
			card.CodeKindNotForProduct, "", "none", 2,
		},
		{"number decided before", []messages.CardEvent{event("KA-1", 1, drafted)}, other, card.CodeSequenceTaken, "", "drafted", 2},
		{"against the schema", []messages.CardEvent{event("KA-1", 1, drafted)}, bad, card.CodeSchema, "/type", "", 2},
		{
			"number that another event waits under",
			[]messages.CardEvent{event("KA-1", 1, drafted), event("KA-1", 3, card.DocumentsReceived{})},
			event("KA-1", 3, card.ContractCancelled{}), card.CodeSequenceTaken, "", "drafted", 2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, e := range c.before {
				b.send(t, e)
			}
			before := b.list(t, `select (to_jsonb(o) - 'seq' - 'created_at' - 'updated_at')::text from card_order o where accepted > 0`)
			if out := b.send(t, c.event); out != (cardorder.Outcome{Result: cardorder.Refused, Reason: c.reason, Refused: 1}) {
				t.Fatalf("outcome %v", out)
			}
			if out := b.send(t, c.event); out.Result != cardorder.Duplicate {
				t.Errorf("again: %v", out)
			}
			after := b.list(t, `select (to_jsonb(o) - 'seq' - 'created_at' - 'updated_at')::text from card_order o where accepted > 0`)
			if !slices.Equal(before, after) {
				t.Errorf("the order changed:\n%s\n%s", before, after)
			}
			got := b.list(t, `select concat_ws('|', order_id, seq, message_id, reason, detail, state, convert_from(body, 'UTF8')) from card_event_refused`)
			want := fmt.Sprintf("KA-1|%d|%s|%s|%s|%s|%s", c.event.Seq, c.event.ID, c.reason, c.detail, c.state, messages.Encode(c.event))
			if !slices.Equal(got, []string{want}) {
				t.Errorf("kept %s, want %s", got, want)
			}
			next := event("KA-1", c.next, drafted)
			if len(c.before) > 0 {
				next = event("KA-1", c.next, card.ApplicationAbandoned{})
			}
			if out := b.send(t, next); out.Result != cardorder.Applied {
				t.Errorf("the next event: %v", out)
			}
			b.inv14(t)
		})
	}
}

// CRD-1, F-29: events after a gap wait, and go on when the missing one arrives.
func TestGap(t *testing.T) {
	t.Parallel()
	t.Run("3 and 4 before 2", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		e := mainPath("KA-1")
		for _, c := range []struct {
			seq  int
			want cardorder.Outcome
		}{
			{1, cardorder.Outcome{Result: cardorder.Applied, Applied: 1}},
			{4, cardorder.Outcome{Result: cardorder.Parked}},
			{3, cardorder.Outcome{Result: cardorder.Parked}},
			{3, cardorder.Outcome{Result: cardorder.Duplicate}},
			{6, cardorder.Outcome{Result: cardorder.Parked}},
			{2, cardorder.Outcome{Result: cardorder.Applied, Applied: 3}},
			{5, cardorder.Outcome{Result: cardorder.Applied, Applied: 2}},
		} {
			if out := b.send(t, e[c.seq-1]); out != c.want {
				t.Fatalf("number %d: %v, want %v", c.seq, out, c.want)
			}
		}
		if o := b.status(t, "KA-1"); o.State != card.StateInRelease || o.Seq != 6 {
			t.Errorf("%s at %d", o.State, o.Seq)
		}
		if n := b.count(t, `select count(*) from card_event_parked`); n != 0 {
			t.Errorf("%d still wait", n)
		}
		if n := b.count(t, `select count(*) from mail`); n != 1 {
			t.Errorf("%d mails", n)
		}
		b.inv14(t)
	})
	t.Run("a waiting event turns out impossible", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.send(t, event("KA-1", 2, card.ProductionStarted{}))
		b.send(t, event("KA-1", 3, card.ApplicationSubmitted{}))
		if out := b.send(t, event("KA-1", 1, drafted)); out != (cardorder.Outcome{Result: cardorder.Applied, Applied: 2, Refused: 1}) {
			t.Fatalf("outcome %v", out)
		}
		got := b.list(t, `select concat_ws('|', seq, reason, state, message_id, length(body) > 0) from card_event_refused`)
		if want := []string{"2|impossible_transition|drafted|KA-1.2.production.started|t"}; !slices.Equal(got, want) {
			t.Errorf("kept %v", got)
		}
		if o := b.status(t, "KA-1"); o.State != card.StateSubmitted || o.Seq != 3 || o.Accepted != 2 {
			t.Errorf("%s at %d, %d accepted", o.State, o.Seq, o.Accepted)
		}
		b.inv14(t)
	})
	t.Run("the missing one never comes: reported", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.send(t, event("KA-1", 1, drafted))
		b.send(t, event("KA-1", 4, card.DocumentsReceived{}))
		b.clock.Add(parkLimit)
		b.send(t, event("KA-1", 3, card.ApplicationSubmitted{}))
		b.send(t, event("KA-2", 2, card.ApplicationSubmitted{}))
		if got, err := b.service.Stalled(b.ctx); err != nil || len(got) != 0 {
			t.Fatalf("reported within the limit: %v, %v", got, err)
		}
		b.clock.Add(time.Second)
		got, err := b.service.Stalled(b.ctx)
		if err != nil || len(got) != 1 || got[0].OrderID != "KA-1" || got[0].Missing != 2 || got[0].Waiting != 2 || !got[0].Since.Equal(noon) {
			t.Fatalf("reported %v, %v", got, err)
		}
		b.send(t, event("KA-1", 2, card.ApplicationAbandoned{}))
		b.clock.Add(time.Second)
		if got, err := b.service.Stalled(b.ctx); err != nil || len(got) != 0 {
			t.Errorf("still reported: %v, %v", got, err)
		}
	})
	t.Run("more than an order can have is refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for seq := int64(2); seq <= 101; seq++ {
			if out := b.send(t, event("KA-1", seq, card.PINFailed{PIN: card.CardPIN})); out.Result != cardorder.Parked {
				t.Fatalf("number %d: %v", seq, out)
			}
		}
		if out := b.send(t, event("KA-1", 102, card.PINFailed{PIN: card.CardPIN})); out.Reason != card.CodeTooManyParked {
			t.Errorf("number 102: %v", out)
		}
	})
}

// F-30: a cancellation before its order, early by number or by being the first.
func TestCancelBeforeOrder(t *testing.T) {
	t.Parallel()
	path := mainPath("KA-1")
	renumbered := slices.Clone(path)
	for i := range renumbered {
		renumbered[i].Seq++
	}
	for name, events := range map[string][]messages.CardEvent{
		"number 2, arrives first": append([]messages.CardEvent{event("KA-1", 2, card.ContractCancelled{}), path[0]}, renumbered[2:]...),
		"number 1":                append([]messages.CardEvent{event("KA-1", 1, card.ContractCancelled{})}, renumbered...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, e := range events {
				b.send(t, e)
			}
			if o := b.status(t, "KA-1"); o.State != card.StateCancelled {
				t.Errorf("the order is %s", o.State)
			}
			if n := b.count(t, `select count(*) from card_event where type = 'production.started'`); n != 0 {
				t.Error("production was accepted")
			}
			if n := b.count(t, `select count(*) from mail`); n != 0 {
				t.Error("the order was confirmed")
			}
			b.inv14(t)
		})
	}
}

// CRD-1: two replicas apply the events of one order in order, once.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const orders = 20
	var all []messages.CardEvent
	for i := range orders {
		all = append(all, mainPath(fmt.Sprintf("KA-%d", i))...)
	}
	var group sync.WaitGroup
	for replica := range 4 {
		events := slices.Clone(all)
		rand.New(rand.NewPCG(1, uint64(replica))).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		group.Go(func() {
			for _, e := range events {
				if _, err := b.service.Handle(b.ctx, cardorder.Message{ID: e.ID, Body: messages.Encode(e)}); err != nil {
					t.Errorf("handle: %v", err)
				}
			}
		})
	}
	group.Wait()
	if n := b.count(t, `select count(*) from card_order where state = 'in_production' and seq = 8 and accepted = 8`); n != orders {
		t.Errorf("%d of %d orders in production", n, orders)
	}
	if n := b.count(t, `select count(*) from card_event_parked`) + b.count(t, `select count(*) from card_event_refused`); n != 0 {
		t.Errorf("%d events wait or were refused", n)
	}
	if n := b.count(t, `select count(*) from mail`); n != orders {
		t.Errorf("%d mails for %d orders", n, orders)
	}
	// Ascending outbox ids are ascending numbers: the relay keeps the order.
	if n := b.count(t, `select count(*) from (select (convert_from(body, 'UTF8')::json ->> 'number')::int n,
		row_number() over (partition by key order by id) r from outbox) x where n <> r`); n != 0 {
		t.Errorf("%d status messages out of order", n)
	}
	b.inv14(t)
}

// CRD-1: whatever is repeated, late or missing, the order ends where a simple
// fold over the numbers up to the first gap ends.
func TestRandomSequences(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kinds := []card.Data{
		drafted,
		card.ApplicationSubmitted{},
		card.IdentityConfirmed{Method: "postident", IdentOffice: "p", Date: 740000, Document: "passport"},
		card.DocumentsReceived{},
		card.DocumentsChecked{Complete: true},
		card.DocumentsChecked{Missing: []string{"photo"}},
		card.ReleaseRequested{},
		card.ReleaseGranted{},
		card.ReleaseRefused{Reason: "nein"},
		card.ProductionStarted{},
		card.ContractCancelled{},
		card.ApplicationAbandoned{},
	}
	order := 0
	rapid.Check(t, func(t *rapid.T) {
		order++
		id := fmt.Sprintf("R-%d", order)
		events := mainPath(id)
		for i := range events {
			if rapid.IntRange(0, 5).Draw(t, "other") == 0 {
				events[i] = event(id, int64(i+1), rapid.SampledFrom(kinds).Draw(t, "kind"))
			}
		}
		sent := rapid.SliceOfN(rapid.SampledFrom(events), 0, 6).Draw(t, "repeated")
		for _, e := range events {
			if rapid.IntRange(0, 9).Draw(t, "lost") > 0 {
				sent = append(sent, e)
			}
		}
		for _, e := range rapid.Permutation(sent).Draw(t, "arrival") {
			b.send(t, e)
		}

		want, refused := card.New(id), 0
		for _, e := range events {
			if !slices.ContainsFunc(sent, func(s messages.CardEvent) bool { return s.Seq == e.Seq }) {
				break
			}
			next, err := card.Apply(want, card.Event{ID: e.ID, OrderID: id, Seq: e.Seq, At: e.Time, Data: e.Data.(card.Data)})
			if err != nil {
				refused++
			}
			want = next
		}
		got, err := b.service.Status(b.ctx, id)
		if errors.Is(err, store.ErrNotFound) && want.Accepted == 0 {
			got, err = want, nil
		}
		if err != nil {
			t.Fatalf("status: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-fold +stored:\n%s", diff)
		}
		if n := b.count(t, `select count(*) from card_event_refused where order_id = $1`, id); n != refused {
			t.Fatalf("%d events refused, want %d", n, refused)
		}
		mails := 0
		if slices.Contains(b.list(t, `select convert_from(body, 'UTF8')::json ->> 'state' from outbox where key = $1`, id), "ordered") {
			mails = 1
		}
		if n := b.count(t, `select count(*) from mail where dedup_key like $1`, "card_confirmation/"+id+"/%"); n != mails {
			t.Fatalf("%d confirmations, want %d", n, mails)
		}
	})
	b.inv14(t)
}
