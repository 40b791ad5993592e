// Package messages holds what Klarbeleg sends over Kafka: topic names, type
// names with their version, and the bodies, beside the JSON Schemas that describe
// them. Bodies are encoded when the outbox row is written, so that a repeated
// message has the same bytes (G-5). No body carries a name, KVNR, birth date or
// diagnosis (PRV-19): our ids and the numbers of the bill name what is meant.
package messages

import (
	"encoding/json"
	"time"
)

// Names on the wire; asyncapi.json describes each topic. What cannot be handled
// is kept in the quarantine of the database, not on a topic of dead letters.
const (
	TopicDeliveries     = "dta.deliveries"
	TopicReceipts       = "dta.receipts"
	TopicInvoices       = "billing.invoices"
	TopicCorrections    = "billing.corrections"
	TopicCardOrders     = "cards.orders"
	TopicCardStatus     = "cards.status"
	HeaderAuftrag       = "dta-auftrag"
	HeaderDateiname     = "dta-dateiname"
	ContentTypeEDIFACT  = "application/edifact"
	ContentTypePKCS7    = "application/pkcs7-mime"
	ContentTypeFHIR     = "application/fhir+xml"
	ContentTypeBlobRef  = "application/vnd.klarbeleg.blob-ref+json"
	ContentTypeJSON     = "application/json"
	TypeDelivery        = "klarbeleg.delivery.v1"
	TypeReceipt         = "klarbeleg.receipt.v1"
	TypeInvoiceStatus   = "klarbeleg.invoice-status.v1"
	TypeCorrection      = "klarbeleg.correction.v1"
	CloudEventsSource   = "urn:klarbeleg"
	DeliveryLimitInline = 1 << 20 // above this a delivery travels as a blob reference (DTA-7)
)

// BlobRef is the claim check of a large delivery: where its bytes are, how many,
// and their SHA-256 in hex.
type BlobRef struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Receipt answers a delivery (DTA-6).
type Receipt struct {
	DeliveryID  string         `json:"delivery_id"`
	MessageID   string         `json:"message_id"`
	SenderIK    string         `json:"sender_ik"`
	RecipientIK string         `json:"recipient_ik,omitempty"`
	Transfer    string         `json:"transfer_name,omitempty"`
	Reference   string         `json:"exchange_reference,omitempty"`
	Outcome     string         `json:"outcome"` // accepted, partly_rejected, rejected, duplicate
	ReceivedAt  time.Time      `json:"received_at"`
	DuplicateOf string         `json:"duplicate_of,omitempty"`
	Counts      ReceiptCounts  `json:"counts"`
	Sums        ReceiptSums    `json:"sums"`
	Errors      []ReceiptError `json:"errors"`
	// ErrorsLeftOff counts errors beyond the limit of a receipt.
	ErrorsLeftOff int `json:"errors_left_off,omitempty"`
}

// ReceiptCounts counts what the delivery held.
type ReceiptCounts struct {
	Invoices        int `json:"invoices"`
	InvoicesRefused int `json:"invoices_refused"`
	// InvoicesCancelled counts the invoices taken back by a Storno (§ 295).
	InvoicesCancelled int `json:"invoices_cancelled,omitempty"`
	// CasesRefused counts the prescriptions of a TA7 file that were refused.
	CasesRefused int   `json:"cases_refused,omitempty"`
	Cases        int   `json:"cases"`
	Positions    int   `json:"positions"`
	Segments     int64 `json:"segments"`
	Bytes        int64 `json:"bytes"`
}

// ReceiptSums are euro cents: billed = approved + corrected; refused is what the
// refused invoices demanded.
type ReceiptSums struct {
	Billed    int64 `json:"billed_cents"`
	Approved  int64 `json:"approved_cents"`
	Corrected int64 `json:"corrected_cents"`
	Refused   int64 `json:"refused_cents"`
}

// ReceiptError is one error with its place. Segment counts from 1 over the whole
// file, offset in bytes; the text is German and free of field values.
type ReceiptError struct {
	Stage     int    `json:"stage"`
	Code      string `json:"code"`
	Severity  string `json:"severity"`
	Scope     string `json:"scope"`
	Invoice   string `json:"invoice,omitempty"`
	Segment   int    `json:"segment"`
	Offset    int64  `json:"offset"`
	Tag       string `json:"tag,omitempty"`
	Element   int    `json:"element,omitempty"`
	Component int    `json:"component,omitempty"`
	Text      string `json:"text"`
}

// InvoiceStatus tells that an invoice changed its state.
type InvoiceStatus struct {
	Invoice     string    `json:"invoice"` // Gesamtrechnungsnummer:Einzelrechnungsnummer; § 295 the single one alone
	InvoiceDate string    `json:"invoice_date"`
	ProviderIK  string    `json:"provider_ik"`
	PayeeIK     string    `json:"payee_ik"`
	PayerIK     string    `json:"payer_ik"`
	Group       string    `json:"group"`
	State       string    `json:"state"` // approved, corrected, refused, paid, cancelled
	Billed      int64     `json:"billed_cents"`
	Approved    int64     `json:"approved_cents"`
	Corrected   int64     `json:"corrected_cents"`
	Voucher     string    `json:"voucher,omitempty"`    // if paid: Zahlbelegnummer
	Paid        int64     `json:"paid_cents,omitempty"` // if paid: by this voucher
	DeliveryID  string    `json:"delivery_id"`
	At          time.Time `json:"at"`
}

// Correction is the correction record (CHK-4): what was cut, why, and how it can
// be healed.
type Correction struct {
	CorrectionID string              `json:"correction_id"`
	CaseID       string              `json:"case_id"` // correction case; also the message key
	DeliveryID   string              `json:"delivery_id"`
	ProviderIK   string              `json:"provider_ik"`
	PayeeIK      string              `json:"payee_ik"`
	PayerIK      string              `json:"payer_ik"`
	Group        string              `json:"group"`
	Processing   int                 `json:"processing_code"`
	Invoice      string              `json:"invoice"`
	InvoiceDate  string              `json:"invoice_date"`
	VoucherNo    string              `json:"voucher_no"`
	Position     *CorrectionPosition `json:"position,omitempty"`
	Rule         string              `json:"rule"`
	RuleVersion  int                 `json:"rule_version"`
	Title        string              `json:"title"`
	Text         string              `json:"text"` // German, for the provider; without values of the insured person
	Segment      int                 `json:"segment"`
	Offset       int64               `json:"offset"`
	Billed       int64               `json:"billed_cents"`
	Corrected    int64               `json:"corrected_cents"` // what is not paid: gross cut less co-payment cut
	GrossCut     int64               `json:"gross_cut_cents"`
	CopayCut     int64               `json:"copay_cut_cents"`
	Heal         []string            `json:"heal"`
	HealUntil    string              `json:"heal_until"`          // last Berlin day
	CheckRun     int                 `json:"check_run,omitempty"` // from 2 on: re-checks; absent at receipt
	Settled      string              `json:"settled,omitempty"`   // heal, accept: how the provider settled it before the re-check
	At           time.Time           `json:"at"`
}

// CorrectionPosition names the billed line of a correction.
type CorrectionPosition struct {
	Segment  int    `json:"segment"`
	Item     string `json:"item"`
	Date     string `json:"date,omitempty"` // "" if the line has none
	Quantity int64  `json:"quantity_hundredths"`
	Price    int64  `json:"price_cents"`
}

// Encode returns the JSON body. It cannot fail: the bodies hold plain values.
func Encode(body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		panic("messages: encode: " + err.Error())
	}
	return raw
}
