// Package dropfolder is the door for senders without Kafka (DTA-8): it watches a
// folder for pairs of Nutzdatendatei and Auftragsdatei and publishes each as a
// delivery. Only what is complete and at rest is touched, and
// a file leaves the folder only after its delivery is committed (F-41, F-42).
package dropfolder

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/app/submit"
	"klarbeleg/dta/auftrag"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// Settings of the folder.
type Settings struct {
	Dir string
	// Settle is how long files must be unchanged before they count as complete.
	Settle time.Duration
	// Limit is how long a single or incomplete file may stay unchanged before it
	// is taken as it is; the receipt then says what is missing.
	Limit time.Duration
	// Poll is how often the folder is looked at.
	Poll time.Duration
}

// Defaults fills what is not set.
func (s Settings) Defaults() Settings {
	s.Settle = cmp.Or(s.Settle, 2*time.Second)
	s.Limit = cmp.Or(s.Limit, 15*time.Minute)
	s.Poll = cmp.Or(s.Poll, time.Second)
	return s
}

// Sub-folders to which files are moved: those of a delivery, and an Auftragsdatei
// to which no Nutzdatendatei came.
const (
	taken      = "angenommen"
	incomplete = "unvollstaendig"
)

// errChanged says that a file is written to while it is taken.
var errChanged = errors.New("file changed while it was read")

// namespace makes event ids from file contents, so that a crash between commit
// and move does not publish a file twice.
var namespace = uuid.MustParse("6f1d5b0e-4a57-4c53-9d7c-0f8f5b4b7a10")

// Watcher watches one folder.
type Watcher struct {
	db       *store.DB
	blobs    blob.Store
	clock    clock.Clock
	settings Settings
	seen     map[string]state
}

// state is what a file looked like since when.
type state struct {
	size  int64
	mtime time.Time
	since time.Time
}

// New returns a watcher; it creates the folder.
func New(db *store.DB, blobs blob.Store, c clock.Clock, s Settings) (*Watcher, error) {
	s = s.Defaults()
	if err := os.MkdirAll(s.Dir, dirMode); err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	return &Watcher{db: db, blobs: blobs, clock: c, settings: s, seen: map[string]state{}}, nil
}

// dirMode keeps others out: the files hold social data.
const dirMode = 0o700

// Run watches until ctx ends. A condition that lasts is logged once.
func (w *Watcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.settings.Poll)
	defer ticker.Stop()
	last := ""
	for {
		_, err := w.Scan(ctx)
		switch text := fmt.Sprint(err); {
		case ctx.Err() != nil:
			return nil
		case text == last:
		case err != nil:
			logging.From(ctx).Warn("drop folder", zap.Error(err))
			last = text
		case last != "":
			logging.From(ctx).Info("drop folder is well again")
			last = ""
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Scan looks at the folder once and publishes what is ready. It returns how many
// pairs it took; one that fails does not stop the others. Errors do not name
// files: senders may call them after a person (PRV-1).
func (w *Watcher) Scan(ctx context.Context) (int, error) {
	entries, err := os.ReadDir(w.settings.Dir)
	if err != nil {
		return 0, fmt.Errorf("read folder: %w", err)
	}
	pairs := map[string]*pair{}
	present := map[string]bool{}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		present[e.Name()] = true
		base, isAuftrag := split(e.Name())
		if pairs[base] == nil {
			pairs[base] = &pair{}
		}
		if isAuftrag {
			pairs[base].auftrag = e.Name()
		} else {
			pairs[base].payload = e.Name()
		}
	}
	maps.DeleteFunc(w.seen, func(name string, _ state) bool { return !present[name] })
	published := 0
	var errs []error
	for _, base := range slices.Sorted(maps.Keys(pairs)) {
		ready, err := w.ready(pairs[base])
		if err == nil && ready {
			if err = w.publish(ctx, pairs[base]); err == nil {
				published++
			}
		}
		errs = append(errs, err)
	}
	return published, errors.Join(errs...)
}

// pair is a delivery as two files; one of the names may be "".
type pair struct{ payload, auftrag string }

// split returns the transfer name and whether the file is an Auftragsdatei.
func split(name string) (base string, isAuftrag bool) {
	ext := filepath.Ext(name)
	if strings.EqualFold(ext, ".auf") {
		return strings.TrimSuffix(name, ext), true
	}
	if strings.EqualFold(ext, ".edi") {
		return strings.TrimSuffix(name, ext), false
	}
	return name, false
}

// ready reports whether the pair is complete and at rest, or has rested too long.
func (w *Watcher) ready(p *pair) (bool, error) {
	var since time.Time
	for _, name := range []string{p.payload, p.auftrag} {
		if name == "" {
			continue
		}
		s, err := w.look(name)
		if err != nil {
			return false, err
		}
		if s.since.After(since) {
			since = s.since
		}
	}
	switch rest := w.clock.Now().Sub(since); {
	case rest < w.settings.Settle:
		return false, nil
	case rest >= w.settings.Limit:
		return true, nil
	case p.payload == "" || p.auftrag == "":
		return false, nil
	}
	return w.sizeAgrees(p)
}

// look returns what the file looks like and since when.
func (w *Watcher) look(name string) (state, error) {
	info, err := os.Stat(w.path(name))
	if err != nil {
		return state{}, fmt.Errorf("look at file: %w", nameless(err))
	}
	s, known := w.seen[name]
	if !known || s.size != info.Size() || !s.mtime.Equal(info.ModTime()) {
		s = state{size: info.Size(), mtime: info.ModTime(), since: w.clock.Now()}
		w.seen[name] = s
	}
	return s, nil
}

// sizeAgrees compares the payload with the size that the Auftragsdatei announces.
// An unreadable Auftragsdatei announces nothing: the receipt will say so.
func (w *Watcher) sizeAgrees(p *pair) (bool, error) {
	raw, err := w.readAuftrag(p)
	if err != nil {
		return false, err
	}
	a, faults := auftrag.Read(raw)
	return len(faults) > 0 || a.DateigroesseUebertragung == w.seen[p.payload].size, nil
}

// readAuftrag returns the Auftragsdatei, nil if there is none.
func (w *Watcher) readAuftrag(p *pair) ([]byte, error) {
	if p.auftrag == "" {
		return nil, nil
	}
	file, err := os.Open(w.path(p.auftrag))
	if err != nil {
		return nil, fmt.Errorf("open Auftragsdatei: %w", nameless(err))
	}
	raw, err := io.ReadAll(io.LimitReader(file, submit.MaxAuftrag))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read Auftragsdatei: %w", nameless(err))
	}
	return raw, nil
}

