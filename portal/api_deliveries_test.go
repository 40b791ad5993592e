package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/apikey"
	"klarbeleg/app/intake"
	"klarbeleg/app/status"
	"klarbeleg/app/submit"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// exampleSender is the IK that the Auftragsdatei of the example names.
const exampleSender = "608803019"

const testUploadMax = 64 << 10

// uploadBundle is a portal that takes deliveries, with nobody who publishes them
// unless asked for.
type uploadBundle struct {
	*testing.T
	handler http.Handler
	db      *store.DB
	blobs   blob.Store
	clock   *clock.Fake
	keys    *apikey.Service
	logs    *observer.ObservedLogs
}

func uploadSetup(t *testing.T, wait time.Duration, change ...func(*Config)) *uploadBundle {
	t.Helper()
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &uploadBundle{T: t, db: store.New(testdb.New(t)), blobs: blobs, clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}
	b.keys = apikey.NewService(b.db, b.clock)
	core, logs := observer.New(zapcore.DebugLevel)
	b.logs = logs
	cfg := testConfig()
	cfg.UploadMax = testUploadMax
	for _, c := range change {
		c(&cfg)
	}
	b.handler, err = New(cfg, Deps{
		Clock: b.clock, Logger: zap.New(core), Status: status.New(b.db, b.clock), Keys: b.keys,
		Uploads: submit.NewUploads(b.db, b.blobs, b.clock, submit.NewMetrics(), submit.Settings{Wait: wait}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// acknowledge marks messages as published until the test ends: what the relay
// does when Kafka has them.
func (b *uploadBundle) acknowledge() {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.publish(ctx)
			}
		}
	}()
	b.Cleanup(func() { cancel(); <-done })
}

// publish marks what waits and returns it.
func (b *uploadBundle) publish(ctx context.Context) []store.OutboxRow {
	rows, err := b.db.UnpublishedOutbox(ctx)
	if err != nil || len(rows) == 0 {
		return nil
	}
	var ids []int64
	for i := range rows {
		ids = append(ids, rows[i].ID)
	}
	if err := b.db.MarkPublished(ctx, ids, b.clock.Now()); err != nil && ctx.Err() == nil {
		b.Error(err)
	}
	return rows
}

func (b *uploadBundle) key(ik string, senders ...string) (id, text string) {
	b.Helper()
	k, text, err := b.keys.Create(b.Context(), apikey.New{IK: ik, SenderIKs: senders, Name: "Test", Scopes: []apikey.Scope{apikey.Deliveries}})
	if err != nil {
		b.Fatal(err)
	}
	return k.ID, text
}

// uploadRequest is one request; the zero value of a field is left out.
type uploadRequest struct {
	key, idempotency string
	contentType      string
	body             []byte
}

// orderedParts is a multipart body with its parts in order: name, content, ...
func orderedParts(t *testing.T, parts ...[2]string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		part, err := w.CreateFormFile(p[0], p[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, p[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// example is an upload of the example with the key.
func (b *uploadBundle) example(key, idempotency string) uploadRequest {
	b.Helper()
	r := uploadRequest{key: key, idempotency: idempotency}
	r.contentType, r.body = orderedParts(b.T, [2]string{"auftrag", string(readExample(b.T, ".auf"))}, [2]string{"nutzdaten", string(readExample(b.T, ".edi"))})
	return r
}

func (b *uploadBundle) post(r uploadRequest) *httptest.ResponseRecorder {
	b.Helper()
	req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, deliveriesPath, bytes.NewReader(r.body))
	req.Header.Set("Content-Type", r.contentType)
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.idempotency != "" {
		req.Header.Set("Idempotency-Key", r.idempotency)
	}
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	return rec
}

func (b *uploadBundle) get(path, key, accept string) *httptest.ResponseRecorder {
	b.Helper()
	req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	return rec
}

// refused checks that the answer is a problem with the status.
func (b *uploadBundle) refused(what string, rec *httptest.ResponseRecorder, want int) {
	b.Helper()
	var p struct {
		Title, Detail, Reference string
		Status                   int
	}
	err := json.Unmarshal(rec.Body.Bytes(), &p)
	if rec.Code != want || rec.Header().Get("Content-Type") != "application/problem+json" || err != nil || p.Status != want || p.Title == "" || p.Detail == "" || p.Reference == "" {
		b.Errorf("%s: %d %s, want %d: %s", what, rec.Code, rec.Header().Get("Content-Type"), want, rec.Body)
	}
	if want == http.StatusUnauthorized && !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer ") {
		b.Errorf("%s: no challenge", what)
	}
	if want == http.StatusServiceUnavailable && rec.Header().Get("Retry-After") == "" {
		b.Errorf("%s: no time to retry", what)
	}
}

// accepted checks that the delivery is taken and returns its address.
func (b *uploadBundle) accepted(rec *httptest.ResponseRecorder) string {
	b.Helper()
	location := rec.Header().Get("Location")
	var answer uploadAnswer
	err := json.Unmarshal(rec.Body.Bytes(), &answer)
	if rec.Code != http.StatusAccepted || err != nil || answer.ID == "" || location != deliveriesPath+"/"+answer.ID {
		b.Fatalf("status %d, location %q: %s", rec.Code, location, rec.Body)
	}
	return location
}

func (b *uploadBundle) messages() (n int) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.Context(), "select count(*) from outbox where kind = 'delivery'").Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func TestUpload(t *testing.T) {
	t.Parallel()
	t.Run("DTA-8 it is acknowledged when Kafka has it, not before, and travels as a reference", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		_, key := b.key(exampleSender)
		answered := make(chan *httptest.ResponseRecorder, 1)
		r := b.example(key, "1")
		go func() { answered <- b.post(r) }()
		var rows []store.OutboxRow
		for len(rows) == 0 {
			var err error
			if rows, err = b.db.UnpublishedOutbox(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case rec := <-answered:
			t.Fatalf("answered %d before Kafka has the message", rec.Code)
		default:
		}
		b.publish(t.Context())
		location := b.accepted(<-answered)
		m := rows[0]
		if m.Key != exampleSender || m.Topic != messages.TopicDeliveries || m.ContentType != messages.ContentTypeBlobRef ||
			!strings.HasSuffix(location, m.EventID.String()) || !bytes.Equal(m.Headers[messages.HeaderAuftrag], readExample(t, ".auf")) {
			t.Errorf("message %+v", m.OutboxMessage)
		}
		var ref messages.BlobRef
		if err := json.Unmarshal(m.Body, &ref); err != nil {
			t.Fatal(err)
		}
		file, err := b.blobs.Open(t.Context(), ref.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if raw, err := io.ReadAll(file); err != nil || !bytes.Equal(raw, readExample(t, ".edi")) {
			t.Errorf("payload differs: %v", err)
		}
	})
	t.Run("DTA-8 a repeated request is the same delivery; another content is refused", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		b.acknowledge()
		_, key := b.key(exampleSender, "598800016")
		_, other := b.key("598800016", exampleSender)
		first := b.accepted(b.post(b.example(key, "a")))
		if again := b.accepted(b.post(b.example(key, "a"))); again != first {
			t.Errorf("%s, then %s", first, again)
		}
		changed := b.example(key, "a")
		changed.contentType, changed.body = orderedParts(t, [2]string{"nutzdaten", string(readExample(t, ".edi"))}, [2]string{"auftrag", strings.Repeat("x", 348)})
		b.refused("other content", b.post(changed), http.StatusUnprocessableEntity)
		if n := b.messages(); n != 1 {
			t.Errorf("%d messages", n)
		}
		if theirs := b.accepted(b.post(b.example(other, "a"))); theirs == first {
			t.Error("the key of one institution is that of another")
		}
	})
	t.Run("DTA-8 without Kafka it is not acknowledged; repeated later it is the same delivery", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Millisecond)
		_, key := b.key(exampleSender)
		b.refused("Kafka away", b.post(b.example(key, "a")), http.StatusServiceUnavailable)
		waiting := b.publish(t.Context())
		if len(waiting) != 1 {
			t.Fatalf("%d messages wait", len(waiting))
		}
		if location := b.accepted(b.post(b.example(key, "a"))); !strings.HasSuffix(location, waiting[0].EventID.String()) {
			t.Errorf("delivery %s, first %s", location, waiting[0].EventID)
		}
	})
	t.Run("DTA-8 without the database it is not acknowledged, and no key is called unknown", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		_, key := b.key(exampleSender)
		r := b.example(key, "a")
		// What a server says that is about to stop.
		if _, err := b.db.Pool().Exec(t.Context(), `create function away() returns trigger language plpgsql as
			$$ begin raise exception 'stopping' using errcode = '57P01'; end $$;
			create trigger away before insert on upload for each statement execute function away()`); err != nil {
			t.Fatal(err)
		}
		b.refused("upload", b.post(r), http.StatusServiceUnavailable)
		if n := b.messages(); n != 0 {
			t.Errorf("%d messages", n)
		}
		if _, err := b.db.Pool().Exec(t.Context(), "create trigger away before update on api_key for each statement execute function away()"); err != nil {
			t.Fatal(err)
		}
		b.refused("key", b.post(r), http.StatusServiceUnavailable)
	})
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	t.Run("DTA-8 only for the own senders, a service company for those it may send for", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		b.acknowledge()
		_, foreign := b.key("598800016")
		_, service := b.key("598800027", "598800016", exampleSender)
		b.refused("foreign sender", b.post(b.example(foreign, "a")), http.StatusForbidden)
		r := b.example(foreign, "b")
		r.contentType, r.body = orderedParts(t, [2]string{"nutzdaten", string(readExample(t, ".edi"))}, [2]string{"auftrag", string(readExample(t, ".auf"))})
		b.refused("foreign sender, payload first", b.post(r), http.StatusForbidden)
		if n := b.messages(); n != 0 {
			t.Errorf("%d messages", n)
		}
		b.accepted(b.post(b.example(service, "a")))
	})
	t.Run("DTA-8 a key that is none, revoked or expired", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		b.acknowledge()
		id, key := b.key(exampleSender)
		b.accepted(b.post(b.example(key, "a")))
		b.refused("no key", b.post(b.example("", "b")), http.StatusUnauthorized)
		b.refused("no real key", b.post(b.example("klb_falsch", "b")), http.StatusUnauthorized)
		if err := b.keys.Revoke(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		b.refused("revoked", b.post(b.example(key, "b")), http.StatusUnauthorized)
		_, key = b.key(exampleSender)
		b.clock.Add(366 * 24 * time.Hour)
		b.refused("expired", b.post(b.example(key, "b")), http.StatusUnauthorized)
		if n := b.messages(); n != 1 {
			t.Errorf("%d messages", n)
		}
		for _, e := range b.logs.All() {
			if line := logLine(e); strings.Contains(line, key[15:60]) || strings.Contains(line, exampleSender) {
				t.Errorf("log line %s", line)
			}
		}
	})
	t.Run("DTA-8 a key without the scope", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		_, key := b.key(exampleSender)
		if _, err := b.db.Pool().Exec(t.Context(), "update api_key set scopes = '{other}'"); err != nil {
			t.Fatal(err)
		}
		b.refused("scope", b.post(b.example(key, "a")), http.StatusForbidden)
		b.refused("scope", b.get(deliveriesPath+"/0199f1c2-0000-7000-8000-000000000001", key, "*/*"), http.StatusForbidden)
	})
	t.Run("DTA-8 wrong keys are throttled by address, and all requests by key", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		_, key := b.key(exampleSender)
		for range maxFailures {
			b.refused("wrong key", b.get(deliveriesPath+"/x", "klb_falsch", "*/*"), http.StatusUnauthorized)
		}
		rec := b.get(deliveriesPath+"/x", key, "*/*")
		b.refused("right key from an address that tried too often", rec, http.StatusTooManyRequests)
		if rec.Header().Get("Retry-After") == "" {
			t.Error("no time to retry")
		}
		b = uploadSetup(t, time.Minute)
		_, key = b.key(exampleSender)
		for range maxPerKey {
			b.refused("unknown upload", b.get(deliveriesPath+"/x", key, "*/*"), http.StatusNotFound)
		}
		b.refused("too many", b.get(deliveriesPath+"/x", key, "*/*"), http.StatusTooManyRequests)
	})
	t.Run("DTA-8 too large, to the byte, and nothing is left of it", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		b.acknowledge()
		_, key := b.key(exampleSender)
		r := b.example(key, "a")
		r.contentType, r.body = orderedParts(t, [2]string{"auftrag", string(readExample(t, ".auf"))}, [2]string{"nutzdaten", strings.Repeat("x", testUploadMax+1)})
		b.refused("one byte above", b.post(r), http.StatusRequestEntityTooLarge)
		r.contentType, r.body = orderedParts(t, [2]string{"auftrag", string(readExample(t, ".auf"))}, [2]string{"nutzdaten", strings.Repeat("x", 3*testUploadMax)})
		b.refused("far above", b.post(r), http.StatusRequestEntityTooLarge)
		for o, err := range b.blobs.List(t.Context()) {
			t.Errorf("a blob of %d bytes is left, %v", o.Size, err)
		}
		r.contentType, r.body = orderedParts(t, [2]string{"auftrag", string(readExample(t, ".auf"))}, [2]string{"nutzdaten", strings.Repeat("x", testUploadMax)})
		b.accepted(b.post(r))
	})
	t.Run("DTA-8 what is no upload", func(t *testing.T) {
		t.Parallel()
		b := uploadSetup(t, time.Minute)
		_, key := b.key(exampleSender)
		auf, edi := [2]string{"auftrag", string(readExample(t, ".auf"))}, [2]string{"nutzdaten", string(readExample(t, ".edi"))}
		for name, parts := range map[string][][2]string{
			"no payload": {auf}, "no Auftragsdatei": {edi}, "nothing": {}, "empty payload": {auf, {"nutzdaten", ""}}, "empty Auftragsdatei": {{"auftrag", ""}, edi},
			"payload twice": {auf, edi, edi}, "unknown part": {auf, edi, {"mehr", "x"}},
		} {
			r := uploadRequest{key: key, idempotency: "a"}
			r.contentType, r.body = orderedParts(t, parts...)
			b.refused(name, b.post(r), http.StatusBadRequest)
		}
		sound := b.example(key, "a")
		for name, r := range map[string]uploadRequest{
			"no multipart":           {key, "a", "application/edifact", readExample(t, ".edi")},
			"cut off":                {key, "a", sound.contentType, sound.body[:len(sound.body)-20]},
			"no boundary":            {key, "a", "multipart/form-data", sound.body},
			"no idempotency key":     {key, "", sound.contentType, sound.body},
			"blank idempotency key":  {key, "a b", sound.contentType, sound.body},
			"longer idempotency key": {key, strings.Repeat("a", 256), sound.contentType, sound.body},
		} {
			b.refused(name, b.post(r), http.StatusBadRequest)
		}
		if n := b.messages(); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}

// handle does what the consumer does with the uploaded delivery.
func (b *uploadBundle) handle() {
	b.Helper()
	var id, sender string
	var body, auftrag []byte
	err := b.db.Pool().QueryRow(b.Context(), `select event_id, key, body, decode(headers ->> 'dta-auftrag', 'base64') from outbox where kind = 'delivery'`).
		Scan(&id, &sender, &body, &auftrag)
	if err != nil {
		b.Fatal(err)
	}
	var ref messages.BlobRef
	if err := json.Unmarshal(body, &ref); err != nil {
		b.Fatal(err)
	}
	service := intake.New(b.db, b.blobs, b.clock, catalogue.All(), intake.Settings{
		Deadlines: billing.DefaultDeadlines(), Security: intake.Security{PlainAllowed: true},
	})
	if err := b.db.EnsurePartitions(b.Context(), b.clock.Now()); err != nil {
		b.Fatal(err)
	}
	_, err = service.Handle(logging.Into(b.Context(), zap.NewNop()), intake.Message{ID: id, Sender: sender, Auftrag: auftrag, Blob: &blob.Ref{Key: ref.SHA256, Size: ref.Size}})
	if err != nil {
		b.Fatal(err)
	}
}

func TestUploadState(t *testing.T) {
	t.Parallel()
	b := uploadSetup(t, time.Minute)
	b.acknowledge()
	_, key := b.key(exampleSender)
	_, foreign := b.key("598800016")
	_, service := b.key("598800027", exampleSender)
	location := b.accepted(b.post(b.example(service, "a")))

	var state stateAnswer
	read := func(key string) {
		t.Helper()
		rec := b.get(location, key, "application/json")
		state = stateAnswer{}
		if err := json.Unmarshal(rec.Body.Bytes(), &state); err != nil || rec.Code != http.StatusOK || rec.Header().Get("Vary") != "Accept" {
			t.Fatalf("%d: %s, %v", rec.Code, rec.Body, err)
		}
	}
	if read(key); state.State != submit.InProgress || state.SenderIK != exampleSender || state.Receipt != nil {
		t.Errorf("DTA-8 before the check: %+v", state)
	}
	if text := b.get(location, key, "text/plain").Body.String(); !strings.Contains(text, "wird geprüft") {
		t.Errorf("text %q", text)
	}
	b.handle()
	for _, k := range []string{key, service} {
		read(k)
		var receipt messages.Receipt
		if err := json.Unmarshal(state.Receipt, &receipt); err != nil || state.State != submit.Answered || receipt.Outcome != "accepted" ||
			receipt.Sums.Billed != 15508 || !strings.HasSuffix(location, receipt.MessageID) {
			t.Errorf("DTA-6 receipt: %+v, %v", state, err)
		}
	}
	rec := b.get(location, key, "text/plain, application/json;q=0.5")
	if text := rec.Body.String(); rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(text, "Ergebnis:               angenommen") ||
		!strings.Contains(text, "155,08 EUR") {
		t.Errorf("DTA-6 as text: %s", text)
	}
	b.refused("DTA-8 another institution's upload", b.get(location, foreign, "*/*"), http.StatusNotFound)
	b.refused("unknown", b.get(deliveriesPath+"/0199f1c2-0000-7000-8000-000000000001", key, "*/*"), http.StatusNotFound)
	b.refused("no key", b.get(location, "", "*/*"), http.StatusUnauthorized)
	if _, err := b.db.Pool().Exec(t.Context(), "update outbox set body = null where kind = 'receipt'"); err != nil {
		t.Fatal(err)
	}
	if read(key); state.State != submit.Erased {
		t.Errorf("erased: %+v", state)
	}
	for len(b.publish(t.Context())) > 0 { // INV-9 asks for an empty outbox
		continue
	}
	if broken, err := b.db.CheckInvariants(t.Context()); err != nil || len(broken) != 0 {
		t.Errorf("invariants %v, %v", broken, err)
	}
}

// DTA-7, G-9: memory does not grow with the size of an upload.
func TestUploadMemory(t *testing.T) { //nolint:paralleltest // counts what the whole process allocates
	const size, most = 96 << 20, 8 << 20
	b := uploadSetup(t, time.Minute, func(c *Config) { c.UploadMax = size })
	b.acknowledge()
	_, key := b.key(exampleSender)
	web := httptest.NewServer(b.handler)
	t.Cleanup(web.Close)
	body, to := io.Pipe()
	parts := multipart.NewWriter(to)
	go func() {
		err := writePart(parts, "auftrag", bytes.NewReader(readExample(t, ".auf")))
		if err == nil {
			err = writePart(parts, "nutzdaten", io.LimitReader(zeros{}, size))
		}
		to.CloseWithError(errors.Join(err, parts.Close()))
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+deliveriesPath, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", parts.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Idempotency-Key", "a")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, err := web.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer := text(t, resp)
	runtime.ReadMemStats(&after)
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%d: %s", resp.StatusCode, answer)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
		t.Errorf("an upload of %d MiB allocates %d KiB", size>>20, allocated>>10)
	}
	for o, err := range b.blobs.List(t.Context()) {
		if err != nil || o.Size != size {
			t.Errorf("blob of %d bytes, %v", o.Size, err)
		}
	}
}

// zeros yields zero bytes for ever.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func writePart(w *multipart.Writer, name string, from io.Reader) error {
	part, err := w.CreateFormFile(name, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, from)
	return err
}
