package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"klarbeleg/app/cardorder"
	"klarbeleg/app/intake"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/schema/messages"
)

var deliveryWords = map[string]string{
	"accepted": "angenommen", "partly_rejected": "teilweise abgewiesen", "rejected": "abgewiesen", "duplicate": "doppelt", "quarantined": "in Quarantäne",
}

var reconcileWords = map[billing.ReconcileState]string{
	billing.ReconcileIncomplete: "unvollständig", billing.ReconcileDiffers: "weicht ab", billing.Reconciled: "stimmt",
}

// status prints where the work stands. A part that does not answer is an error.
func (p *program) status(ctx context.Context, r *resources) error {
	counts, err := r.db.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	totals, err := r.db.Totals(ctx)
	if err != nil {
		return err
	}
	waiting, age, err := r.db.OutboxBacklog(ctx, p.clock.Now())
	if err != nil {
		return err
	}
	quarantine, err := r.db.QuarantineReasons(ctx)
	if err != nil {
		return err
	}
	pharmacy, err := r.db.PharmacyInvoiceCounts(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "Lieferungen")
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "  %s\t%d\n", deliveryWords[state], counts[state])
	}
	fmt.Fprintf(w, "Rechnungen\t%d\nPositionen\t%d\n", totals.Invoices, totals.Positions)
	fmt.Fprintf(w, "Berechnet\t%s EUR\n", money.Cents(totals.Billed).German())
	fmt.Fprintf(w, "Anerkannt\t%s EUR\n", money.Cents(totals.Approved).German())
	fmt.Fprintf(w, "Berichtigt\t%s EUR in %d Berichtigungen, %d Vorgänge offen\n", money.Cents(totals.Corrected).German(), totals.Corrections, totals.OpenCases)
	if len(pharmacy) > 0 {
		fmt.Fprintln(w, "Abgleich Arzneimittel")
	}
	for _, state := range slices.Sorted(maps.Keys(pharmacy)) {
		fmt.Fprintf(w, "  %s\t%d\n", reconcileWords[billing.ReconcileState(state)], pharmacy[state])
	}
	fmt.Fprintf(w, "Gezahlt\t%s EUR mit %d Zahlbelegen\n", money.Cents(totals.Paid).German(), totals.Vouchers)
	fmt.Fprintf(w, "Versand wartet\t%d (ältester seit %s)\n", waiting, age.Round(time.Second))
	for _, topic := range []struct{ group, name string }{{intake.Consumer, messages.TopicDeliveries}, {cardorder.Consumer, messages.TopicCardOrders}} {
		lag, err := r.kafka.Lag(ctx, topic.group, topic.name)
		if err != nil {
			return err
		}
		var sum int64
		for _, n := range lag {
			sum += n
		}
		fmt.Fprintf(w, "Rückstand %s\t%d\n", topic.name, sum)
	}
	fmt.Fprintln(w, "Quarantäne")
	for _, q := range quarantine {
		fmt.Fprintf(w, "  %s\t%d (ältester %s)\n", q.Code, q.Count, q.Oldest.Format(time.DateTime))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	for _, note := range r.security.notes(ctx, p.clock.Now()) {
		fmt.Fprintln(p.stdout, note)
	}
	return nil
}
