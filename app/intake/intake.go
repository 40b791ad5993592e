package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// Consumer is the name under which deliveries enter the inbox.
const Consumer = "deliveries"

// maxReceiptErrors bounds the errors that a receipt lists; the rest is counted.
const maxReceiptErrors = 200

// Settings of the intake.
type Settings struct {
	Deadlines billing.CaseDeadlines
	Checks    checks.Options
	Security  Security
}

// Service takes deliveries. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	blobs    blob.Store
	clock    clock.Clock
	rules    []checks.Rule
	settings Settings
	facts    atomic.Pointer[reference]
	// engines keeps engines with their buffers for the next delivery.
	engines sync.Pool
}

// New returns the service.
func New(db *store.DB, blobs blob.Store, c clock.Clock, rules []checks.Rule, settings Settings) *Service {
	s := &Service{db: db, blobs: blobs, clock: c, rules: rules, settings: settings}
	s.engines.New = func() any { return NewEngine(rules, settings.Checks) }
	return s
}

// Message is a delivery as a door hands it over.
type Message struct {
	// ID identifies the message for ever: the same id is the same delivery.
	ID string
	// Sender is the IK under which the message was sent (the Kafka key).
	Sender       string
	Auftrag      []byte
	TransferName string
	// Payload holds the bytes of the file; with Blob they are in the blob store
	// already (claim check, DTA-7).
	Payload []byte
	Blob    *blob.Ref
	Origin  Origin
}

// Origin is the message as it was fetched: what the quarantine keeps if the
// delivery is unreadable.
type Origin struct {
	Topic     string
	Partition int
	Offset    int64
	Headers   map[string][]byte
	Body      []byte
}

// Result says what became of a message.
type Result struct {
	// Known is true if the message was handled before; then nothing happened.
	Known    bool
	Delivery uuid.UUID
	State    billing.DeliveryState
}

// ErrIDReused says that a message id came again with other content.
var ErrIDReused = store.ErrIDReused

// onceIndexes are the unique indexes by which one of two deliveries that bill the
// same at the same time loses.
var onceIndexes = []string{"delivery_payload_once", "delivery_reference_once", "prescription_voucher_once", "prescription_id_once"}

// Handle takes one delivery: inbox, delivery with its invoices, corrections and
// receipt are written in one transaction (DTA-1). An unreadable delivery is
// quarantined whole in the same transaction and answered by a receipt too
// (DTA-10).
func (s *Service) Handle(ctx context.Context, m Message) (Result, error) {
	ref, err := s.keep(ctx, m)
	if err != nil {
		return Result{}, err
	}
	now := s.clock.Now()
	facts, err := s.loadFacts(ctx, now)
	if err != nil {
		return Result{}, err
	}
	for attempt := 0; ; attempt++ {
		var result Result
		err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			in := &intakeTx{Service: s, tx: tx, message: m, ref: ref, now: now, facts: facts}
			result, err = in.run(ctx)
			return err
		})
		// A concurrent delivery with the same content, reference or prescription
		// won: look again, it is a duplicate now.
		raced := slices.ContainsFunc(onceIndexes, func(index string) bool { return store.UniqueViolation(err, index) })
		if !raced || attempt > 0 {
			return result, err
		}
	}
}

// keep returns where the bytes of the payload are, after storing them if they
// came inside the message.
func (s *Service) keep(ctx context.Context, m Message) (blob.Ref, error) {
	if m.Blob != nil {
		return *m.Blob, nil
	}
	ref, err := s.blobs.Put(ctx, bytes.NewReader(m.Payload))
	if err != nil {
		return blob.Ref{}, fmt.Errorf("keep payload: %w", err)
	}
	return ref, nil
}

