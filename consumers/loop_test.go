package consumers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"klarbeleg/consumers"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/testkafka"
	"klarbeleg/store"
)

func TestOnce(t *testing.T) {
	t.Parallel()

	// F-03
	testkafka.Run(t, "DTA-1 a message that took effect and was not committed comes again and does nothing", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(5)...)
		done := make(chan struct{}, 1)
		first := b.start(t, func(ctx context.Context, m consumers.Message) error {
			if err := b.effect(ctx, m); err != nil || m.Offset != 2 {
				return err
			}
			done <- struct{}{} // the process dies after its transaction
			<-ctx.Done()
			return ctx.Err()
		})
		receive(t, "the third message has taken effect", done)
		first.stop()
		first.cancelWork()
		first.wait(t)
		if n := b.lag(t); n != 3 {
			t.Fatalf("%d messages are not committed, want 3", n)
		}
		b.start(t, nil)
		b.committed(t)
		b.wantEffects(t, numbers(5))
		if want := []int64{0, 1, 2, 2, 3, 4}; !slices.Equal(b.handled(), want) {
			t.Errorf("handled %v, want %v", b.handled(), want)
		}
	})

	// F-26, F-28
	testkafka.Run(t, "DTA-1 three times everything, two loops, three partitions: once each, in order per key", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 3)
		const keys, perKey = 6, 20
		var out []kafka.Message
		for i := range perKey {
			for k := range keys {
				m := event(fmt.Sprintf("%d-%d", k, i), fmt.Sprintf("%d-%d", k, i))
				m.Key = fmt.Append(nil, "key-", k)
				out = append(out, m)
			}
		}
		b.start(t, nil)
		for range 3 {
			b.write(t, out...)
		}
		b.start(t, nil)
		b.committed(t)
		got := map[string][]string{}
		for _, body := range b.effects(t) {
			key, _, _ := strings.Cut(body, "-")
			got[key] = append(got[key], body)
		}
		for k := range keys {
			var want []string
			for i := range perKey {
				want = append(want, fmt.Sprintf("%d-%d", k, i))
			}
			if key := fmt.Sprint(k); !slices.Equal(got[key], want) {
				t.Errorf("key %s: %q", key, got[key])
			}
		}
		if n := len(b.handled()); n < 3*keys*perKey {
			t.Errorf("%d messages handled, fewer than sent", n)
		}
		b.wantQuarantine(t)
	})

	testkafka.Run(t, "DTA-1 a sender without CloudEvents: the place is the id", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		got := make(chan consumers.Message, 2)
		b.write(t,
			kafka.Message{Key: []byte("key"), Value: []byte("0")},
			kafka.Message{Value: []byte("1"), Headers: []kafka.Header{{Key: "content-type", Value: []byte("text/csv")}, {Key: "own", Value: []byte("x")}}})
		b.start(t, func(ctx context.Context, m consumers.Message) error {
			got <- m
			return b.effect(ctx, m)
		})
		b.committed(t)
		for i, contentType := range []string{"application/octet-stream", "text/csv"} {
			m := <-got
			if want := fmt.Sprintf("%s/0/%d", b.topic, i); m.ID != want || m.Type != b.topic || m.ContentType != contentType || m.Topic != b.topic {
				t.Errorf("message %d: id %q, type %q, content type %q", i, m.ID, m.Type, m.ContentType)
			}
			if own := string(m.Headers["own"]); i == 1 && own != "x" {
				t.Errorf("header own is %q", own)
			}
		}
		b.wantEffects(t, numbers(2))
	})
}

const canary = "X123456789"

