package keyring

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// lookEvery is how often the folders are looked at for changes: new revocation lists
// come every day, and keys are replaced while the system runs.
const lookEvery = time.Minute

// Keeper keeps the present Ring. It is safe for concurrent use.
type Keeper struct {
	folders Folders
	clock   clock.Clock

	mu     sync.Mutex
	ring   *Ring
	seen   []file
	looked time.Time
	failed bool
}

// Open loads the folders.
func Open(f Folders, c clock.Clock) (*Keeper, error) {
	seen, err := f.look()
	if err != nil {
		return nil, err
	}
	ring, err := Load(f)
	if err != nil {
		return nil, err
	}
	return &Keeper{folders: f, clock: c, ring: ring, seen: seen, looked: c.Now()}, nil
}

// look returns the files of all folders.
func (f Folders) look() ([]file, error) {
	var all []file
	for _, dir := range []string{f.Identities, f.Trust, f.Partners, f.CRLs} {
		if dir == "" {
			continue
		}
		files, err := list(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}

// Ring returns what the folders hold, looked at once a minute. A change that cannot
// be read is logged, and the last good state stays in use.
func (k *Keeper) Ring(ctx context.Context) *Ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if age := now.Sub(k.looked); age >= 0 && age < lookEvery {
		return k.ring
	}
	k.looked = now
	if err := k.reload(ctx); err != nil {
		k.failed = true
		logging.From(ctx).Error("keys and certificates cannot be read anew, the old ones stay in use", zap.Error(err))
		return k.ring
	}
	k.failed = false
	return k.ring
}

func (k *Keeper) reload(ctx context.Context) error {
	seen, err := k.folders.look()
	if err != nil {
		return err
	}
	if !k.failed && slices.Equal(seen, k.seen) {
		return nil
	}
	ring, err := Load(k.folders)
	if err != nil {
		return err
	}
	k.ring, k.seen = ring, seen
	logging.From(ctx).Info("keys and certificates read anew", zap.Int("identities", len(ring.Identities)),
		zap.Int("partners", len(ring.Partners)), zap.Int("revocation_lists", len(ring.lists)), zap.Int("passed_over", ring.passedOver))
	return nil
}

// Failed tells whether the last change of the folders could not be read.
func (k *Keeper) Failed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}