// open returns the bytes of the payload; blob.ErrCorrupt if the sender's reference
// names another size than they have, which P1004 would believe.
func (s *Service) open(ctx context.Context, m Message, ref blob.Ref) (io.ReadCloser, error) {
	if m.Blob == nil {
		return io.NopCloser(bytes.NewReader(m.Payload)), nil
	}
	size, err := s.blobs.Size(ctx, ref.Key)
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	if size != ref.Size {
		return nil, fmt.Errorf("size of payload: %w", blob.ErrCorrupt)
	}
	r, err := s.blobs.Open(ctx, ref.Key)
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	return r, nil
}

// intakeTx is one delivery in its transaction; it is the engine's sink.
type intakeTx struct {
	*Service
	tx      store.Tx
	message Message
	ref     blob.Ref
	now     time.Time
	facts   *billing.Facts

	delivery store.Delivery
	// sealedFor is the IK of the sender for whom the payload was signed, "" of a
	// plain delivery.
	sealedFor string
	writer    *store.InvoiceWriter
	erezepte  *store.ERezeptWriter // nil outside of TA7 files
	sender    string               // as the file's header says
	outbox    *store.OutboxWriter
	errs      []messages.ReceiptError
	leftOff   int
	refused   []billing.RefusedInvoice
}

func (t *intakeTx) run(ctx context.Context) (Result, error) {
	sum := sha256.Sum256(append([]byte(t.ref.Key), t.message.Auftrag...))
	fresh, err := store.EnterInbox(ctx, t.tx, store.InboxKey{Consumer: Consumer, MessageID: t.message.ID}, sum, t.now)
	if err != nil || !fresh {
		return Result{Known: !fresh}, err
	}
	if err := store.AddBlob(ctx, t.tx, t.ref.Key, t.ref.Size, t.now); err != nil {
		return Result{}, err
	}
	t.delivery = store.Delivery{
		ID: newID(), MessageID: t.message.ID, Sender: t.message.Sender, TransferName: t.message.TransferName,
		BlobKey: t.ref.Key, Bytes: t.ref.Size, OrderFile: t.message.Auftrag, ReceivedAt: t.now,
	}
	if _, err := hex.Decode(t.delivery.PayloadSHA256[:], []byte(t.ref.Key)); err != nil {
		return Result{}, fmt.Errorf("blob key: %w", err)
	}
	t.outbox = store.NewOutboxWriter()
	logging.From(ctx).Info("delivery received", zap.Stringer("delivery", t.delivery.ID), zap.Int64("bytes", t.ref.Size))
	report, err := t.process(ctx)
	if err != nil {
		return Result{}, err
	}
	return t.finish(ctx, report)
}

// process opens the delivery, answers a duplicate at once and checks everything
// else.
func (t *intakeTx) process(ctx context.Context) (report *Report, err error) {
	payload, err := t.open(ctx, t.message, t.ref)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, payload.Close()) }()
	opened, err := t.settings.Security.open(ctx, Input{
		Auftrag: t.message.Auftrag, TransferName: t.message.TransferName, Payload: payload, Size: t.ref.Size,
	}, t.facts, t.now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	t.note(ctx, opened)
	if report, err := opened.tell(ctx, t); report != nil || err != nil {
		return report, err
	}
	t.sealedFor = opened.sealedFor
	if opened.sum != nil {
		copy(t.delivery.PayloadSHA256[:], opened.sum)
	}
	if report, err := t.duplicate(ctx); report != nil || err != nil {
		return report, err
	}
	return t.check(ctx, opened)
}

// note logs what operators must know about the opening.
func (t *intakeTx) note(ctx context.Context, o *opened) {
	log := logging.From(ctx).With(zap.Stringer("delivery", t.delivery.ID))
	if o.cause != nil {
		log.Info("delivery not opened", zap.Error(o.cause))
	}
	if o.legacy {
		log.Warn("delivery opened with algorithms of an older profile, as agreed with the sender")
	}
}

