package dropfolder_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/submit/dropfolder"
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
	root    string // of the blobs
	clock   *clock.Fake
	dir     string
	watcher *dropfolder.Watcher
	payload []byte
	auftrag []byte
}

func setup(t *testing.T) *bundle {
	t.Helper()
	root := filepath.Join(t.TempDir(), "blobs")
	blobs, err := blob.OpenFolder(root)
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
		t: t, db: store.New(testdb.New(t)), blobs: blobs, root: root, clock: clock.NewFake(noon), dir: filepath.Join(t.TempDir(), "eingang"),
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

// wantMoved fails unless the sub-folder holds the files and nothing else.
func (b *bundle) wantMoved(folder string, names ...string) {
	b.t.Helper()
	entries, err := os.ReadDir(filepath.Join(b.dir, folder))
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		_, name, _ := strings.Cut(e.Name(), "-")
		got = append(got, name)
	}
	if !slices.Equal(got, names) {
		b.t.Errorf("in %s: %q, want %q", folder, got, names)
	}
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
		b.wantMoved("angenommen", "TSOL0001.auf", "TSOL0001.edi")
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
		b.wantMoved("unvollstaendig", "TSOL0001.auf")
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
	t.Run("DTA-8 a pair whose size never agrees is taken when it has rested for the limit (F-41)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		half := b.payload[:len(b.payload)/2]
		b.drop("TSOL0001.auf", b.auftrag)
		b.later(limit-time.Second, 0)
		b.drop("TSOL0001.edi", half) // the Auftragsdatei has waited long; the payload has not
		b.later(limit-time.Second, 0)
		b.clock.Add(time.Second)
		b.scan(1)
		rows := b.outbox()
		var ref messages.BlobRef
		if err := json.Unmarshal(rows[0].Body, &ref); err != nil || ref.Size != int64(len(half)) {
			t.Errorf("reference %s, %v", rows[0].Body, err)
		}
	})
	t.Run("DTA-8 an Auftragsdatei that is none holds nothing up", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", bytes.Repeat([]byte("5\x00\xff"), 1<<20))
		b.later(settle, 1)
		if m := b.outbox()[0]; m.Key != "unbekannt" || len(m.Headers[messages.HeaderAuftrag]) > 4096 {
			t.Errorf("key %q, header of %d bytes", m.Key, len(m.Headers[messages.HeaderAuftrag]))
		}
	})
	t.Run("DTA-8 several pairs at once, in order of their names; hidden files, folders and links stay", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, name := range []string{"TSOL0002", "TSOL0001", "TSOL0003"} {
			b.drop(name+".edi", append(bytes.Clone(b.payload), name...))
			b.drop(name+".auf", nil) // announces no size
		}
		b.drop(".hidden.edi", b.payload)
		if err := errors.Join(os.Mkdir(filepath.Join(b.dir, "folder.edi"), 0o700), os.Symlink("/etc/hosts", filepath.Join(b.dir, "link.edi")),
			syscall.Mkfifo(filepath.Join(b.dir, "pipe.edi"), 0o600)); err != nil {
			t.Fatal(err)
		}
		b.later(settle, 3)
		b.later(limit, 0)
		var names []string
		for _, row := range b.outbox() {
			names = append(names, string(row.Headers[messages.HeaderDateiname]))
		}
		if want := []string{"TSOL0001", "TSOL0002", "TSOL0003"}; !slices.Equal(names, want) {
			t.Errorf("published %q, want %q", names, want)
		}
		if want := []string{".hidden.edi", "link.edi", "pipe.edi"}; !slices.Equal(b.left(), want) {
			t.Errorf("left in the folder %q, want %q", b.left(), want)
		}
	})
	t.Run("DTA-1 a crash between the two moves publishes nothing again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("TSOL0001.edi", b.payload)
		b.drop("TSOL0001.auf", b.auftrag)
		// The second move fails: its source is gone when it is due, and comes back.
		held := filepath.Join(b.dir, "angenommen")
		b.scan(0)
		b.clock.Add(settle)
		stamp := b.clock.Now().Format("20060102T150405.000000000")
		if err := os.MkdirAll(filepath.Join(held, stamp+"-TSOL0001.auf"), 0o700); err != nil { // in the way of the move
			t.Fatal(err)
		}
		if _, err := b.watcher.Scan(logging.Into(t.Context(), zap.NewNop())); err == nil || strings.Contains(err.Error(), "TSOL0001") {
			t.Fatalf("error %v, want one that names no file (PRV-1)", err)
		}
		if left := b.left(); !slices.Equal(left, []string{"TSOL0001.auf"}) {
			t.Fatalf("left in the folder: %q", left)
		}
		b.restart()
		b.later(limit, 1)
		if n := len(b.outbox()); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		b.wantMoved("unvollstaendig", "TSOL0001.auf")
	})
	t.Run("DTA-8 the sub-folder for taken files may be removed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i, name := range []string{"TSOL0001", "TSOL0002"} {
			b.drop(name+".edi", b.payload)
			b.drop(name+".auf", b.auftrag)
			b.later(settle, 1)
			b.wantMoved("angenommen", name+".auf", name+".edi")
			if err := os.RemoveAll(filepath.Join(b.dir, "angenommen")); err != nil {
				t.Fatal(err)
			}
			if n := len(b.outbox()); n != i+1 {
				t.Errorf("%d messages", n)
			}
		}
	})
	// F-45
	t.Run("DTA-8 without database or storage the files stay, and are taken when it is back", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.drop("Muster_Erika.edi", b.payload)
		b.drop("Muster_Erika.auf", b.auftrag)
		b.scan(0)
		b.clock.Add(settle)
		fails := func(what string) {
			t.Helper()
			n, err := b.watcher.Scan(logging.Into(t.Context(), zap.NewNop()))
			if err == nil || n != 0 || len(b.left()) != 2 {
				t.Errorf("%s: %d taken, %q left, %v", what, n, b.left(), err)
			}
			if strings.Contains(fmt.Sprint(err), "Muster") {
				t.Errorf("%s: PRV-1: %v", what, err)
			}
		}
		if err := os.Rename(b.root, b.root+".away"); err != nil {
			t.Fatal(err)
		}
		fails("no storage")
		if err := os.Rename(b.root+".away", b.root); err != nil {
			t.Fatal(err)
		}
		if _, err := b.db.Pool().Exec(t.Context(), `alter table outbox rename to outbox_away`); err != nil {
			t.Fatal(err)
		}
		fails("no table")
		if _, err := b.db.Pool().Exec(t.Context(), `alter table outbox_away rename to outbox`); err != nil {
			t.Fatal(err)
		}
		b.scan(1)
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

// interrupted is a blob store during whose Put something happens.
type interrupted struct {
	blob.Store
	by func() error
}

func (s interrupted) Put(ctx context.Context, r io.Reader) (blob.Ref, error) {
	if err := s.by(); err != nil {
		return blob.Ref{}, err
	}
	return s.Store.Put(ctx, r)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]func(b *bundle, file string) error{
		"is written to while it is taken (F-41)": func(b *bundle, file string) error {
			b.drop(file, append(bytes.Clone(b.payload), "more"...))
			return nil
		},
		"cannot be read (F-45)": func(b *bundle, file string) error {
			return fmt.Errorf("store blob: %w", &fs.PathError{Op: "read", Path: filepath.Join(b.dir, file), Err: syscall.EIO})
		},
	} {
		t.Run("DTA-8 a file that "+name+" is left for later", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.blobs = interrupted{b.blobs, func() error { return by(b, "Muster_Erika.edi") }}
			b.restart()
			b.drop("Muster_Erika.edi", b.payload)
			b.drop("Muster_Erika.auf", b.auftrag)
			b.scan(0)
			b.clock.Add(settle)
			n, err := b.watcher.Scan(logging.Into(t.Context(), zap.NewNop()))
			if err == nil || n != 0 || len(b.left()) != 2 || len(b.outbox()) != 0 {
				t.Fatalf("%d taken, %q left, %v", n, b.left(), err)
			}
			if strings.Contains(err.Error(), "Muster") {
				t.Errorf("PRV-1: %v", err)
			}
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("OPS-3 a fault that lasts is logged once, its end too, and a stop ends the watching", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		w, err := dropfolder.New(b.db, b.blobs, clock.System(), dropfolder.Settings{Dir: b.dir, Settle: time.Millisecond, Poll: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		core, logs := observer.New(zap.InfoLevel)
		ctx, stop := context.WithCancel(logging.Into(t.Context(), zap.New(core)))
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		wait := func(what string, ok func() bool) {
			t.Helper()
			limit := time.After(time.Minute)
			for !ok() {
				select {
				case <-limit:
					t.Fatal("never: " + what)
				case <-time.After(time.Millisecond):
				}
			}
		}
		if err := os.Rename(b.dir, b.dir+".away"); err != nil {
			t.Fatal(err)
		}
		wait("the fault is logged", func() bool { return logs.FilterMessage("drop folder").Len() == 1 })
		if err := os.Rename(b.dir+".away", b.dir); err != nil {
			t.Fatal(err)
		}
		wait("the end of the fault is logged", func() bool { return logs.FilterMessage("drop folder is well again").Len() == 1 })
		b.drop("TSOL0001.auf", b.auftrag)
		b.drop("TSOL0001.edi", b.payload)
		wait("the pair is taken", func() bool { return len(b.outbox()) == 1 && len(b.left()) == 0 })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := logs.FilterMessage("drop folder").Len(); n != 1 {
			t.Errorf("the fault was logged %d times", n)
		}
	})
}
