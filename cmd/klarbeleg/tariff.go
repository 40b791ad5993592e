package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/letter"
	"klarbeleg/domain/money"
)

// letterCommand computes what electronic doctors' letters are paid (CRD-17).
func (p *program) letterCommand() *cobra.Command {
	var on string
	var count int
	var unsigned, telematics bool
	c := &cobra.Command{
		Use:   "earztbrief",
		Short: "Berechnet die Vergütung von eArztbriefen an einem Tag",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			day := calendar.InBerlin(p.clock.Now())
			if on != "" {
				var err error
				if day, err = calendar.ParseDate(on); err != nil {
					return usage(fmt.Errorf("--on: %w", err))
				}
			}
			if count < 1 {
				return usage(fmt.Errorf("--count: must be at least 1"))
			}
			tariff, err := letter.NewTariff()
			if err != nil {
				return err
			}
			sender, recipient, reason := tariff.Pay(letter.Letter{On: day, Signed: !unsigned, Telematics: telematics})
			if reason != "" {
				fmt.Fprintln(p.stdout, reason)
				return nil
			}
			n := money.Cents(count)
			fmt.Fprintf(p.stdout, "%d eArztbriefe am %s: Absender %s EUR, Empfänger %s EUR, zusammen %s EUR.\n",
				count, day.German(), (n * sender).German(), (n * recipient).German(), (n * (sender + recipient)).German())
			return nil
		},
	}
	c.Flags().StringVar(&on, "on", "", "Tag JJJJ-MM-TT (sonst heute)")
	c.Flags().IntVar(&count, "count", 1, "Anzahl der Briefe")
	c.Flags().BoolVar(&unsigned, "unsigned", false, "ohne qualifizierte elektronische Signatur")
	c.Flags().BoolVar(&telematics, "ti", true, "mit einem Kommunikationsdienst der Telematikinfrastruktur versandt")
	return c
}