// duplicate returns the report of a delivery whose payload was accepted before, nil
// for any other.
func (t *intakeTx) duplicate(ctx context.Context) (*Report, error) {
	earlier, found, err := store.FindSamePayload(ctx, t.tx, t.delivery.PayloadSHA256)
	if err != nil || !found {
		return nil, err
	}
	t.delivery.DuplicateOf = earlier.ID
	f := t.rule("P1010", map[string]string{"datum": calendar.InBerlin(earlier.ReceivedAt).German(), "datei": "dieses Inhalts"})
	return &Report{Summary: Summary{Outcome: string(billing.DeliveryDuplicate), Findings: 1}}, t.Finding(ctx, &f)
}

// check lets the engine read the payload and stores what it accepts.
func (t *intakeTx) check(ctx context.Context, opened *opened) (*Report, error) {
	if err := t.tx.Savepoint(ctx); err != nil {
		return nil, err
	}
	t.writer = store.NewInvoiceWriter(t.tx, t.delivery.ID, t.now, t.settings.Deadlines)
	defer func() { _ = t.writer.Wait() }() // also after a panic: the rollback needs the connection
	engine, _ := t.engines.Get().(*Engine)
	report, err := opened.run(ctx, engine, t.facts, t)
	t.engines.Put(engine) // not after a panic: its state would be unknown
	if err != nil {
		return nil, err
	}
	if report.RejectedBy != "" {
		return report, t.takeBack(ctx)
	}
	return report, t.writer.Close(ctx)
}

// finish writes the delivery row and its receipt.
func (t *intakeTx) finish(ctx context.Context, r *Report) (Result, error) {
	d := &t.delivery
	d.State = billing.DeliveryState(r.Outcome)
	if r.Unreadable {
		d.State = billing.DeliveryQuarantined
		if err := t.quarantine(ctx); err != nil {
			return Result{}, err
		}
	}
	if r.Auftrag != nil && d.TransferName == "" {
		d.TransferName = r.Auftrag.TransferName()
	}
	if h := r.Header; h != nil {
		d.Sender, d.Recipient, d.Reference, d.Group = h.Sender, h.Recipient, h.Reference, h.Group.String()
		d.Test, d.CreatedOn = string(rune(h.Test)), h.CreatedOn
	}
	d.Segments, d.ClaimedInvoices, d.ClaimedCents = r.Segments, r.Invoices, r.Billed+r.RefusedCents
	d.Refused = t.refused
	for _, e := range t.errs {
		d.Errors = append(d.Errors, store.DeliveryError{
			Stage: e.Stage, Code: e.Code, Severity: e.Severity, Scope: e.Scope, Segment: e.Segment, Offset: e.Offset,
			Tag: e.Tag, Element: e.Element, Component: e.Component, Text: e.Text,
		})
	}
	if err := store.AddDelivery(ctx, t.tx, d); err != nil {
		return Result{}, err
	}
	t.outbox.Add(t.receipt(r))
	if err := t.outbox.Flush(ctx, t.tx); err != nil {
		return Result{}, err
	}
	logging.From(ctx).Info("delivery checked", zap.Stringer("delivery", d.ID), zap.String("state", string(d.State)), zap.Bool("sealed", t.sealedFor != ""),
		zap.Int("invoices", r.Invoices), zap.Int("positions", r.Positions), zap.Int("refused", r.Refused), zap.Int("findings", r.Findings))
	return Result{Delivery: d.ID, State: d.State}, nil
}

// quarantine sets the unreadable message aside, whole.
func (t *intakeTx) quarantine(ctx context.Context) error {
	o := &t.message.Origin
	q := store.Quarantined{
		ID: newID(), Consumer: Consumer, Topic: o.Topic, Partition: o.Partition, Offset: o.Offset, MessageID: t.message.ID,
		Key: []byte(t.message.Sender), Headers: o.Headers, Body: o.Body, Code: "unreadable", Reason: "no file header can be read", CreatedAt: t.now,
	}
	if len(t.errs) > 0 {
		q.Code, q.Reason = t.errs[0].Code, t.errs[0].Text
	}
	_, err := store.AddQuarantine(ctx, t.tx, q)
	return err
}