// publish stores the payload, writes the outbox row and moves the files away.
func (w *Watcher) publish(ctx context.Context, p *pair) error {
	if p.payload == "" {
		logging.From(ctx).Warn("Auftragsdatei without Nutzdatendatei set aside", zap.String("folder", incomplete))
		return w.moveAway(incomplete, p.auftrag)
	}
	ref, err := w.keep(ctx, p.payload)
	if err != nil {
		return err
	}
	raw, err := w.readAuftrag(p)
	if err != nil {
		return err
	}
	base, _ := split(p.payload)
	d := submit.Delivery{ID: w.eventID(p, ref, raw), Payload: ref, Auftrag: raw, TransferName: base, Sender: submit.UnknownSender}
	if ik, ok := submit.SenderOf(raw); ok {
		d.Sender = ik
	}
	err = w.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return submit.Publish(ctx, tx, d, w.clock.Now()) })
	if err != nil {
		return err
	}
	logging.From(ctx).Info("delivery taken from the drop folder", zap.Stringer("event", d.ID), zap.Int64("bytes", ref.Size))
	// The payload first: what a crash leaves behind is then an Auftragsdatei, and
	// never a payload that would be published again without it.
	return w.moveAway(taken, p.payload, p.auftrag)
}

// keep puts the file into the blob store; errChanged if somebody wrote to it
// meanwhile.
func (w *Watcher) keep(ctx context.Context, name string) (blob.Ref, error) {
	before := w.seen[name]
	file, err := os.Open(w.path(name))
	if err != nil {
		return blob.Ref{}, fmt.Errorf("open file: %w", nameless(err))
	}
	ref, err := w.blobs.Put(ctx, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return blob.Ref{}, fmt.Errorf("keep file: %w", nameless(err))
	}
	after, err := w.look(name)
	if err != nil {
		return blob.Ref{}, err
	}
	if after != before || ref.Size != before.size {
		return blob.Ref{}, errChanged
	}
	return ref, nil
}

// eventID names this file in this state: the same after a crash, another one for
// a file dropped again later. The same name, content and time is the same file.
func (w *Watcher) eventID(p *pair, ref blob.Ref, raw []byte) uuid.UUID {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s|%s|%d|", p.payload, ref.Key, w.seen[p.payload].mtime.UnixNano())
	b.Write(raw)
	return uuid.NewSHA1(namespace, b.Bytes())
}

// moveAway moves files to the sub-folder, which it creates; names may be "".
func (w *Watcher) moveAway(folder string, names ...string) error {
	// Not MkdirAll: where the drop folder itself is gone, none must appear.
	if err := os.Mkdir(w.path(folder), dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder %s: %w", folder, nameless(err))
	}
	stamp := w.clock.Now().Format("20060102T150405.000000000")
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := os.Rename(w.path(name), filepath.Join(w.path(folder), stamp+"-"+name)); err != nil {
			return fmt.Errorf("move file away: %w", nameless(err))
		}
		delete(w.seen, name)
	}
	return nil
}

func (w *Watcher) path(name string) string { return filepath.Join(w.settings.Dir, name) }

// nameless returns the cause of an error without the name of the file.
func nameless(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
