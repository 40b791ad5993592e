package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"klarbeleg/app/account"
	"klarbeleg/app/apikey"
	"klarbeleg/internal/broker"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
)

const (
	uploadExample = "../../dta/p302/testdata/302-e-krankentransport-ra1-vk01"
	uploadSender  = "608803019"
	uploadPath    = "/api/v1/deliveries"
)

// uploadBody is the example as multipart/form-data.
func uploadBody(t *testing.T) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range [][2]string{{"auftrag", ".auf"}, {"nutzdaten", ".edi"}} {
		part, err := w.CreateFormFile(p[0], "datei"+p[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, readOr(t, uploadExample+p[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// call is a request to the interface: a POST if it has a body.
type call struct {
	url, key string
	header   map[string]string
	body     []byte
}

// callAPI returns status, Location and body.
func callAPI(t *testing.T, c call) (status int, location, answer string) {
	t.Helper()
	method := http.MethodGet
	if c.body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.url, bytes.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(raw)
}

// postExample uploads the example.
func postExample(t *testing.T, addr, key, idempotency string) (status int, location, answer string) {
	t.Helper()
	contentType, body := uploadBody(t)
	return callAPI(t, call{"http://" + addr + uploadPath, key, map[string]string{"Content-Type": contentType, "Idempotency-Key": idempotency}, body})
}

// readState reads what became of an upload.
func readState(t *testing.T, addr, location, key string) (state string, receipt []byte) {
	t.Helper()
	var answer struct {
		State   string          `json:"state"`
		Receipt json.RawMessage `json:"receipt"`
	}
	status, _, body := callAPI(t, call{url: "http://" + addr + location, key: key})
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("state: %d %s", status, body)
	}
	return answer.State, answer.Receipt
}

// newKey makes a key by the command and returns its id and text.
func newKey(i *instance, ik string) (id, text string) {
	i.t.Helper()
	out := strings.TrimSpace(i.command(exitOK, "api-keys", "create", "--ik", ik, "--name", "Test", "--scope", "deliveries"))
	text = out[strings.LastIndex(out, "\n")+1:]
	return strings.Split(text, "_")[1], text
}

// TestUploadToReceipt is the way of a sender without Kafka: key, upload, receipt
// (DTA-6, DTA-8), through the broker's real protocol.
func TestUploadToReceipt(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	i := serve(t, dir, "--demo=false")
	c, err := addresses(dir)
	if err != nil {
		t.Fatal(err)
	}
	id, key := newKey(i, uploadSender)
	status, location, answer := postExample(t, c.Listen, key, "lieferung-1")
	if status != http.StatusAccepted || !strings.HasPrefix(location, uploadPath+"/") {
		t.Fatalf("DTA-8 upload answered %d: %s", status, answer)
	}
	var receipt []byte
	i.until("the delivery is answered", func() (done bool) {
		var state string
		state, receipt = readState(t, c.Listen, location, key)
		return state == "answered"
	})
	t.Run("DTA-6 the receipt is the message on Kafka, as JSON and as text, by interface and by command", func(t *testing.T) {
		messageID := strings.TrimPrefix(location, uploadPath+"/")
		readTopic(t, c.KafkaBrokers, messages.TopicReceipts, 1) // it is stored before it is published
		if topic := rawTopic(t, c.KafkaBrokers, messages.TopicReceipts); !strings.Contains(topic, string(receipt)) || len(receipt) == 0 {
			t.Errorf("receipt %s, topic %s", receipt, topic)
		}
		_, _, text := callAPI(t, call{url: "http://" + c.Listen + location, key: key, header: map[string]string{"Accept": "text/plain"}})
		if out := i.command(exitOK, "receipt", messageID); out != text || !strings.Contains(out, "Ergebnis:               angenommen") || !strings.Contains(out, "155,08 EUR") {
			t.Errorf("command says\n%s, the interface\n%s", out, text)
		}
		var r messages.Receipt
		if err := json.Unmarshal([]byte(i.command(exitOK, "receipt", "--json", messageID)), &r); err != nil || r.Sums.Billed != 15508 {
			t.Errorf("receipt %+v, %v", r, err)
		}
		if out := i.command(exitOK, "receipt", r.DeliveryID); out != text {
			t.Errorf("by delivery:\n%s", out)
		}
		i.command(exitUsage, "receipt", "0199f1c2-0000-7000-8000-000000000001")
	})
	t.Run("DTA-8 the same request is the same delivery", func(t *testing.T) {
		if status, again, answer := postExample(t, c.Listen, key, "lieferung-1"); status != http.StatusAccepted || again != location {
			t.Errorf("%d %s %s", status, again, answer)
		}
		if out := i.command(exitOK, "status"); !strings.Contains(out, "angenommen              1") {
			t.Errorf("status:\n%s", out)
		}
	})
	t.Run("DTA-8 another institution is refused", func(t *testing.T) {
		_, foreign := newKey(i, "598800016")
		if status, _, answer := postExample(t, c.Listen, foreign, "x"); status != http.StatusForbidden {
			t.Errorf("upload: %d %s", status, answer)
		}
		if status, _, answer := callAPI(t, call{url: "http://" + c.Listen + location, key: foreign}); status != http.StatusNotFound {
			t.Errorf("state: %d %s", status, answer)
		}
	})
	t.Run("DTA-8 a revoked key is refused at once, and listed as such", func(t *testing.T) {
		i.command(exitOK, "api-keys", "revoke", id)
		if status, _, answer := postExample(t, c.Listen, key, "y"); status != http.StatusUnauthorized {
			t.Errorf("upload: %d %s", status, answer)
		}
		out := i.command(exitOK, "api-keys", "list", "--ik", uploadSender)
		if !strings.Contains(out, id) || !strings.Contains(out, "widerrufen") || strings.Contains(out, key) || strings.Contains(out, "598800016") {
			t.Errorf("list:\n%s", out)
		}
		i.command(exitUsage, "api-keys", "revoke", "0000000000")
	})
	t.Run("OPS-3 uploads are counted, and the key is in no log", func(t *testing.T) {
		if m := get(t, c.OperatorListen, "/metrics"); !strings.Contains(m, `klarbeleg_uploads_total{outcome="accepted"} 2`) ||
			!strings.Contains(m, `klarbeleg_uploads_total{outcome="refused"} 1`) {
			t.Errorf("metrics:\n%s", m)
		}
		if strings.Contains(i.log.String(), key[15:]) {
			t.Error("the log holds the key")
		}
	})
	t.Run("all promises hold", func(*testing.T) { i.command(exitOK, "check-invariants") })
}

// F-19, DTA-8: while the broker is away nothing is acknowledged; repeated after it
// is back, the request is one delivery.
func TestUploadWithoutBroker(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the system: skipped by -short")
	}
	data := filepath.Join(t.TempDir(), "broker")
	kafka, err := broker.Start(t.Context(), broker.Config{DataDir: data, Addr: "127.0.0.1:0", Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	addr := kafka.Addrs()[0]
	s, key := uploadSystem(t, addr)
	if err := kafka.Close(); err != nil {
		t.Fatal(err)
	}
	status, _, answer := postExample(t, s.portalAddr, key, "a")
	if status != http.StatusServiceUnavailable || !strings.Contains(answer, "nicht bestätigt") {
		t.Errorf("without a broker: %d %s", status, answer)
	}
	kafka, err = broker.Start(t.Context(), broker.Config{DataDir: data, Addr: addr, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kafka.Close() })
	var location string
	for range 4 { // the relay takes up to 10 s to come back
		if status, location, answer = postExample(t, s.portalAddr, key, "a"); status == http.StatusAccepted {
			break
		}
	}
	if status != http.StatusAccepted {
		t.Fatalf("with the broker back: %d %s", status, answer)
	}
	deadline := time.After(time.Minute)
	for state := ""; state != "answered"; state, _ = readState(t, s.portalAddr, location, key) {
		select {
		case <-deadline:
			t.Fatalf("state is %s", state)
		case <-time.After(50 * time.Millisecond):
		}
	}
	counts, err := s.db.DeliveryCounts(t.Context())
	if err != nil || counts["accepted"] != 1 || len(counts) != 1 {
		t.Errorf("deliveries %v, %v", counts, err)
	}
}

// uploadSystem runs consumers, relay and portal against the broker, and returns
// them with a key.
func uploadSystem(t *testing.T, brokerAddr string) (s *system, key string) {
	t.Helper()
	p := &program{surroundings: surroundings{environ: testEnv, stdout: io.Discard, stderr: io.Discard, stop: func() {}}, clock: clock.System()}
	c, err := p.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c.DatabaseURL = testdb.New(t).Config().ConnString()
	c.KafkaBrokers, c.KafkaReplicas, c.Partitions, c.Consumers = []string{brokerAddr}, 1, 1, 1
	c.SECON.Plain = plainAllowed
	c.Accounts.Keys = []string{account.NewKey("test")}
	c.BlobDir, c.Listen, c.OperatorListen = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	ctx := logging.Into(context.WithoutCancel(t.Context()), zap.NewNop())
	r := &resources{config: c}
	t.Cleanup(r.close)
	for _, step := range []func() error{
		func() error { return r.connect(ctx) }, func() error { return r.openKafka(ctx) }, r.openBlobs, func() error { return r.openSecurity(p) },
		func() error { return r.db.EnsurePartitions(ctx, p.clock.Now()) },
		func() error { return r.kafka.EnsureTopics(ctx, topics(c)...) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = newSystem(ctx, p, r, serveOptions{roles: []string{"consume", "relay", "portal"}}, &hosted{}); err != nil {
		t.Fatal(err)
	}
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	_, key, err = apikey.NewService(r.db, p.clock).Create(ctx, apikey.New{IK: uploadSender, Name: "Test", Scopes: []apikey.Scope{apikey.Deliveries}})
	if err != nil {
		t.Fatal(err)
	}
	return s, key
}
