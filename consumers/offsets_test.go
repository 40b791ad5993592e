package consumers_test

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"klarbeleg/internal/testkafka"
)

// F-38
func TestOffsetsNotKept(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "OPS-3 messages removed before they were read are reported, the rest is handled", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(6)...)
		commitAt(t, backend, b.group, b.topic, 2)
		deleteRecords(t, backend, b.topic, 5)
		r := b.start(t, nil)
		b.committed(t)
		r.end(t)
		b.wantEffects(t, []string{"5"})
		r.wantReset(t, 3)
	})

	testkafka.Run(t, "OPS-3 behind the end of a topic all of it is read, done messages are not done again", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		b.write(t, events(3)...)
		r := b.start(t, nil)
		b.committed(t)
		r.end(t)
		commitAt(t, backend, b.group, b.topic, 1000)
		r = b.start(t, nil)
		b.committed(t)
		b.write(t, event("3", "3"))
		eventually(t, "the next message is handled", func() bool { return slices.Contains(b.handled(), 3) })
		r.end(t)
		b.wantEffects(t, numbers(4))
		r.wantReset(t, 0)
	})
}

// wantReset wants one reset, reported with the number of messages that are gone.
func (r *running) wantReset(t *testing.T, gone int64) {
	t.Helper()
	if n := r.value(t, "klarbeleg_offset_resets_total", ""); n != 1 {
		t.Errorf("offset_resets_total = %v, want 1", n)
	}
	lines := r.logs.FilterMessage("place of the group is not kept, reads from the oldest kept message").All()
	if len(lines) != 1 || lines[0].ContextMap()["gone"] != gone {
		t.Errorf("log of the reset: %v", lines)
	}
}

// deleteRecords removes the messages before offset, as retention does (DeleteRecords,
// version 0, which kafka-go does not have).
func deleteRecords(t *testing.T, backend testkafka.Backend, topic string, offset int64) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: time.Minute}).DialContext(t.Context(), "tcp", backend.Brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := []byte{0, 21, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 1} // key, version, correlation, no client, one topic
	request = binary.BigEndian.AppendUint16(request, uint16(len(topic)))
	request = append(request, topic...)
	request = append(request, 0, 0, 0, 1, 0, 0, 0, 0) // partition 0 alone
	request = binary.BigEndian.AppendUint64(request, uint64(offset))
	request = binary.BigEndian.AppendUint32(request, 10_000) // ms
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil {
		t.Fatal(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		t.Fatal(err)
	}
	response := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(conn, response); err != nil {
		t.Fatal(err)
	}
	// The answer ends in the new first offset and an error code.
	end := response[len(response)-10:]
	if first, code := binary.BigEndian.Uint64(end), binary.BigEndian.Uint16(end[8:]); first != uint64(offset) || code != 0 {
		t.Fatalf("first offset %d, error %d", first, code)
	}
}
