package kafkaio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/testkafka"
)

func event() kafkaio.Event {
	return kafkaio.Event{
		ID:          "0199f1c2-0000-7000-8000-000000000001",
		Source:      "/senders/123456789",
		Type:        "de.klarbeleg.delivery.v1",
		Time:        time.Date(2026, 11, 25, 9, 30, 0, 123456789, time.UTC),
		ContentType: "application/edifact",
		Key:         "123456789",
		Headers:     map[string][]byte{"dta-auftrag": {0x50, 0xfc}, "ce_subject": []byte("x"), "empty": nil},
		Body:        []byte("UNB+UNOC:3"),
	}
}

func TestEventRoundTrip(t *testing.T) {
	t.Parallel()
	t.Run("DTA-1 an event survives the wire, other headers and bytes included", func(t *testing.T) {
		t.Parallel()
		want := event()
		m, err := want.Message("dta.deliveries")
		if err != nil {
			t.Fatal(err)
		}
		if m.Topic != "dta.deliveries" || string(m.Key) != want.Key {
			t.Errorf("topic %q key %q", m.Topic, m.Key)
		}
		got, err := kafkaio.DecodeEvent(m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("DTA-1 without ce_time the broker's time of the message stands in", func(t *testing.T) {
		t.Parallel()
		m := without(t, kafkaio.HeaderTime)
		m.Time = time.Date(2026, 11, 25, 8, 0, 0, 0, time.FixedZone("", 3600))
		e, err := kafkaio.DecodeEvent(m)
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC); !e.Time.Equal(want) || e.Time.Location() != time.UTC {
			t.Errorf("time %s, want %s", e.Time, want)
		}
	})
}

// without returns the message of event() less one header.
func without(t *testing.T, name string) kafka.Message {
	t.Helper()
	m, err := event().Message("topic")
	if err != nil {
		t.Fatal(err)
	}
	headers := m.Headers
	m.Headers = nil
	for _, h := range headers {
		if h.Key != name {
			m.Headers = append(m.Headers, h)
		}
	}
	if len(m.Headers) != len(headers)-1 {
		t.Fatalf("no header %s to leave out", name)
	}
	return m
}

func TestDecodeEventRefuses(t *testing.T) {
	t.Parallel()
	const secret = "X123456789"
	for _, name := range []string{
		kafkaio.HeaderID, kafkaio.HeaderType, kafkaio.HeaderSource, kafkaio.HeaderSpecVersion, kafkaio.HeaderContentType,
	} {
		for problem, bad := range map[string]string{
			"empty": "", "too long": strings.Repeat(secret, 26), "control character": secret + "\n", "no UTF-8": secret + "\xff",
		} {
			t.Run("DTA-10 "+problem+" "+name, func(t *testing.T) {
				t.Parallel()
				m := without(t, name)
				m.Headers = append(m.Headers, kafka.Header{Key: name, Value: []byte(bad)})
				wantHeaderError(t, m, name, secret)
			})
		}
		t.Run("DTA-10 missing "+name, func(t *testing.T) {
			t.Parallel()
			wantHeaderError(t, without(t, name), name, secret)
		})
	}
	for name, bad := range map[string]string{kafkaio.HeaderTime: "25.11.2026 " + secret, kafkaio.HeaderSpecVersion: "0.3"} {
		t.Run("DTA-10 wrong "+name, func(t *testing.T) {
			t.Parallel()
			m := without(t, name)
			m.Headers = append(m.Headers, kafka.Header{Key: name, Value: []byte(bad)})
			wantHeaderError(t, m, name, secret)
		})
	}
}

func wantHeaderError(t *testing.T, m kafka.Message, name, secret string) {
	t.Helper()
	_, err := kafkaio.DecodeEvent(m)
	var headerErr *kafkaio.HeaderError
	if !errors.As(err, &headerErr) || headerErr.Header != name {
		t.Fatalf("error %v, want one about %s", err, name)
	}
	if strings.Contains(err.Error(), secret) {
		t.Error("OPS-4: the error holds the header's value")
	}
}

func TestMessageRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*kafkaio.Event){
		kafkaio.HeaderID:          func(e *kafkaio.Event) { e.ID = "" },
		kafkaio.HeaderType:        func(e *kafkaio.Event) { e.Type = "" },
		kafkaio.HeaderSource:      func(e *kafkaio.Event) { e.Source = "" },
		kafkaio.HeaderContentType: func(e *kafkaio.Event) { e.ContentType = "" },
		kafkaio.HeaderTime:        func(e *kafkaio.Event) { e.Time = time.Time{} },
	} {
		t.Run("CHK-4 an event with a wrong "+name+" is not sent", func(t *testing.T) {
			t.Parallel()
			e := event()
			change(&e)
			_, err := e.Message("topic")
			var headerErr *kafkaio.HeaderError
			if !errors.As(err, &headerErr) || headerErr.Header != name {
				t.Errorf("error %v, want one about %s", err, name)
			}
		})
	}
}

