package intake

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p302"
	"klarbeleg/dta/secon"
)

// Keys are what opening a sealed delivery needs, as they are at the moment.
type Keys struct {
	Identities []secon.Identity
	Trust      *secon.Trust
}

// Security says how deliveries come in (DTA-5). The zero value takes no plain
// delivery and can open no sealed one.
type Security struct {
	// Keys returns the present keys; nil where there are none.
	Keys func(context.Context) Keys
	// PlainAllowed is for senders with whom nothing is agreed (billing.SenderRow):
	// whether their deliveries may be neither signed nor encrypted.
	PlainAllowed bool
	// MaxBytes bounds a payload, plain; 0 stands for secon.DefaultMaxBytes.
	MaxBytes int64
	// MaxSigningAge is how old a signature may be without a remark; 0: any age.
	MaxSigningAge time.Duration
	// SpoolDir takes opened payloads while they are read, encrypted and without a
	// name; "" stands for the system's folder for temporary files.
	SpoolDir string
	// taken is set for a delivery that was accepted before: whether it may come plain
	// was decided then.
	taken bool
}

// opening is a delivery on its way from the stored bytes to the engine. Nothing of
// a sealed payload is handed out before its signature holds.
type opening struct {
	*Security
	ctx    context.Context //nolint:containedctx // lives for one call of open
	in     Input
	facts  *billing.Facts
	at     time.Time
	head   []byte
	kind   secon.Kind
	result opened
}

// opened is what the engine may read, or why it may not.
type opened struct {
	Input
	auftrag *auftrag.Auftrag
	// faulty is set where the Auftragsdatei is missing or refused: then nothing was
	// decided, and the engine must refuse the delivery as well.
	faulty bool
	// findings are remarks, or say why the payload is refused and must not be read.
	findings []dta.Error
	refused  bool
	// cause is the refusal for the log; keep is set where we may mend it.
	cause error
	keep  bool
	// legacy is set where an older profile was used, which was agreed.
	legacy bool
	// sealedFor is the IK of the sender for whom the payload was signed, "" of a
	// plain delivery.
	sealedFor string
	// sum is of the plain payload, nil where that is the bytes as they are stored.
	sum    []byte
	spools []*secon.TempSpool
}

