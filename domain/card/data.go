package card

import (
	"encoding/json"
	"fmt"
	"time"

	"klarbeleg/domain/calendar"
)

// EventType names what happened. Its strings are stored and sent.
type EventType string

// The event types of the topic cards.orders.
const (
	TypeApplicationDrafted   EventType = "application.drafted"
	TypeApplicationSubmitted EventType = "application.submitted"
	TypeApplicationAbandoned EventType = "application.abandoned"
	TypeIdentityConfirmed    EventType = "identity.confirmed"
	TypeDocumentsReceived    EventType = "documents.received"
	TypeDocumentsChecked     EventType = "documents.checked"
	TypeReleaseRequested     EventType = "release.requested"
	TypeReleaseGranted       EventType = "release.granted"
	TypeReleaseRefused       EventType = "release.refused"
	TypeProductionStarted    EventType = "production.started"
	TypeCardShipped          EventType = "card.shipped"
	TypePINLetterSent        EventType = "pin_letter.sent"
	TypeCardActivated        EventType = "card.activated"
	TypePINFailed            EventType = "pin.failed"
	TypePUKUsed              EventType = "puk.used"
	TypeCardRevoked          EventType = "card.revoked"
	TypeContractCancelled    EventType = "contract.cancelled"
)

// Event is something that happened to an order. The sender numbers the events
// of an order 1, 2, 3 ... in Seq.
type Event struct {
	ID      string
	OrderID string
	Seq     int64
	At      time.Time
	Data    Data
}

// Data is what an event of its type carries. The structs below implement it;
// their JSON form is the one of the message schemas, known fields only.
type Data interface {
	eventType() EventType
}

// TypeOf returns the event type that carries d.
func TypeOf(d Data) EventType { return d.eventType() }

// ApplicationDrafted opens an order.
type ApplicationDrafted struct {
	Product               Product `json:"product"`
	Kind                  Kind    `json:"kind"`
	IssuingBody           string  `json:"issuing_body"`
	Email                 string  `json:"email"`
	PreviousCard          string  `json:"previous_card,omitempty"`
	ContractDataUnchanged bool    `json:"contract_data_unchanged,omitempty"`
	IdentificationMethod  string  `json:"identification_method,omitempty"`
	// MonetaryLimit is in whole euros, digits only (CRD-6); "" is no limit.
	MonetaryLimit      string `json:"monetary_limit,omitempty"`
	UsageRestriction   string `json:"usage_restriction,omitempty"`
	PublicationConsent bool   `json:"publication_consent,omitempty"`
}

// ApplicationSubmitted says that the form was printed and sent in.
type ApplicationSubmitted struct{}

// ApplicationAbandoned ends an application that will not be completed.
type ApplicationAbandoned struct{}

// IdentityConfirmed says how, where, when and by which kind of document the
// applicant was identified (CRD-4).
type IdentityConfirmed struct {
	Method      string        `json:"method"`
	IdentOffice string        `json:"ident_office"`
	Date        calendar.Date `json:"date"`
	Document    string        `json:"document"`
}

// DocumentsReceived says that written documents have arrived.
type DocumentsReceived struct{}

// DocumentsChecked says whether the documents are complete; Missing names the
// enclosures that are not there, by code.
type DocumentsChecked struct {
	Complete bool     `json:"complete"`
	Missing  []string `json:"missing,omitempty"`
}

// ReleaseRequested hands the order to the releasing body.
type ReleaseRequested struct{}

// ReleaseGranted is the consent of the releasing body.
type ReleaseGranted struct{}

// ReleaseRefused is the refusal of the releasing body, in its words.
type ReleaseRefused struct {
	Reason string `json:"reason"`
}

// ProductionStarted says that the card is being made.
type ProductionStarted struct{}

// CardShipped says which card is on its way.
type CardShipped struct {
	Serial       string        `json:"card_serial"`
	Certificates []string      `json:"certificates"`
	ValidFrom    calendar.Date `json:"valid_from"`
	ValidTo      calendar.Date `json:"valid_to"`
}

// PINLetterSent says that the PIN letter is on its way.
type PINLetterSent struct{}

