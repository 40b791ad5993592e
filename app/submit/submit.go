// Package submit is the use case "a sender hands in a delivery without Kafka"
// (DTA-8): it publishes what the doors took as deliveries on Kafka, where the
// intake takes them like all others. The bytes go to the blob store first, a
// reference travels (claim check, DTA-7). It decides nothing about the content:
// the receipt does. The drop folder is the sub-package; uploads over HTTP are
// here, called by the portal.
package submit

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"klarbeleg/dta/auftrag"
	"klarbeleg/internal/blob"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// MaxAuftrag bounds what is read of an Auftragsdatei, which has 348 bytes; of a
// longer file so much is passed on that the receipt says it is too long (P1003).
const MaxAuftrag = 4096

// UnknownSender is the message key of a delivery whose sender is not known.
const UnknownSender = "unbekannt"

// Delivery is a delivery whose payload lies in the blob store.
type Delivery struct {
	// ID of the message: the same id is the same delivery for ever.
	ID      uuid.UUID
	Payload blob.Ref
	// Auftrag is the Auftragsdatei, nil if none came.
	Auftrag []byte
	// TransferName is the physical file name; "" if there is none.
	TransferName string
	// Sender is the IK under which the delivery is sent.
	Sender string
}

// Publish writes the delivery to the outbox in the transaction, and that the
// blob has an owner.
func Publish(ctx context.Context, tx store.Tx, d Delivery, now time.Time) error {
	if err := store.AddBlob(ctx, tx, d.Payload.Key, d.Payload.Size, now); err != nil {
		return err
	}
	headers := map[string][]byte{}
	if d.TransferName != "" {
		headers[messages.HeaderDateiname] = []byte(d.TransferName)
	}
	if d.Auftrag != nil {
		headers[messages.HeaderAuftrag] = d.Auftrag
	}
	return store.AddOutbox(ctx, tx, store.OutboxMessage{
		EventID: d.ID, Kind: "delivery", Topic: messages.TopicDeliveries, Key: d.Sender, Type: messages.TypeDelivery,
		ContentType: messages.ContentTypeBlobRef, Headers: headers, At: now,
		Body: messages.Encode(messages.BlobRef{URL: "blob:" + d.Payload.Key, SHA256: d.Payload.Key, Size: d.Payload.Size}),
	})
}

// institution is the form of an IK.
var institution = regexp.MustCompile(`^[0-9]{9}$`)

// SenderOf returns the IK of the sender as the Auftragsdatei names it; ok is
// false if it names none.
func SenderOf(raw []byte) (ik string, ok bool) {
	a, _ := auftrag.Read(raw) // its faults belong to the receipt
	ik = strings.TrimSpace(a.AbsenderEigner)
	return ik, institution.MatchString(ik)
}