// Close destroys what was opened.
func (o *opened) Close() error {
	var errs []error
	for _, s := range o.spools {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

func (o *opened) refuse(finding dta.Error) {
	o.findings, o.refused = append(o.findings, finding), true
}

// tell hands the findings to the sink. It returns the report of a refused delivery,
// nil where the payload may be read.
func (o *opened) tell(ctx context.Context, sink Sink) (*Report, error) {
	for i := range o.findings {
		f := fromDTA(&o.findings[i], "")
		if err := sink.Finding(ctx, &f); err != nil {
			return nil, err
		}
	}
	if !o.refused {
		return nil, nil //nolint:nilnil // as documented
	}
	return &Report{
		Summary: Summary{Kind: "summary", Outcome: string(billing.DeliveryRejected), Findings: len(o.findings)},
		Auftrag: o.auftrag, Unreadable: o.keep, RejectedBy: o.findings[len(o.findings)-1].Code,
	}, nil
}

// run lets the engine read what was opened and closes it.
func (o *opened) run(ctx context.Context, e *Engine, facts *billing.Facts, sink Sink) (*Report, error) {
	report, err := e.Run(ctx, o.Input, facts, sink)
	if err != nil {
		return nil, err
	}
	if o.faulty && !o.AuftragOptional && report.RejectedBy == "" {
		return nil, errNotRejected
	}
	report.Findings += len(o.findings)
	return report, nil
}

// errNotRejected guards the door: without a sound Auftragsdatei nobody has decided
// whether the file may be read.
var errNotRejected = errors.New("delivery without a sound Auftragsdatei passed the engine")

// Check opens a file before it is sent, as far as there are keys, checks it and
// stores nothing (DTA-9). at is the time of receipt.
func (s *Security) Check(ctx context.Context, e *Engine, in Input, c CheckedBy) (report *Report, err error) {
	in.AuftragOptional = true
	o, err := s.open(ctx, in, c.Facts, c.At)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if report, err := o.tell(ctx, c.Sink); report != nil || err != nil {
		return report, err
	}
	return o.run(ctx, e, c.Facts, c.Sink)
}

// Extract opens a delivery as the intake does and copies its plain payload to dst,
// after its signature holds. The report is that of a refused delivery, nil if all was
// copied; it tells its findings to the sink.
func (s *Security) Extract(ctx context.Context, dst io.Writer, in Input, c CheckedBy) (report *Report, err error) {
	in.AuftragOptional = false
	o, err := s.open(ctx, in, c.Facts, c.At)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if report, err := o.tell(ctx, c.Sink); report != nil || err != nil {
		return report, err
	}
	if o.faulty {
		return nil, ErrAuftrag
	}
	if _, err := io.Copy(dst, o.Payload); err != nil {
		return nil, fmt.Errorf("copy payload: %w", err)
	}
	return nil, nil //nolint:nilnil // as documented
}

// ErrAuftrag is returned by Extract without a sound Auftragsdatei.
var ErrAuftrag = errors.New("the Auftragsdatei is missing or faulty")

// CheckedBy is what a check before sending works with.
type CheckedBy struct {
	Facts *billing.Facts
	At    time.Time // of receipt
	Sink  Sink
}

// open decides by the Auftragsdatei and the first bytes what the file is, and opens
// and unpacks it. Claim and content must agree; nothing is tried another way (spec
// secon section 3). The error is one of reading or writing; faults of the delivery
// are in the result, which the caller closes.
func (s *Security) open(ctx context.Context, in Input, facts *billing.Facts, at time.Time) (*opened, error) {
	o := &opening{Security: s, ctx: ctx, in: in, facts: facts, at: at, result: opened{Input: in}}
	err := o.run()
	var refusal *secon.Error
	if errors.As(err, &refusal) {
		// A stored file that decayed looks like a forged one until it is read to its
		// end: then the fault is not the sender's.
		if _, rest := io.Copy(io.Discard, in.Payload); rest != nil {
			return nil, errors.Join(fmt.Errorf("read delivery: %w", rest), o.result.Close())
		}
		o.result.refuse(refusal.Finding())
		o.result.cause, o.result.keep, err = refusal, refusal.OursToMend(), nil
	}
	if err != nil {
		return nil, errors.Join(err, o.result.Close())
	}
	return &o.result, nil
}

func (o *opening) run() error {
	source := bufio.NewReader(o.in.Payload)
	head, err := source.Peek(secon.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read delivery: %w", err)
	}
	o.result.Payload, o.head, o.kind = source, slices.Clone(head), secon.KindOf(head)
	a, faulty := readAuftrag(o.in.Auftrag)
	o.result.auftrag, o.result.faulty = a, faulty
	switch {
	case o.in.AuftragOptional: // a check before sending
		return o.check()
	case faulty:
		return nil
	case a.DateigroesseNutzdaten > o.maxBytes():
		return &secon.Error{Kind: secon.ErrTooLarge, Found: byteCount(a.DateigroesseNutzdaten), Want: byteCount(o.maxBytes())}
	case a.Verschluesselungsart == "00" && a.ElektronischeUnterschrift == "00" && o.kind != secon.KindCMS:
		return o.plain()
	}
	return o.sealed()
}

func byteCount(n int64) string { return strconv.FormatInt(n, 10) + " Byte" }

func (s *Security) maxBytes() int64 {
	if s.MaxBytes > 0 {
		return s.MaxBytes
	}
	return secon.DefaultMaxBytes
}

// readAuftrag returns the Auftragsdatei, and whether it is missing or refused.
func readAuftrag(raw []byte) (a *auftrag.Auftrag, faulty bool) {
	if raw == nil {
		return nil, true
	}
	a, errs := auftrag.Read(raw)
	for i := range errs {
		faulty = faulty || errs[i].Severity == dta.RejectFile
	}
	return a, faulty
}

// plain takes a delivery without signature where that is allowed.
func (o *opening) plain() error {
	a, allowed := o.result.auftrag, o.PlainAllowed
	if agreed, ok := o.facts.Senders.Find(senderIK(a)); ok {
		allowed = agreed.PlainAllowed
	}
	if !allowed && !o.taken {
		return &secon.Error{Kind: secon.ErrPlain}
	}
	if !o.kind.Packed() && a.Komprimierung == auftrag.KomprimierungKeine {
		return nil // the engine compares the sizes, when it knows whose file it is
	}
	if err := o.transmitted(); err != nil {
		return err
	}
	return o.unpackStream()
}

// transmitted compares the file with what the Auftragsdatei says about it.
func (o *opening) transmitted() error {
	_, err := secon.CheckTransmitted(o.result.auftrag, o.head, o.in.Size)
	return err
}

// check is for a file before it is sent: a plain one is taken as it is, whatever
// its Auftragsdatei says about the time after sealing.
func (o *opening) check() error {
	switch isCMS := o.kind == secon.KindCMS; {
	case isCMS && o.Keys == nil:
		return &secon.Error{Kind: secon.ErrNotOpened}
	case isCMS && o.result.auftrag == nil:
		o.result.refuse(p302.MissingAuftrag())
		return nil
	case o.result.faulty: // the engine says so, or it does without
		return nil
	case isCMS:
		return o.sealed()
	case o.kind.Packed():
		return o.unpackStream()
	}
	return nil
}

// sealed opens a signed and encrypted file into a spool and unpacks it.
func (o *opening) sealed() error {
	if err := o.transmitted(); err != nil {
		return err
	}
	var keys Keys
	if o.Keys != nil {
		keys = o.Keys(o.ctx)
	}
	if len(keys.Identities) == 0 || keys.Trust == nil {
		return &secon.Error{Kind: secon.ErrNoKeys}
	}
	sender := senderIK(o.result.auftrag)
	agreed, _ := o.facts.Senders.Find(sender)
	options := secon.Options{
		Identities: keys.Identities, Trust: keys.Trust, SignerIKs: append([]string{sender}, agreed.SignerIKs...), ReceivedAt: o.at,
		MaxBytes: o.maxBytes(), MaxSigningAge: o.MaxSigningAge,
	}
	if !agreed.LegacyUntil.IsZero() {
		options.LegacyUntil = agreed.LegacyUntil.EndInBerlin()
	}
	spool, err := o.spool()
	if err != nil {
		return err
	}
	message, err := secon.Open(spool, o.result.Payload, options)
	if err != nil {
		return err
	}
	o.result.sealedFor, o.result.legacy, o.result.findings = sender, message.Legacy, message.Remarks()
	return o.unpack(spool)
}

// unpackStream unpacks a file that was not sealed.
func (o *opening) unpackStream() error {
	spool, err := o.spool()
	if err != nil {
		return err
	}
	_, err = io.Copy(spool, io.LimitReader(o.result.Payload, o.maxBytes()+1))
	if err := errors.Join(err, spool.CloseWithError(err)); err != nil {
		return fmt.Errorf("keep delivery: %w", err)
	}
	return o.unpack(spool)
}

// unpack reverses the compression and hands the payload out. The bound is what the
// Auftragsdatei says, so that a bomb stops there.
func (o *opening) unpack(from *secon.TempSpool) error {
	source, err := from.Payload()
	if err != nil {
		return fmt.Errorf("read opened delivery: %w", err)
	}
	spool, err := o.spool()
	if err != nil {
		return err
	}
	hashed := &hashedSpool{TempSpool: spool, hash: sha256.New()}
	if err := secon.Unpack(hashed, source, o.result.auftrag); err != nil {
		return err
	}
	plain, err := spool.Payload()
	if err != nil {
		return fmt.Errorf("read opened delivery: %w", err)
	}
	o.result.Payload, o.result.Size, o.result.sum = plain, plain.Size(), hashed.hash.Sum(nil)
	return from.Close()
}

func (o *opening) spool() (*secon.TempSpool, error) {
	s, err := secon.NewTempSpool(o.SpoolDir)
	if err == nil {
		o.result.spools = append(o.result.spools, s)
	}
	return s, err
}

// hashedSpool adds up what is written.
type hashedSpool struct {
	*secon.TempSpool
	hash hash.Hash
}

func (h *hashedSpool) Write(p []byte) (int, error) {
	n, err := h.TempSpool.Write(p)
	h.hash.Write(p[:n])
	return n, err
}

// senderIK returns the IK that must have signed, as the Auftragsdatei names it;
// only the first nine characters count.
func senderIK(a *auftrag.Auftrag) string {
	const digits = 9
	if len(a.AbsenderEigner) < digits {
		return a.AbsenderEigner
	}
	return a.AbsenderEigner[:digits]
}
