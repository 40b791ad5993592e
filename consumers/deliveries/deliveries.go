// Package deliveries takes DTA deliveries from Kafka and hands them to the
// intake. It decides nothing: it unpacks the message, resolves a claim check and
// says which errors can never pass.
package deliveries

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"klarbeleg/app/intake"
	"klarbeleg/consumers"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/blob"
	"klarbeleg/schema/messages"
)

// Codes of messages that can never be handled.
const (
	codeType        = "type"
	codeKey         = "key"
	codeFileName    = "file_name"
	codeEmpty       = "empty"
	codeContentType = "content_type"
	codeBlobRef     = "blob_ref"
	codeIDReused    = "id_reused"
	codeUnreadable  = "unreadable"
)

// Handler returns the handler of topic dta.deliveries.
func Handler(service *intake.Service) consumers.Handler {
	return func(ctx context.Context, m consumers.Message) error {
		if err := envelope(m); err != nil {
			return err
		}
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
			return &consumers.PoisonError{Code: codeUnreadable, Err: errors.New("delivery cannot be opened or is not readable as DTA")}
		case errors.Is(err, intake.ErrIDReused):
			return &consumers.PoisonError{Code: codeIDReused, Err: err}
		case errors.Is(err, blob.ErrNotFound) && msg.Blob != nil:
			return &consumers.PoisonError{Code: codeBlobRef, Err: errors.New("the blob does not exist")}
		case errors.Is(err, blob.ErrCorrupt) && msg.Blob != nil:
			return &consumers.PoisonError{Code: codeBlobRef, Err: errors.New("the blob has other content than the reference says")}
		}
		return err
	}
}

// envelope checks what is around the body.
func envelope(m consumers.Message) error {
	switch {
	// A sender without CloudEvents names no type: the loop puts the topic.
	case m.Type != messages.TypeDelivery && m.Type != m.Topic:
		return &consumers.PoisonError{Code: codeType, Err: errors.New("not of type " + messages.TypeDelivery)}
	case !printable(m.Key):
		return &consumers.PoisonError{Code: codeKey, Err: errors.New("key is not printable UTF-8")}
	case !printable(string(m.Headers[messages.HeaderDateiname])):
		return &consumers.PoisonError{Code: codeFileName, Err: errors.New("header " + messages.HeaderDateiname + " is not printable UTF-8")}
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// payload takes the bytes of the message or resolves its claim check (DTA-7).
func payload(m consumers.Message, msg *intake.Message) error {
	contentType, _, err := mime.ParseMediaType(m.ContentType)
	if err != nil {
		contentType = ""
	}
	switch contentType {
	case messages.ContentTypeBlobRef:
		ref, err := blobRef(m.Body)
		if err != nil {
			return &consumers.PoisonError{Code: codeBlobRef, Err: err}
		}
		msg.Blob = ref
	case messages.ContentTypeEDIFACT, messages.ContentTypePKCS7, messages.ContentTypeFHIR, "application/octet-stream":
		// The type is a claim; what the bytes are, the intake decides (DTA-5).
		msg.Payload = m.Body
	default:
		return &consumers.PoisonError{Code: codeContentType, Err: errors.New("content type is not one of a DTA delivery")}
	}
	if len(m.Body) == 0 {
		return &consumers.PoisonError{Code: codeEmpty, Err: errors.New("message has no body")}
	}
	return nil
}

// lowerHex is the form of a key of the blob store.
var lowerHex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// blobRef reads a reference into our own blob store: blob:<sha256 in hex>.
func blobRef(body []byte) (*blob.Ref, error) {
	var ref messages.BlobRef
	if err := json.Unmarshal(body, &ref); err != nil {
		return nil, errors.New("blob reference is not the JSON object expected")
	}
	if !lowerHex.MatchString(ref.SHA256) {
		return nil, errors.New("blob reference: sha256 is not 64 lower-case hexadecimal digits")
	}
	if ref.URL != "blob:"+ref.SHA256 {
		return nil, errors.New("blob reference: url must be blob:<sha256> of the shared store")
	}
	if ref.Size < 0 {
		return nil, errors.New("blob reference: size is negative")
	}
	return &blob.Ref{Key: ref.SHA256, Size: ref.Size}, nil
}