func TestMessageReservedHeader(t *testing.T) {
	t.Parallel()
	t.Run("CHK-4 a header cannot overwrite a field of the event", func(t *testing.T) {
		t.Parallel()
		e := event()
		e.Headers[kafkaio.HeaderID] = []byte("other")
		_, err := e.Message("topic")
		var headerErr *kafkaio.HeaderError
		if !errors.As(err, &headerErr) || headerErr.Header != kafkaio.HeaderID {
			t.Errorf("error %v, want one about %s", err, kafkaio.HeaderID)
		}
	})
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add("1.0", "id", "type", "source", "text/plain", "2026-11-25T09:00:00Z", "other")
	f.Fuzz(func(t *testing.T, version, id, kind, source, contentType, at, other string) {
		m := kafka.Message{Headers: []kafka.Header{
			{Key: "ce_specversion", Value: []byte(version)},
			{Key: "ce_id", Value: []byte(id)},
			{Key: "ce_type", Value: []byte(kind)},
			{Key: "ce_source", Value: []byte(source)},
			{Key: "content-type", Value: []byte(contentType)},
			{Key: "ce_time", Value: []byte(at)},
			{Key: other, Value: []byte(other)},
		}}
		e, err := kafkaio.DecodeEvent(m)
		if err != nil || e.Time.IsZero() {
			return
		}
		back, err := e.Message("topic")
		if err != nil {
			t.Fatalf("an event that was read cannot be written: %v", err)
		}
		again, err := kafkaio.DecodeEvent(back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMessageSize(t *testing.T) {
	t.Parallel()
	t.Run("DTA-7 a message above the limit is not made", func(t *testing.T) {
		t.Parallel()
		e := event()
		e.Body = make([]byte, kafkaio.MaxMessageBytes)
		if _, err := e.Message("topic"); !errors.Is(err, kafkaio.ErrTooLarge) {
			t.Errorf("error %v, want ErrTooLarge", err)
		}
		e = event()
		e.Headers["dta-auftrag"] = make([]byte, kafkaio.MaxMessageBytes)
		if _, err := e.Message("topic"); !errors.Is(err, kafkaio.ErrTooLarge) {
			t.Errorf("error %v with a large header, want ErrTooLarge", err)
		}
	})
	testkafka.Run(t, "DTA-7 the largest message made passes the broker", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		e := event()
		e.Body = nil
		for n := range 100 {
			e.Headers[fmt.Sprint("h", n)] = make([]byte, 200)
		}
		// Halves the step until the next byte would be one too many.
		var m kafka.Message
		for size, step := 0, kafkaio.MaxMessageBytes; step > 0; step /= 2 {
			e.Body = make([]byte, size+step)
			if largest, err := e.Message(topic); err == nil {
				m, size = largest, size+step
			}
		}
		write(ctx, t, newWriter(t, client), m)
		got := fetch(ctx, t, newReader(t, client, testkafka.Name(t), topic), 1)[0]
		if len(got.Value) != len(m.Value) || len(m.Value) < kafkaio.MaxMessageBytes-64<<10 {
			t.Errorf("%d bytes arrived of %d", len(got.Value), len(m.Value))
		}
	})
}
