package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"klarbeleg/app/cardorder"
	"klarbeleg/app/intake"
	"klarbeleg/consumers"
	"klarbeleg/consumers/cardorders"
	"klarbeleg/consumers/deliveries"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// maxListed bounds the list of waiting messages.
const maxListed = 1000

// replayCommand lists what waits in quarantine and handles a message again after
// a fix (DTA-10, OPS-7).
func (p *program) replayCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "replay [ID...]",
		Short: "Zeigt die Quarantäne; mit ID oder --all wird erneut verarbeitet",
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			if err := errors.Join(r.openBlobs(), r.openSecurity(p)); err != nil {
				return err
			}
			waiting, err := r.db.Quarantine(ctx, maxListed)
			if err != nil {
				return err
			}
			if len(args) == 0 && !all {
				return p.listQuarantine(waiting)
			}
			ids, err := replayIDs(args, waiting, all)
			if err != nil {
				return usage(err)
			}
			return p.replay(ctx, r, ids)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "alle wartenden Nachrichten")
	return c
}

func (p *program) listQuarantine(waiting []store.Quarantined) error {
	if len(waiting) == 0 {
		fmt.Fprintln(p.stdout, "Die Quarantäne ist leer.")
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tseit\tHerkunft\tGrund\tVersuche")
	for _, q := range waiting {
		fmt.Fprintf(w, "%s\t%s\t%s/%d/%d\t%s: %s\t%d\n", q.ID, q.CreatedAt.Format(time.DateTime), q.Topic, q.Partition, q.Offset, q.Code, q.Reason, q.Replays)
	}
	return w.Flush()
}

func replayIDs(args []string, waiting []store.Quarantined, all bool) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	if all {
		for _, q := range waiting {
			ids = append(ids, q.ID)
		}
		return ids, nil
	}
	for _, arg := range args {
		id, err := uuid.Parse(arg)
		if err != nil {
			return nil, fmt.Errorf("%q is not an id: %w", arg, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// replay handles messages again through the same handlers as the consumers.
func (p *program) replay(ctx context.Context, r *resources, ids []uuid.UUID) error {
	cards, err := newCards(p, r)
	if err != nil {
		return err
	}
	handlers := map[string]consumers.Handler{
		intake.Consumer:    deliveries.Handler(newIntake(p, r)),
		cardorder.Consumer: cardorders.Handler(cards),
	}
	failed := false
	for _, id := range ids {
		q, err := r.db.QuarantinedMessage(ctx, id)
		if err != nil {
			return err
		}
		solved, err := p.replayOne(ctx, handlers, q)
		if err := r.db.MarkReplayed(ctx, id, solved, p.clock.Now()); err != nil {
			return err
		}
		switch {
		case solved:
			fmt.Fprintf(p.stdout, "%s: verarbeitet.\n", id)
		case err != nil:
			failed = true
			fmt.Fprintf(p.stdout, "%s: weiter in Quarantäne (%v).\n", id, err)
		}
	}
	if failed {
		return &exitError{code: exitFindings}
	}
	return nil
}

// replayOne handles a message under an id of its own, because the inbox knows the
// old one, and at a place of its own, so that a message that fails again stays
// the one row in quarantine.
func (p *program) replayOne(ctx context.Context, handlers map[string]consumers.Handler, q store.Quarantined) (solved bool, err error) {
	handle := handlers[q.Consumer]
	if handle == nil {
		return false, fmt.Errorf("no handler for consumer %q", q.Consumer)
	}
	m := kafka.Message{Topic: q.Topic, Partition: q.Partition, Offset: q.Offset, Key: q.Key, Value: q.Body, Time: q.CreatedAt}
	for name, value := range q.Headers {
		m.Headers = append(m.Headers, kafka.Header{Key: name, Value: value})
	}
	event, err := kafkaio.DecodeEvent(consumers.WithIdentity(m))
	if err != nil {
		return false, err
	}
	if q.Consumer == intake.Consumer {
		event.ID = fmt.Sprintf("replay/%s/%d", q.ID, q.Replays+1)
	}
	ctx = logging.With(ctx, zap.Stringer("quarantine", q.ID))
	if err := handle(ctx, consumers.Message{Event: event, Topic: q.Topic, Partition: q.Partition, Offset: q.Offset}); err != nil {
		return false, err
	}
	return true, nil
}
