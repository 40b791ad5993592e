package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.uber.org/zap"

	"klarbeleg/internal/blob"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// resources are the connections that a command needs.
type resources struct {
	config config
	db     *store.DB
	kafka  *kafkaio.Client
	blobs  *blob.Folder
	// security is set by openSecurity, for commands that take or show deliveries.
	security security
}

// openDB connects to the database of the configuration or of the running
// embedded instance.
func (p *program) openDB(ctx context.Context) (context.Context, *resources, error) {
	c, err := p.loadConfig()
	if err != nil {
		return ctx, nil, err
	}
	if err := p.attach(&c); err != nil {
		return ctx, nil, err
	}
	logger, err := logging.New(p.stderr, c.LogLevel)
	if err != nil {
		return ctx, nil, usage(err)
	}
	ctx = logging.Into(ctx, logger)
	r := &resources{config: c}
	return ctx, r, r.connect(ctx)
}

// connect opens the database.
func (r *resources) connect(ctx context.Context) error {
	if r.config.DatabaseURL == "" {
		return usage(errors.New(envPrefix + "DATABASE_URL is not set"))
	}
	db, err := store.Open(ctx, r.config.DatabaseURL, int32(4*r.config.Consumers+8))
	if errors.Is(err, store.ErrAddress) {
		return usage(fmt.Errorf("%sDATABASE_URL: %w", envPrefix, err))
	}
	r.db = db
	return err
}

// openKafka prepares the broker client.
func (r *resources) openKafka(ctx context.Context) error {
	if len(r.config.KafkaBrokers) == 0 {
		return usage(errors.New(envPrefix + "KAFKA_BROKERS is not set"))
	}
	sasl, err := kafkaio.NewSASL(r.config.KafkaSASL, r.config.KafkaUser, r.config.KafkaPassword)
	if err != nil {
		return usage(err)
	}
	r.kafka, err = kafkaio.Open(kafkaio.Config{
		Brokers: r.config.KafkaBrokers, TLS: r.config.tls(), SASL: sasl, Logger: logging.From(ctx).Named("kafka"),
	})
	if err != nil {
		return usage(err)
	}
	return nil
}

// openBlobs opens the blob folder.
func (r *resources) openBlobs() (err error) {
	if r.config.BlobDir == "" {
		return usage(errors.New(envPrefix + "BLOB_DIR is not set"))
	}
	if err := os.MkdirAll(r.config.BlobDir, 0o700); err != nil {
		return fmt.Errorf("blob folder: %w", err)
	}
	r.blobs, err = blob.OpenFolder(r.config.BlobDir)
	if err != nil {
		return fmt.Errorf("blob folder: %w", err)
	}
	return nil
}

// openSecurity loads the keys for deliveries.
func (r *resources) openSecurity(p *program) (err error) {
	r.security, err = openSecurity(r.config.SECON, p.clock)
	return err
}

// close ends the connections, newest first.
func (r *resources) close() {
	if r.kafka != nil {
		r.kafka.Close()
	}
	if r.db != nil {
		r.db.Close()
	}
}

// field is the log field for a role of serve.
func field(role string) zap.Field { return zap.String("role", role) }
