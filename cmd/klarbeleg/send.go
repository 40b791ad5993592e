package main

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
	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"

	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/secon"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/schema/messages"
)

// sendSource names the command in the events it sends.
const sendSource = "urn:klarbeleg:send"

// sendTimeout bounds the sending of one batch of files.
const sendTimeout = 2 * time.Minute

// sendCommand is a sender at the prompt: it publishes files as deliveries. It
// plays the part of an upstream system, so it writes to Kafka itself.
func (p *program) sendCommand() *cobra.Command {
	var auf string
	c := &cobra.Command{
		Use:   "send DATEI...",
		Short: "Sendet Lieferungen an Kafka (Auftragsdatei mit gleichem Namen daneben)",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if auf != "" && len(files) != 1 {
				return usage(errors.New("--auf belongs to exactly one DATEI"))
			}
			config, err := p.loadConfig()
			if err != nil {
				return err
			}
			if err := p.attach(&config); err != nil {
				return err
			}
			logger, err := logging.New(p.stderr, config.LogLevel)
			if err != nil {
				return usage(err)
			}
			r := &resources{config: config}
			defer r.close()
			ctx, cancel := context.WithTimeout(logging.Into(c.Context(), logger), sendTimeout)
			defer cancel()
			if err := r.openKafka(ctx); err != nil {
				return err
			}
			return p.send(ctx, r.kafka, auf, files)
		},
	}
	c.Flags().StringVar(&auf, "auf", "", "Auftragsdatei (nur bei einer DATEI)")
	return c
}

func (p *program) send(ctx context.Context, client *kafkaio.Client, auf string, files []string) error {
	var out []kafka.Message
	var lines []string
	for _, file := range files {
		event, err := p.deliveryEvent(file, auf)
		if err != nil {
			return usage(err)
		}
		m, err := event.Message(messages.TopicDeliveries)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, m)
		lines = append(lines, fmt.Sprintf("%s: gesendet, Nachricht %s, %d Byte.\n", file, event.ID, len(event.Body)))
	}
	writer := client.NewWriter()
	err := writer.WriteMessages(ctx, out...)
	if err := errors.Join(err, kafkaio.Close(ctx, writer)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	for _, line := range lines {
		fmt.Fprint(p.stdout, line)
	}
	return nil
}

// deliveryEvent reads a file with its Auftragsdatei.
func (p *program) deliveryEvent(file, auf string) (kafkaio.Event, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return kafkaio.Event{}, fmt.Errorf("read file: %w", err)
	}
	if len(body) > kafkaio.MaxMessageBytes {
		return kafkaio.Event{}, fmt.Errorf("%s has more than %d bytes: use the drop folder for large deliveries", file, kafkaio.MaxMessageBytes)
	}
	if auf == "" {
		auf = besideFile(file)
	}
	contentType := messages.ContentTypeEDIFACT
	switch {
	case secon.KindOf(body) == secon.KindCMS:
		contentType = messages.ContentTypePKCS7
	case bytes.HasPrefix(body, []byte("<")): // a TA7 file of § 300
		contentType = messages.ContentTypeFHIR
	}
	e := kafkaio.Event{
		ID: uuid.Must(uuid.NewV7()).String(), Source: sendSource, Type: messages.TypeDelivery, Time: p.clock.Now(),
		ContentType: contentType, Key: "unbekannt", Headers: map[string][]byte{}, Body: body,
	}
	if auf == "" {
		return e, nil // the receipt will say what is missing (P1001)
	}
	raw, err := os.ReadFile(auf)
	if err != nil {
		return e, fmt.Errorf("read Auftragsdatei: %w", err)
	}
	e.Headers[messages.HeaderAuftrag] = raw
	a, _ := auftrag.Read(raw) // its faults belong to the receipt, not to the sender's tool
	e.Key = cmp.Or(strings.TrimSpace(a.AbsenderEigner), e.Key)
	return e, nil
}

// besideFile returns the Auftragsdatei with the same name beside the file, "" if
// there is none.
func besideFile(file string) string {
	base := strings.TrimSuffix(file, filepath.Ext(file))
	for _, name := range []string{base + ".auf", base + ".AUF", file + ".auf", file + ".AUF"} {
		if _, err := os.Stat(name); err == nil && name != file {
			return name
		}
	}
	return ""
}
