// Package deliveries takes DTA deliveries from Kafka and hands them to the
// intake. It decides nothing: it unpacks the message, resolves a claim check and
// says which errors can never pass.
package deliveries

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"klarbeleg/app/intake"
	"klarbeleg/consumers"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/blob"
	"klarbeleg/schema/messages"
)

// Codes of messages that can never be handled.
const (
	codeEmpty       = "empty"
	codeContentType = "content_type"
	codeBlobRef     = "blob_ref"
	codeIDReused    = "id_reused"
	codeUnreadable  = "unreadable"
)

// Handler returns the handler of topic dta.deliveries.
func Handler(service *intake.Service) consumers.Handler {
	return func(ctx context.Context, m consumers.Message) error {
		msg := intake.Message{
			ID: m.ID, Sender: m.Key, Auftrag: m.Headers[messages.HeaderAuftrag], TransferName: string(m.Headers[messages.HeaderDateiname]),
			Origin: intake.Origin{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Headers: m.Headers, Body: m.Body},
		}
		if err := payload(m, &msg); err != nil {
			return err
		}
		result, err := service.Handle(ctx, msg)
		switch {
		case err == nil && result.State == billing.DeliveryQuarantined:
			// Set aside already, with its row and receipt; the loop counts it.
			return &consumers.Poison{Code: codeUnreadable, Err: errors.New("delivery is not readable as DTA")}
		case errors.Is(err, intake.ErrIDReused):
			return &consumers.Poison{Code: codeIDReused, Err: err}
		case errors.Is(err, blob.ErrNotFound) && msg.Blob != nil:
			return &consumers.Poison{Code: codeBlobRef, Err: errors.New("the blob does not exist")}
		}
		return err
	}
}

// payload takes the bytes of the message or resolves its claim check (DTA-7).
func payload(m consumers.Message, msg *intake.Message) error {
	contentType, _, _ := strings.Cut(m.ContentType, ";")
	switch contentType {
	case messages.ContentTypeBlobRef:
		ref, err := blobRef(m.Body)
		if err != nil {
			return &consumers.Poison{Code: codeBlobRef, Err: err}
		}
		msg.Blob = ref
	case messages.ContentTypeEDIFACT, "application/octet-stream":
		msg.Payload = m.Body
	default:
		return &consumers.Poison{Code: codeContentType, Err: errors.New("content type is not one of a DTA delivery")}
	}
	if len(m.Body) == 0 {
		return &consumers.Poison{Code: codeEmpty, Err: errors.New("message has no body")}
	}
	return nil
}

// blobRef reads a reference into our own blob store: blob:<sha256 in hex>.
func blobRef(body []byte) (*blob.Ref, error) {
	var ref messages.BlobRef
	if err := json.Unmarshal(body, &ref); err != nil {
		return nil, errors.New("blob reference is not the JSON object expected")
	}
	sum, err := hex.DecodeString(ref.SHA256)
	if err != nil || len(sum) != 32 {
		return nil, errors.New("blob reference: sha256 is not 64 hex digits")
	}
	if ref.URL != "blob:"+ref.SHA256 || ref.Size < 0 {
		return nil, fmt.Errorf("blob reference: url must be blob:<sha256> of the shared store")
	}
	return &blob.Ref{Key: ref.SHA256, Size: ref.Size}, nil
}
