package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"

	"klarbeleg/schema/messages"
)

// readableTopics are the topics that hold no social data and may be looked at.
var readableTopics = []string{messages.TopicReceipts, messages.TopicInvoices, messages.TopicCorrections, messages.TopicCardStatus}

func (p *program) tailCommand() *cobra.Command {
	var n int64
	c := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Zeigt die letzten Nachrichten: " + strings.Join(readableTopics, ", "),
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(readableTopics, args[0]) {
				return usage(fmt.Errorf("topic %q cannot be shown: one of %s", args[0], strings.Join(readableTopics, ", ")))
			}
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			ctx, cancel := context.WithTimeout(ctx, statusTimeout)
			defer cancel()
			if err := r.openKafka(ctx); err != nil {
				return err
			}
			last, err := r.kafka.Last(ctx, args[0], n)
			if err != nil {
				return err
			}
			slices.SortStableFunc(last, func(a, b kafka.Message) int { return a.Time.Compare(b.Time) })
			for _, m := range last[max(0, len(last)-int(n)):] {
				fmt.Fprintf(p.stdout, "%s\n", m.Value)
			}
			return nil
		},
	}
	c.Flags().Int64VarP(&n, "lines", "n", 10, "höchste Zahl der Nachrichten")
	return c
}