// F-31
func TestPoison(t *testing.T) {
	t.Parallel()
	with := func(name, value string) kafka.Message {
		m := event("broken", "body of "+canary)
		m.Headers = slices.DeleteFunc(m.Headers, func(h kafka.Header) bool { return h.Key == name })
		m.Headers = append(m.Headers, kafka.Header{Key: name, Value: []byte(value)})
		return m
	}
	without := func(name string) kafka.Message {
		m := with(name, "")
		m.Headers = m.Headers[:len(m.Headers)-1]
		return m
	}
	nul := with("a\x00b\xff", "x")
	nul.Headers = append(nul.Headers, kafka.Header{Key: kafkaio.HeaderSpecVersion, Value: []byte("7")})
	poison := []struct {
		name    string
		message kafka.Message
		code    string
		id      string // "" is the place
	}{
		{"empty id", with(kafkaio.HeaderID, ""), "envelope", "-"},
		{"id that is no text", with(kafkaio.HeaderID, "\xff\x00"+canary), "envelope", "\uFFFD\uFFFD" + canary},
		{"id of 10 MB", with(kafkaio.HeaderID, strings.Repeat(canary, 1e6)), "envelope", ""},
		{"no id but a version", without(kafkaio.HeaderID), "envelope", ""},
		{"no type", without(kafkaio.HeaderType), "envelope", "broken"},
		{"unknown version", with(kafkaio.HeaderSpecVersion, "0.3"), "envelope", "broken"},
		{"header that is no text", nul, "envelope", "broken"},
		{"0 bytes", event("empty", ""), "empty", "empty"},
		{"null value", func() kafka.Message { m := event("null", "x"); m.Value = nil; return m }(), "empty", "null"},
		{"reason that is no text", event("reason", "reason"), "reason", "reason"},
	}
	testkafka.Run(t, "DTA-10 poison is set aside whole with its reason, the rest goes on", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		good := events(len(poison) + 1)
		var out []kafka.Message
		var codes []string
		for i, p := range poison {
			out = append(out, good[i], p.message)
			codes = append(codes, p.code)
		}
		b.write(t, append(out, good[len(poison)])...)
		r := b.start(t, func(ctx context.Context, m consumers.Message) error {
			switch {
			case len(m.Body) == 0:
				return &consumers.PoisonError{Code: "empty", Err: errors.New("no body")}
			case m.ID == "reason":
				return &consumers.PoisonError{Code: "reason", Err: errors.New("bad \x00\xff text")}
			}
			return b.effect(ctx, m)
		})
		b.committed(t)
		r.end(t)
		b.wantEffects(t, numbers(len(good)))
		b.wantQuarantine(t, codes...)
		if n := r.value(t, "klarbeleg_messages_total", "quarantined"); n != float64(len(poison)) {
			t.Errorf("metric says %v are set aside", n)
		}
		waiting, err := b.db.Quarantine(t.Context(), 100)
		if err != nil || len(waiting) != len(poison) {
			t.Fatalf("%d messages wait, %v", len(waiting), err)
		}
		for _, q := range waiting {
			p := poison[q.Offset/2]
			whole, err := b.db.QuarantinedMessage(t.Context(), q.ID)
			if err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			id := p.id
			switch id {
			case "":
				id = fmt.Sprintf("%s/0/%d", b.topic, q.Offset)
			case "-":
				id = ""
			}
			if whole.MessageID != id || whole.Consumer != b.group || whole.Topic != b.topic || whole.Partition != 0 ||
				string(whole.Key) != "key" || !bytes.Equal(whole.Body, p.message.Value) || !whole.CreatedAt.Equal(noon) {
				t.Errorf("%s: id %.40q, topic %s/%d, key %q, %d bytes", p.name, whole.MessageID, whole.Topic, whole.Partition, whole.Key, len(whole.Body))
			}
			for _, h := range p.message.Headers {
				if got, ok := whole.Headers[h.Key]; ok && !bytes.Equal(got, h.Value) && h.Key != kafkaio.HeaderSpecVersion {
					t.Errorf("%s: header %q changed", p.name, h.Key)
				}
			}
			if strings.Contains(whole.Reason, canary) || whole.Reason == "" {
				t.Errorf("%s: reason %.80q", p.name, whole.Reason)
			}
		}
		for _, line := range r.logs.All() {
			if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, canary) {
				t.Errorf("OPS-4: log line with a value: %.200s", line.Message)
			}
		}
	})

	// F-27
	testkafka.Run(t, "DTA-10 an id used again with other content is set aside, the first one stands", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, event("a", "0"), event("a", "other"), event("a", "0"), event("b", "1"))
		b.start(t, nil)
		b.committed(t)
		b.wantEffects(t, numbers(2))
		if got := b.list(t, `select concat_ws('|', reason_code, message_offset, body) from quarantine`); len(got) != 1 || !strings.HasPrefix(got[0], "id_reused|1|") {
			t.Errorf("set aside: %q", got)
		}
	})

	testkafka.Run(t, "DTA-10 what is set aside and comes again stays one row", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, without(kafkaio.HeaderType))
		for range 2 {
			r := b.start(t, nil)
			b.committed(t)
			r.end(t)
			b.wantQuarantine(t, "envelope")
			commitAt(t, backend, b.group, b.topic, 0)
			if b.lag(t) != 1 {
				t.Fatal("the message does not come again")
			}
		}
	})
}

