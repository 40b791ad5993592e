package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"klarbeleg/app/intake/wording"
	"klarbeleg/store"
)

// receiptCommand shows the receipt of a delivery, as text or as the message that
// was sent (DTA-6).
func (p *program) receiptCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "receipt LIEFERUNG",
		Short: "Zeigt die Empfangsbestätigung einer Lieferung; genannt wird ihre Nummer oder die ihrer Nachricht",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			body, err := r.db.Receipt(ctx, args[0])
			if errors.Is(err, store.ErrNotFound) {
				return usage(errors.New("there is no receipt for this id: the delivery is unknown, not yet checked, or erased"))
			}
			if err != nil {
				return err
			}
			if asJSON {
				fmt.Fprintf(p.stdout, "%s\n", body)
				return nil
			}
			text, err := wording.ReceiptMessage(body)
			if err != nil {
				return err
			}
			fmt.Fprint(p.stdout, text)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "die Nachricht, wie sie gesendet wurde")
	return c
}
