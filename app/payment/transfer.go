package payment

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/wholefile"
	"klarbeleg/store"
)

// FileName returns the name of the transfer file of a run; its checksum has the
// same name with ".sha256" behind it, in the form of sha256sum.
func FileName(run calendar.Date) string { return "zahlungen-" + run.String() + ".xml" }

// MessageID returns the message id of the transfer file: the same for the same
// run, so that the bank finds a file that was submitted twice.
func MessageID(run calendar.Date) string {
	return "KLARBELEG-" + strings.ReplaceAll(run.String(), "-", "")
}

// writeTransfers writes the transfer file of a closed run and notes that it did,
// unless another process has. The run stays locked meanwhile, so that one process
// writes. Killed in between, the next attempt writes the same bytes again under
// the same message id.
func (s *Service) writeTransfers(ctx context.Context, run store.PaymentRun, now time.Time) (path string, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		path = ""
		written, err := store.LockClosedRun(ctx, tx, run.On)
		if err != nil || written {
			return err
		}
		if err := store.JobProgress(ctx, tx, 0, 0); err != nil {
			return err
		}
		sums, err := store.SumTransfers(ctx, tx, run.On)
		if err != nil || sums.Count == 0 {
			return err
		}
		if err := os.MkdirAll(s.settings.Dir, 0o700); err != nil {
			return fmt.Errorf("folder of transfer files: %w", err)
		}
		path = filepath.Join(s.settings.Dir, FileName(run.On))
		sum, err := publish(path, func(w io.Writer) error {
			return writePain(w, run, sums, func(each func(*store.Transfer) error) error {
				return store.EachTransfer(ctx, tx, run.On, each)
			})
		})
		if err != nil {
			return err
		}
		if _, err := publish(path+".sha256", func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s  %s\n", hex.EncodeToString(sum[:]), FileName(run.On))
			return err
		}); err != nil {
			return err
		}
		return store.PaymentFileWritten(ctx, tx, run.On, store.PaymentFile{Name: FileName(run.On), SHA256: sum, WrittenAt: now})
	})
	if err != nil {
		return "", err
	}
	return path, nil
}

// publish writes a file that appears whole or not at all.
func publish(path string, write func(io.Writer) error) (sum [32]byte, err error) {
	file, err := wholefile.New(path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := write(file); err != nil {
		return sum, fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return file.Publish()
}