// commitAt moves the group back.
func commitAt(t *testing.T, backend testkafka.Backend, group, topic string, offset int64) {
	t.Helper()
	api := &kafka.Client{Addr: kafka.TCP(backend.Brokers...), Transport: &kafka.Transport{}}
	defer api.Transport.(*kafka.Transport).CloseIdleConnections()
	eventually(t, "the group takes an offset", func() bool {
		resp, err := api.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
			GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: offset}}},
		})
		return err == nil && resp.Topics[topic][0].Error == nil
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()

	// F-13
	testkafka.Run(t, "OPS-3 a panic sets the message aside after three attempts, the process lives", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(3)...)
		r := b.start(t, func(ctx context.Context, m consumers.Message) error {
			if m.Offset == 1 {
				panic(canary)
			}
			return b.effect(ctx, m)
		})
		b.committed(t)
		r.end(t)
		b.wantEffects(t, []string{"0", "2"})
		b.wantQuarantine(t, "fault")
		if want := []int64{0, 1, 1, 1, 2}; !slices.Equal(b.handled(), want) {
			t.Errorf("handled %v, want %v", b.handled(), want)
		}
		if n := r.value(t, "klarbeleg_panics_total", ""); n != 3 {
			t.Errorf("panics_total = %v, want 3", n)
		}
		lines := r.logs.FilterMessage("panic while handling a message").All()
		if len(lines) != 3 || !strings.HasPrefix(fmt.Sprint(lines[0].ContextMap()["place"]), "loop_test.go:") {
			t.Errorf("log of the panics: %v", lines)
		}
	})

	testkafka.Run(t, "OPS-3 the value of a panic and of an error stays out of the log", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(2)...)
		r := b.start(t, func(ctx context.Context, m consumers.Message) error {
			if m.Offset == 0 {
				panic("KVNR " + canary)
			}
			return b.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, `select '`+canary+`'::date`)
				return err
			})
		})
		b.committed(t)
		r.end(t)
		b.wantQuarantine(t, "fault", "fault")
		for _, line := range r.logs.All() {
			if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, canary) {
				t.Errorf("OPS-4: %s", text)
			}
		}
		if got := b.list(t, `select reason from quarantine`); strings.Contains(strings.Join(got, ""), canary) {
			t.Errorf("OPS-4: %q", got)
		}
	})

	// F-16, F-17, F-21, F-45
	testkafka.Run(t, "OPS-3 a condition that passes is waited for, nothing is set aside and nothing overtakes", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		inTx := func(sql string) func(context.Context) error {
			return func(ctx context.Context) error {
				return b.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, sql)
					return err
				})
			}
		}
		faults := []func(context.Context) error{
			inTx(`do $$ begin raise exception 'the server is starting' using errcode = '57P03'; end $$`),
			inTx(`select pg_terminate_backend(pg_backend_pid())`),
			inTx(`set local statement_timeout = 1; select pg_sleep(60)`),
			func(context.Context) error {
				return fmt.Errorf("keep payload: %w", &fs.PathError{Op: "write", Path: "blob", Err: syscall.ENOSPC})
			},
			func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, time.Microsecond)
				defer cancel()
				<-ctx.Done()
				return ctx.Err()
			},
		}
		// The message at each offset meets its fault as often as a bug would be tried.
		const times = 3
		b.write(t, events(len(faults))...)
		met := make([]int, len(faults))
		var want []int64
		for offset := range faults {
			want = append(want, slices.Repeat([]int64{int64(offset)}, times+1)...)
		}
		r := b.start(t, func(ctx context.Context, m consumers.Message) error {
			if met[m.Offset]++; met[m.Offset] <= times {
				return faults[m.Offset](ctx)
			}
			return b.effect(ctx, m)
		})
		b.committed(t)
		r.end(t)
		b.wantEffects(t, numbers(len(faults)))
		b.wantQuarantine(t)
		if !slices.Equal(b.handled(), want) {
			t.Errorf("handled %v, want %v", b.handled(), want)
		}
		if n := r.value(t, "klarbeleg_messages_total", "retried"); n != float64(times*len(faults)) {
			t.Errorf("metric says %v attempts were repeated", n)
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "OPS-3 a stop lets the work in hand finish and fetches no more", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(3)...)
		begun, finish := make(chan struct{}, 10), make(chan struct{})
		r := b.start(t, func(ctx context.Context, m consumers.Message) error {
			begun <- struct{}{}
			select {
			case <-finish:
			case <-ctx.Done():
				return ctx.Err()
			}
			return b.effect(ctx, m)
		})
		receive(t, "the first message is in work", begun)
		r.stop()
		select {
		case <-r.ended:
			t.Fatal("the loop left its work")
		default:
		}
		close(finish)
		r.wait(t)
		b.wantEffects(t, numbers(1))
		if n := b.lag(t); n != 2 || len(begun) != 0 {
			t.Errorf("%d messages are not committed, %d begun after the stop; want 2 and 0", n, len(begun))
		}
	})

	testkafka.Run(t, "OPS-3 work that is cancelled stays uncommitted, comes again and counts as no attempt", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(2)...)
		begun := make(chan struct{}, 10)
		for range 4 { // more often than a fault is tried
			r := b.start(t, func(ctx context.Context, _ consumers.Message) error {
				begun <- struct{}{}
				<-ctx.Done()
				return errors.New("a step did not get to its end")
			})
			receive(t, "the message is in work", begun)
			r.stop()
			r.cancelWork()
			r.wait(t)
			if n := b.lag(t); n != 2 {
				t.Fatalf("%d messages are not committed, want 2", n)
			}
			if n := r.value(t, "klarbeleg_messages_total", ""); n != 0 {
				t.Errorf("%v attempts are counted", n)
			}
		}
		b.start(t, nil)
		b.committed(t)
		b.wantEffects(t, numbers(2))
		b.wantQuarantine(t)
	})

	testkafka.Run(t, "OPS-3 a stop does not wait for what waits to be tried again", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(1)...)
		tried := make(chan struct{}, 1000)
		r := b.start(t, func(context.Context, consumers.Message) error {
			tried <- struct{}{}
			return context.DeadlineExceeded
		})
		for range 4 {
			receive(t, "the message is tried", tried)
		}
		r.end(t)
		if n := b.lag(t); n != 1 {
			t.Errorf("%d messages are not committed, want 1", n)
		}
		b.start(t, nil)
		b.committed(t)
		b.wantEffects(t, numbers(1))
	})

	testkafka.Run(t, "OPS-3 started and stopped twenty times: nothing is lost, doubled or left running", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		const rounds = 20
		all := events(rounds)
		for i, m := range all {
			b.write(t, m)
			r := b.start(t, nil)
			if i%3 != 0 { // every third is stopped at once
				b.committed(t)
			}
			r.end(t)
		}
		b.start(t, nil)
		b.committed(t)
		b.wantEffects(t, numbers(rounds))
		b.wantQuarantine(t)
	})
}
