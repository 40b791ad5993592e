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
// invoice back (DTA-4), the re-check of a healed case leaves nothing, a part or all
// of it corrected (CHK-7).
const (
	InvoicePay     InvoiceEvent = "pay"
	InvoiceCancel  InvoiceEvent = "cancel"
	InvoiceApprove InvoiceEvent = "approve"
	InvoiceCorrect InvoiceEvent = "correct"
	InvoiceRefuse  InvoiceEvent = "refuse"
)

// invoiceTransitions is the only list of moves of an invoice.
var invoiceTransitions = map[InvoiceState]map[InvoiceEvent]InvoiceState{
	InvoiceApproved: {InvoicePay: InvoicePaid, InvoiceCancel: InvoiceCancelled},
	InvoiceCorrected: {
		InvoicePay: InvoicePaid, InvoiceCancel: InvoiceCancelled,
		InvoiceApprove: InvoiceApproved, InvoiceCorrect: InvoiceCorrected, InvoiceRefuse: InvoiceRefused,
	},
	InvoiceRefused: {
		InvoiceCancel: InvoiceCancelled, InvoiceApprove: InvoiceApproved, InvoiceCorrect: InvoiceCorrected, InvoiceRefuse: InvoiceRefused,
	},
	InvoicePaid: {InvoiceCancel: InvoiceCancelled, InvoiceApprove: InvoiceApproved, InvoiceCorrect: InvoiceCorrected},
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

// Rechecked returns the state of the invoice after a re-check that approved more or
// less of it than before; ok is false where the table has no such move.
func (s InvoiceState) Rechecked(billed, corrected int64) (next InvoiceState, ok bool) {
	return s.Next(map[InvoiceState]InvoiceEvent{
		InvoiceApproved: InvoiceApprove, InvoiceCorrected: InvoiceCorrect, InvoiceRefused: InvoiceRefuse,
	}[StateOf(billed, corrected)])
}

// CaseState is the state of a correction case, the provider's unit of work
// (COR-2).
type CaseState string

// Case states.
const (
	CaseNew        CaseState = "new"
	CaseInProgress CaseState = "in_progress"
	// CaseFollowUp is a case put off to a day (COR-9); it can be worked on as before.
	CaseFollowUp  CaseState = "follow_up"
	CaseCompleted CaseState = "completed"
)

// CaseEvent moves a correction case.
type CaseEvent string

// Case events: the provider starts, heals, sets or clears a follow-up, completes;
// the deadline expires (COR-8).
const (
	CaseStart    CaseEvent = "start"
	CaseHeal     CaseEvent = "heal"
	CaseDefer    CaseEvent = "defer"
	CaseResume   CaseEvent = "resume"
	CaseComplete CaseEvent = "complete"
	CaseExpire   CaseEvent = "expire"
)

// caseTransitions is the only list of moves of a correction case.
var caseTransitions = map[CaseState]map[CaseEvent]CaseState{
	CaseNew: {CaseStart: CaseInProgress, CaseDefer: CaseFollowUp, CaseExpire: CaseCompleted},
	CaseInProgress: {
		CaseHeal: CaseInProgress, CaseDefer: CaseFollowUp, CaseComplete: CaseCompleted, CaseExpire: CaseCompleted,
	},
	CaseFollowUp: {
		CaseHeal: CaseFollowUp, CaseDefer: CaseFollowUp, CaseResume: CaseInProgress, CaseComplete: CaseCompleted, CaseExpire: CaseCompleted,
	},
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
	CorrectionOpen CorrectionState = "open"
	// CorrectionCorrected is a correction that the provider has settled: healed, or
	// accepted.
	CorrectionCorrected CorrectionState = "corrected"
)

// CorrectionEvent moves a correction.
type CorrectionEvent string

// Correction events: the provider heals it by a change, or accepts what is cut.
const (
	CorrectionHeal   CorrectionEvent = "heal"
	CorrectionAccept CorrectionEvent = "accept"
)

// correctionTransitions is the only list of moves of a correction: until its case is
// completed the provider may change his mind.
var correctionTransitions = map[CorrectionState]map[CorrectionEvent]CorrectionState{
	CorrectionOpen:      {CorrectionHeal: CorrectionCorrected, CorrectionAccept: CorrectionCorrected},
	CorrectionCorrected: {CorrectionHeal: CorrectionCorrected, CorrectionAccept: CorrectionCorrected},
}

// Next returns the state after the event; ok is false where the table has no
// such move.
func (s CorrectionState) Next(e CorrectionEvent) (next CorrectionState, ok bool) {
	next, ok = correctionTransitions[s][e]
	return next, ok
}
