//go:build !noembedded

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"klarbeleg/app/intake"
	"klarbeleg/consumers"
	"klarbeleg/consumers/deliveries"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/internal/broker"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/pgserver"
	"klarbeleg/schema"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// benchPipeline compares the whole way of deliveries, Kafka to PostgreSQL, with a
// raw COPY of the very rows it wrote into the same tables of an empty database.
func (p *program) benchPipeline(ctx context.Context, dir string, deliveryCount, cases int) (err error) {
	ctx = logging.Into(ctx, zap.NewNop())
	pg, err := pgserver.Start(ctx, pgserver.Config{
		DataDir: filepath.Join(dir, "postgres"), CacheDir: filepath.Join(dir, "cache"),
		Parameters: map[string]string{"shared_buffers": "256MB", "max_wal_size": "4GB"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	b, err := broker.Start(ctx, broker.Config{DataDir: filepath.Join(dir, "kafka"), Addr: "127.0.0.1:0", Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	client, err := kafkaio.Open(kafkaio.Config{Brokers: b.Addrs(), Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.EnsureTopics(ctx, kafkaio.Topic{Name: messages.TopicDeliveries, Partitions: benchPartitions, Replicas: 1}); err != nil {
		return err
	}
	full, err := p.benchDatabase(ctx, pg, "pipeline")
	if err != nil {
		return err
	}
	defer full.Close()
	empty, err := p.benchDatabase(ctx, pg, "raw")
	if err != nil {
		return err
	}
	defer empty.Close()

	// The first deliveries warm up: WAL segments, plans, caches.
	next := 1
	var rates []float64
	for _, load := range []benchLoad{{count: benchPartitions, consumers: 1}, {count: deliveryCount, consumers: 1}, {count: deliveryCount, consumers: 2}} {
		load.first, load.cases = next, cases
		next += load.count
		positions, took, err := p.benchIntake(ctx, client, full, dir, load)
		if err != nil {
			return err
		}
		rates = append(rates, float64(positions)/took.Seconds())
	}
	raw, copied, err := store.BenchCopy(ctx, full, empty, p.clock)
	if err != nil {
		return err
	}
	rawRate := float64(copied) / raw.Seconds()
	fmt.Fprintf(p.stdout, "\nKafka bis PostgreSQL, zweimal %d Lieferungen mit je %d Fällen\n", deliveryCount, cases)
	fmt.Fprintf(p.stdout, "  %-28s %10.0f Positionen/s\n", "roh: COPY aller Zeilen", rawRate)
	fmt.Fprintf(p.stdout, "  %-28s %10.0f Positionen/s  %5.2f von COPY\n", "ganze Strecke, 1 Verbraucher", rates[1], rates[1]/rawRate)
	fmt.Fprintf(p.stdout, "  %-28s %10.0f Positionen/s  %5.2f von COPY\n", "ganze Strecke, 2 Verbraucher", rates[2], rates[2]/rawRate)
	return nil
}

// benchPartitions is how many partitions the deliveries are spread over.
const benchPartitions = 4

func (p *program) benchDatabase(ctx context.Context, pg *pgserver.Server, name string) (*store.DB, error) {
	if err := store.CreateDatabase(ctx, pg.URL("postgres"), name); err != nil {
		return nil, err
	}
	if err := schema.Migrate(ctx, pg.URL(name)); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, pg.URL(name), 8)
	if err != nil {
		return nil, err
	}
	return db, db.EnsurePartitions(ctx, p.clock.Now())
}

// benchLoad says which deliveries to make and how many readers take them.
type benchLoad struct{ first, count, cases, consumers int }

// benchIntake publishes deliveries, then consumes them all and returns how many
// positions that were and how long it took.
func (p *program) benchIntake(ctx context.Context, client *kafkaio.Client, db *store.DB, dir string, load benchLoad) (positions int, took time.Duration, err error) {
	var out []kafka.Message
	for n := load.first; n < load.first+load.count; n++ {
		var file bytes.Buffer
		result, err := gen.Write(&file, gen.Options{
			Gruppe: 'B', Faelle: load.cases, Erstellt: p.clock.Now().In(calendar.Berlin()).Add(-time.Hour), Seed: uint64(n), Referenz: n,
			RechnungsPraefix: fmt.Sprintf("N%d-", n),
		})
		if err != nil {
			return 0, 0, err
		}
		positions += result.Positionen
		raw, err := result.Auftrag.Append(nil)
		if err != nil {
			return 0, 0, err
		}
		event := kafkaio.Event{
			ID: fmt.Sprintf("bench-%d", n), Source: sendSource, Type: messages.TypeDelivery, Time: p.clock.Now(), Key: strconv.Itoa(n),
			ContentType: messages.ContentTypeEDIFACT, Headers: map[string][]byte{messages.HeaderAuftrag: raw}, Body: file.Bytes(),
		}
		m, err := event.Message(messages.TopicDeliveries)
		if err != nil {
			return 0, 0, err
		}
		out = append(out, m)
		if err := importLists(ctx, p.clock, db, result); err != nil {
			return 0, 0, err
		}
	}
	writer := client.NewWriter()
	if err := errors.Join(writer.WriteMessages(ctx, out...), kafkaio.Close(ctx, writer)); err != nil {
		return 0, 0, err
	}
	took, err = p.drain(ctx, client, db, dir, load)
	return positions, took, err
}

// errDrained ends the readers when all deliveries are stored.
var errDrained = errors.New("all deliveries are stored")

// drain consumes until all deliveries of the load are stored.
func (p *program) drain(ctx context.Context, client *kafkaio.Client, db *store.DB, dir string, load benchLoad) (time.Duration, error) {
	r := &resources{config: config{BlobDir: filepath.Join(dir, "blobs")}, db: db}
	r.security.PlainAllowed = true
	if err := r.openBlobs(); err != nil {
		return 0, err
	}
	handle := deliveries.Handler(newIntake(p, r))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var took time.Duration
	start := p.clock.Now()
	var left atomic.Int64
	left.Store(int64(load.count))
	loop := &consumers.Loop{
		Name: intake.Consumer, Topic: messages.TopicDeliveries, Client: client, DB: db, Clock: p.clock,
		Metrics: consumers.NewMetrics(prometheus.NewRegistry()),
		Handle: func(ctx context.Context, m consumers.Message) error {
			err := handle(ctx, m)
			if err != nil {
				cancel(err)
			}
			if left.Add(-1) == 0 {
				took = p.clock.Now().Sub(start) // closing the readers does not count
				cancel(errDrained)
			}
			return err
		},
	}
	var group errgroup.Group
	for range load.consumers {
		group.Go(func() error { return loop.Run(ctx, context.WithoutCancel(ctx)) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	if err := context.Cause(ctx); !errors.Is(err, errDrained) {
		return 0, err
	}
	counts, err := db.DeliveryCounts(context.WithoutCancel(ctx))
	if err != nil {
		return 0, err
	}
	if n := counts[string(billing.DeliveryAccepted)]; n != int64(load.first+load.count-1) {
		return 0, fmt.Errorf("%d deliveries accepted, want %d", n, load.first+load.count-1)
	}
	return took, nil
}

// importLists adds the lists of a generated delivery.
func importLists(ctx context.Context, clk clock.Clock, db *store.DB, result *gen.Result) error {
	for kind, write := range listWriters(result) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := importList(ctx, clk, db, kind, &b); err != nil {
			return err
		}
	}
	return nil
}
