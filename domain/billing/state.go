package billing

// DeliveryState is the final state of a delivery; while it is worked on it has
// no row.
type DeliveryState string

// Delivery states (DTA-6).
const (
	DeliveryAccepted       DeliveryState = "accepted"
	DeliveryPartlyRejected DeliveryState = "partly_rejected"
	DeliveryRejected       DeliveryState = "rejected"
	DeliveryDuplicate      DeliveryState = "duplicate"
	DeliveryQuarantined    DeliveryState = "quarantined"
)

// InvoiceState is the state of an invoice from its acceptance to its payment or
// cancellation.
type InvoiceState string

// Invoice states (RP-2).
const (
	InvoiceApproved  InvoiceState = "approved"
	InvoiceCorrected InvoiceState = "corrected"
	InvoiceRefused   InvoiceState = "refused"
	InvoicePaid      InvoiceState = "paid"
	// InvoiceCancelled is an invoice that a Storno took back (§ 295).
	InvoiceCancelled InvoiceState = "cancelled"
)

// InvoiceEvent moves an invoice.
type InvoiceEvent string

// Invoice events: a voucher pays all that is open (PAY-1), a Storno takes the
// invoice back (DTA-4).
const (
	InvoicePay    InvoiceEvent = "pay"
	InvoiceCancel InvoiceEvent = "cancel"
)

// invoiceTransitions is the only list of moves of an invoice.
var invoiceTransitions = map[InvoiceState]map[InvoiceEvent]InvoiceState{
	InvoiceApproved:  {InvoicePay: InvoicePaid, InvoiceCancel: InvoiceCancelled},
	InvoiceCorrected: {InvoicePay: InvoicePaid, InvoiceCancel: InvoiceCancelled},
	InvoiceRefused:   {InvoiceCancel: InvoiceCancelled},
	InvoicePaid:      {InvoiceCancel: InvoiceCancelled},
}

// Next returns the state after the event; ok is false where the table has no
// such move.
func (s InvoiceState) Next(e InvoiceEvent) (next InvoiceState, ok bool) {
	next, ok = invoiceTransitions[s][e]
	return next, ok
}

// StateOf returns the state of a freshly checked invoice: approved in full,
// corrected in part, or refused.
func StateOf(billed, corrected int64) InvoiceState {
	switch {
	case corrected == 0:
		return InvoiceApproved
	case corrected < billed:
		return InvoiceCorrected
	default:
		return InvoiceRefused
	}
}

// CaseState is the state of a correction case, the provider's unit of work
// (COR-2).
type CaseState string

// Case states.
const (
	CaseNew        CaseState = "new"
	CaseInProgress CaseState = "in_progress"
	CaseCompleted  CaseState = "completed"
)

// CaseEvent moves a correction case.
type CaseEvent string

// Case events: the provider starts, completes; the deadline expires (COR-8).
const (
	CaseStart    CaseEvent = "start"
	CaseComplete CaseEvent = "complete"
	CaseExpire   CaseEvent = "expire"
)

// caseTransitions is the only list of moves of a correction case.
var caseTransitions = map[CaseState]map[CaseEvent]CaseState{
	CaseNew:        {CaseStart: CaseInProgress, CaseExpire: CaseCompleted},
	CaseInProgress: {CaseComplete: CaseCompleted, CaseExpire: CaseCompleted},
}

// Next returns the state after the event; ok is false where the table has no
// such move.
func (s CaseState) Next(e CaseEvent) (next CaseState, ok bool) {
	next, ok = caseTransitions[s][e]
	return next, ok
}

// CorrectionState is the state of one correction within its case.
type CorrectionState string

// Correction states (COR-2).
const (
	CorrectionOpen      CorrectionState = "open"
	CorrectionCorrected CorrectionState = "corrected"
)