// CardActivated says that the code of the PIN letter was right (CRD-10).
type CardActivated struct {
	CodeOK bool `json:"code_ok"`
}

// PIN is one of the secrets of a card.
type PIN string

// The PINs; each has a PUK of its own.
const (
	CardPIN      PIN = "card"
	SignaturePIN PIN = "signature"
)

// PINFailed says that a PIN was wrong.
type PINFailed struct {
	PIN PIN `json:"pin"`
}

// PUKUsed says that the PUK of PIN was used; Remaining uses are left.
type PUKUsed struct {
	PIN       PIN `json:"pin"`
	Remaining int `json:"remaining"`
}

// CardRevoked blocks the card for good (CRD-12).
type CardRevoked struct {
	Channel         string `json:"channel"`
	AuthenticatedBy string `json:"authenticated_by"`
}

// ContractCancelled ends the contract, which is no revocation (CRD-14).
type ContractCancelled struct {
	EffectiveOn calendar.Date `json:"effective_on,omitempty"`
}

func (ApplicationDrafted) eventType() EventType   { return TypeApplicationDrafted }
func (ApplicationSubmitted) eventType() EventType { return TypeApplicationSubmitted }
func (ApplicationAbandoned) eventType() EventType { return TypeApplicationAbandoned }
func (IdentityConfirmed) eventType() EventType    { return TypeIdentityConfirmed }
func (DocumentsReceived) eventType() EventType    { return TypeDocumentsReceived }
func (DocumentsChecked) eventType() EventType     { return TypeDocumentsChecked }
func (ReleaseRequested) eventType() EventType     { return TypeReleaseRequested }
func (ReleaseGranted) eventType() EventType       { return TypeReleaseGranted }
func (ReleaseRefused) eventType() EventType       { return TypeReleaseRefused }
func (ProductionStarted) eventType() EventType    { return TypeProductionStarted }
func (CardShipped) eventType() EventType          { return TypeCardShipped }
func (PINLetterSent) eventType() EventType        { return TypePINLetterSent }
func (CardActivated) eventType() EventType        { return TypeCardActivated }
func (PINFailed) eventType() EventType            { return TypePINFailed }
func (PUKUsed) eventType() EventType              { return TypePUKUsed }
func (CardRevoked) eventType() EventType          { return TypeCardRevoked }
func (ContractCancelled) eventType() EventType    { return TypeContractCancelled }

// DecodeData reads the JSON form of the data of an event of type t. The caller
// has checked it against the message schema.
func DecodeData(t EventType, raw []byte) (Data, error) {
	switch t {
	case TypeApplicationDrafted:
		return decode[ApplicationDrafted](raw)
	case TypeApplicationSubmitted:
		return decode[ApplicationSubmitted](raw)
	case TypeApplicationAbandoned:
		return decode[ApplicationAbandoned](raw)
	case TypeIdentityConfirmed:
		return decode[IdentityConfirmed](raw)
	case TypeDocumentsReceived:
		return decode[DocumentsReceived](raw)
	case TypeDocumentsChecked:
		return decode[DocumentsChecked](raw)
	case TypeReleaseRequested:
		return decode[ReleaseRequested](raw)
	case TypeReleaseGranted:
		return decode[ReleaseGranted](raw)
	case TypeReleaseRefused:
		return decode[ReleaseRefused](raw)
	case TypeProductionStarted:
		return decode[ProductionStarted](raw)
	case TypeCardShipped:
		return decode[CardShipped](raw)
	case TypePINLetterSent:
		return decode[PINLetterSent](raw)
	case TypeCardActivated:
		return decode[CardActivated](raw)
	case TypePINFailed:
		return decode[PINFailed](raw)
	case TypePUKUsed:
		return decode[PUKUsed](raw)
	case TypeCardRevoked:
		return decode[CardRevoked](raw)
	case TypeContractCancelled:
		return decode[ContractCancelled](raw)
	}
	return nil, fmt.Errorf("unknown card event type")
}

func decode[T Data](raw []byte) (Data, error) {
	var d T
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	return d, nil
}
