package billing

import "klarbeleg/domain/money"

// PharmacyFile is what a § 300 file leaves to be reconciled with the other files of
// its delivery (spec/dta-300 section 0): prescriptions (ABRP), invoice (RECP) and
// electronic prescriptions (TA7) carry the same Rechnungsnummer.
type PharmacyFile struct {
	// Kind is ABRP, RECP or TA7.
	Kind string
	// Name is the logical file name.
	Name string
	// Invoices are the Rechnungsnummern in the file.
	Invoices []string
	// Sums are those of the file in the form of the format library, nil for TA7.
	Sums []byte
}

// ERezept is an electronic prescription of a TA7 file, as far as it is compared
// with the same one in the ABRP file. Nothing of a person is in it.
type ERezept struct {
	ID        string // Rezept-ID
	VoucherNo string // Belegnummer as in ABRP
	Invoice   string // Rechnungsnummer
	Gross     money.Cents
	Copay     money.Cents
}

// ReconcileState says how the files about one Rechnungsnummer agree.
type ReconcileState string

// Reconcile states.
const (
	// ReconcileIncomplete: prescriptions or invoice have not arrived.
	ReconcileIncomplete ReconcileState = "incomplete"
	// ReconcileDiffers: they contradict each other; nothing is paid.
	ReconcileDiffers ReconcileState = "differs"
	// Reconciled: all sums agree.
	Reconciled ReconcileState = "reconciled"
)
