// Package dropfolder is the door for senders without Kafka (DTA-8): it watches a
// folder for pairs of Nutzdatendatei and Auftragsdatei and publishes each as a
// delivery through the outbox. Only what is complete and at rest is touched, and
// a file leaves the folder only after its delivery is committed (F-41, F-42).
package dropfolder

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/dta/auftrag"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// Settings of the folder.
type Settings struct {
	Dir string
	// Settle is how long a file must be unchanged before it counts as complete.
	Settle time.Duration
	// Limit is how long a single or incomplete file waits before it is taken as
	// it is; the receipt then says what is missing.
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

// done is the sub-folder to which taken files are moved.
const done = "angenommen"

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

// state is what a file looked like when it was last seen changing.
type state struct {
	size  int64
	mtime time.Time
	since time.Time
	first time.Time
}

// New returns a watcher; it creates the folder.
func New(db *store.DB, blobs blob.Store, c clock.Clock, s Settings) (*Watcher, error) {
	s = s.Defaults()
	if err := os.MkdirAll(filepath.Join(s.Dir, done), 0o700); err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	return &Watcher{db: db, blobs: blobs, clock: c, settings: s, seen: map[string]state{}}, nil
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.settings.Poll)
	defer ticker.Stop()
	for {
		if _, err := w.Scan(ctx); err != nil && ctx.Err() == nil {
			logging.From(ctx).Warn("drop folder", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Scan looks at the folder once and publishes what is ready. It returns how many
// pairs it took; one that fails does not stop the others.
func (w *Watcher) Scan(ctx context.Context) (int, error) {
	entries, err := os.ReadDir(w.settings.Dir)
	if err != nil {
		return 0, fmt.Errorf("read folder: %w", err)
	}
	pairs := map[string]*pair{}
	present := map[string]bool{}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
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
	for name := range w.seen {
		if !present[name] {
			delete(w.seen, name)
		}
	}
	published := 0
	var errs []error
	for _, p := range pairs {
		ready, err := w.ready(p)
		if err == nil && ready {
			if err = w.publish(ctx, p); err == nil {
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

// ready reports whether the pair is complete and at rest, or has waited too long.
func (w *Watcher) ready(p *pair) (bool, error) {
	restful, overdue := true, false
	for _, name := range []string{p.payload, p.auftrag} {
		if name == "" {
			continue
		}
		s, err := w.look(name)
		if err != nil {
			return false, err
		}
		now := w.clock.Now()
		restful = restful && now.Sub(s.since) >= w.settings.Settle
		overdue = overdue || now.Sub(s.first) >= w.settings.Limit
	}
	if !restful {
		return false, nil
	}
	if overdue {
		return true, nil
	}
	if p.payload == "" || p.auftrag == "" {
		return false, nil
	}
	return w.sizeAgrees(p)
}

func (w *Watcher) look(name string) (state, error) {
	info, err := os.Stat(filepath.Join(w.settings.Dir, name))
	if err != nil {
		return state{}, fmt.Errorf("look at file: %w", err)
	}
	now := w.clock.Now()
	s, known := w.seen[name]
	if !known {
		s.first = now
	}
	if !known || s.size != info.Size() || !s.mtime.Equal(info.ModTime()) {
		s.size, s.mtime, s.since = info.Size(), info.ModTime(), now
		w.seen[name] = s
	}
	return s, nil
}

// sizeAgrees compares the payload with the size that the Auftragsdatei announces.
// An unreadable Auftragsdatei announces nothing: the receipt will say so.
func (w *Watcher) sizeAgrees(p *pair) (bool, error) {
	raw, err := os.ReadFile(filepath.Join(w.settings.Dir, p.auftrag))
	if err != nil {
		return false, fmt.Errorf("read Auftragsdatei: %w", err)
	}
	a, faults := auftrag.Read(raw)
	if len(faults) > 0 {
		return true, nil
	}
	return a.DateigroesseUebertragung == w.seen[p.payload].size, nil
}

// publish stores the payload, writes the outbox row and moves the files away.
func (w *Watcher) publish(ctx context.Context, p *pair) error {
	if p.payload == "" {
		logging.From(ctx).Warn("Auftragsdatei without Nutzdatendatei set aside")
		return w.moveAway(p)
	}
	file, err := os.Open(filepath.Join(w.settings.Dir, p.payload))
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	ref, err := w.blobs.Put(ctx, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	base, _ := split(p.payload)
	headers := map[string][]byte{messages.HeaderDateiname: []byte(base)}
	var raw []byte
	if p.auftrag != "" {
		if raw, err = os.ReadFile(filepath.Join(w.settings.Dir, p.auftrag)); err != nil {
			return fmt.Errorf("read Auftragsdatei: %w", err)
		}
		headers[messages.HeaderAuftrag] = raw
	}
	now := w.clock.Now()
	m := store.OutboxMessage{
		EventID: w.eventID(p, ref, raw), Kind: "delivery", Topic: messages.TopicDeliveries, Key: sender(raw), Type: messages.TypeDelivery,
		ContentType: messages.ContentTypeBlobRef, Headers: headers, At: now,
		Body: messages.Encode(messages.BlobRef{URL: "blob:" + ref.Key, SHA256: ref.Key, Size: ref.Size}),
	}
	err = w.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return store.AddOutbox(ctx, tx, m) })
	if err != nil {
		return err
	}
	logging.From(ctx).Info("delivery taken from the drop folder", zap.Stringer("event", m.EventID), zap.Int64("bytes", ref.Size))
	return w.moveAway(p)
}

// eventID names this file in this state: the same after a crash, another one for
// a file dropped again later.
func (w *Watcher) eventID(p *pair, ref blob.Ref, raw []byte) uuid.UUID {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s|%s|%d|", p.payload, ref.Key, w.seen[p.payload].mtime.UnixNano())
	b.Write(raw)
	return uuid.NewSHA1(namespace, b.Bytes())
}

// sender returns the IK of the sender as the Auftragsdatei names it; it is the
// message key.
func sender(raw []byte) string {
	a, _ := auftrag.Read(raw)
	return cmp.Or(strings.TrimSpace(a.AbsenderEigner), "unbekannt")
}

func (w *Watcher) moveAway(p *pair) error {
	stamp := w.clock.Now().Format("20060102T150405.000000000")
	for _, name := range []string{p.auftrag, p.payload} {
		if name == "" {
			continue
		}
		if err := os.Rename(filepath.Join(w.settings.Dir, name), filepath.Join(w.settings.Dir, done, stamp+"-"+name)); err != nil {
			return fmt.Errorf("move file away: %w", err)
		}
		delete(w.seen, name)
	}
	return nil
}
