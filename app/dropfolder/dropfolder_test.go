package dropfolder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"klarbeleg/app/dropfolder"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

const (
	settle = 2 * time.Second
	limit  = 15 * time.Minute
)

type bundle struct {
	t       *testing.T
	db      *store.DB
	blobs   blob.Store
	clock   *clock.Fake
	dir     string
	watcher *dropfolder.Watcher
	payload []byte
	auftrag []byte
}

func setup(t *testing.T) *bundle {
	t.Helper()
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	result, err := gen.Write(&file, gen.Options{Gruppe: 'E', Rechnungsart: 1, Faelle: 3, Erstellt: noon.Add(-24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	auftrag, err := result.Auftrag.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{
		t: t, db: store.New(testdb.New(t)), blobs: blobs, clock: clock.NewFake(noon), dir: filepath.Join(t.TempDir(), "eingang"),
		payload: file.Bytes(), auftrag: auftrag,
	}
	b.restart()
	return b
}

// restart makes a watcher that has seen nothing, as a new process would.
func (b *bundle) restart() {
	b.t.Helper()
	w, err := dropfolder.New(b.db, b.blobs, b.clock, dropfolder.Settings{Dir: b.dir, Settle: settle, Limit: limit})
	if err != nil {
		b.t.Fatal(err)
	}
	b.watcher = w
}

func (b *bundle) drop(name string, content []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), content, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// scan looks at the folder and expects so many deliveries.
func (b *bundle) scan(want int) {
	b.t.Helper()
	got, err := b.watcher.Scan(logging.Into(b.t.Context(), zaptest.NewLogger(b.t)))
	if err != nil || got != want {
		b.t.Fatalf("%d deliveries published, want %d, %v", got, want, err)
	}
}

// later scans once so that the watcher sees the files, and again after d.
func (b *bundle) later(d time.Duration, want int) {
	b.t.Helper()
	b.scan(0)
	b.clock.Add(d)
	b.scan(want)
}

func (b *bundle) outbox() []store.OutboxRow {
	b.t.Helper()
	rows, err := b.db.UnpublishedOutbox(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

func (b *bundle) left() (names []string) {
	b.t.Helper()
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestScan(t *testing.T) {
	t.Parallel()
	t.Run("DTA-8 DTA-7 a pair at rest is published as a reference and moved away", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", b.auftrag)
		b.later(settle, 1)
		rows := b.outbox()
		if len(rows) != 1 || rows[0].Topic != messages.TopicDeliveries || rows[0].ContentType != messages.ContentTypeBlobRef ||
			!bytes.Equal(rows[0].Headers[messages.HeaderAuftrag], b.auftrag) || string(rows[0].Headers[messages.HeaderDateiname]) != "TSOL0001" {
			t.Errorf("outbox %+v", rows)
		}
		if left := b.left(); len(left) != 0 {
			t.Errorf("left in the folder: %v", left)
		}
		if moved, _ := filepath.Glob(filepath.Join(b.dir, "angenommen", "*TSOL0001*")); len(moved) != 2 {
			t.Errorf("moved %v", moved)
		}
	})
	t.Run("DTA-8 a half-written file waits until its size agrees and it rests (F-41)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.auf", b.auftrag)
		b.drop("TSOL0001.edi", b.payload[:len(b.payload)/2])
		b.later(5*time.Minute, 0)
		b.drop("TSOL0001.edi", b.payload)
		b.later(settle, 1)
	})
	t.Run("DTA-8 the files of a pair may come in any order, whatever the case of the ending (F-42)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001", b.payload)
		b.later(time.Minute, 0)
		b.drop("TSOL0001.AUF", b.auftrag)
		b.later(settle, 1)
	})
	t.Run("DTA-8 a single file is taken after the limit, and the receipt will say what is missing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.edi", b.payload)
		b.later(limit, 1)
		if rows := b.outbox(); len(rows[0].Headers[messages.HeaderAuftrag]) != 0 {
			t.Error("an Auftragsdatei came from nowhere")
		}
	})
	t.Run("DTA-8 an Auftragsdatei alone is set aside after the limit", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.auf", b.auftrag)
		b.later(limit, 1)
		if len(b.outbox()) != 0 || len(b.left()) != 0 {
			t.Error("it was published or is still there")
		}
	})
	t.Run("DTA-1 a crash between commit and move does not publish twice", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", b.auftrag)
		info, err := os.Stat(filepath.Join(b.dir, "TSOL0001.edi"))
		if err != nil {
			t.Fatal(err)
		}
		b.later(settle, 1)
		// As if the move had not happened: the same files are there again.
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", b.auftrag)
		if err := os.Chtimes(filepath.Join(b.dir, "TSOL0001.edi"), info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		b.restart()
		b.later(settle, 1)
		if n := len(b.outbox()); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
	t.Run("DTA-8 the same content dropped again later is a delivery of its own (F-43)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, name := range []string{"TSOL0001", "TSOL0002"} {
			b.drop(name+".edi", b.payload)
			b.drop(name+".auf", b.auftrag)
			b.later(settle, 1)
		}
		if n := len(b.outbox()); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
	t.Run("DTA-8 a folder that vanishes is an error, and work goes on when it is back (F-45)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if err := os.Rename(b.dir, b.dir+".away"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.watcher.Scan(t.Context()); err == nil {
			t.Error("no error")
		}
		if err := os.Rename(b.dir+".away", b.dir); err != nil {
			t.Fatal(err)
		}
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", b.auftrag)
		b.later(settle, 1)
	})
}
