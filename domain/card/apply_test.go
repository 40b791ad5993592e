package card

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"klarbeleg/domain/calendar"
)

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

// samples has one event of every type, and a second where the table tells
// variants apart.
func samples() map[string]Data {
	return map[string]Data{
		"drafted":            ApplicationDrafted{Product: Physician, Kind: First, IssuingBody: "laek", Email: "a@b.example"},
		"drafted unchanged":  ApplicationDrafted{Product: Physician, Kind: FollowUp, ContractDataUnchanged: true},
		"submitted":          ApplicationSubmitted{},
		"abandoned":          ApplicationAbandoned{},
		"identified":         IdentityConfirmed{Method: "postident"},
		"documents":          DocumentsReceived{},
		"complete":           DocumentsChecked{Complete: true},
		"incomplete":         DocumentsChecked{Missing: []string{"signed_form"}},
		"release requested":  ReleaseRequested{},
		"release granted":    ReleaseGranted{},
		"release refused":    ReleaseRefused{Reason: "r"},
		"production":         ProductionStarted{},
		"shipped":            CardShipped{Serial: "s", ValidFrom: calendar.MustDate("2026-11-20"), ValidTo: calendar.MustDate("2031-11-19")},
		"PIN letter":         PINLetterSent{},
		"activated":          CardActivated{CodeOK: true},
		"card PIN wrong":     PINFailed{PIN: CardPIN},
		"signature wrong":    PINFailed{PIN: SignaturePIN},
		"card PUK":           PUKUsed{PIN: CardPIN, Remaining: 3},
		"card PUK last":      PUKUsed{PIN: CardPIN},
		"signature PUK":      PUKUsed{PIN: SignaturePIN, Remaining: 3},
		"signature PUK last": PUKUsed{PIN: SignaturePIN},
		"revoked":            CardRevoked{Channel: "phone", AuthenticatedBy: "revocation_password"},
		"contract cancelled": ContractCancelled{},
	}
}

// flagsFor returns the flags that the event of TestTransitions needs.
func flagsFor(event string) Flags {
	switch event {
	case "card PUK", "card PUK last":
		return FlagDocumentsReceived | FlagPINLetterSent | FlagCardPINLocked
	case "signature PUK", "signature PUK last":
		return FlagDocumentsReceived | FlagPINLetterSent | FlagSignaturePINLocked
	}
	return FlagDocumentsReceived | FlagPINLetterSent
}

// CRD-1: every state with every event: either the state it leads to, written
// down here by hand, or a refusal.
func TestTransitions(t *testing.T) {
	t.Parallel()
	pins := func(s State) map[string]State {
		return map[string]State{
			"card PIN wrong": s, "signature wrong": s, "card PUK": s, "signature PUK": s,
			"card PUK last": StateSpent, "signature PUK last": StateSpent, "revoked": StateRevoked, "contract cancelled": s,
		}
	}
	shipped, active := pins(StateShipped), pins(StateActive)
	shipped["PIN letter"], shipped["activated"] = StateShipped, StateActive
	want := map[State]map[string]State{
		StateNone: {"drafted": StateDrafted, "drafted unchanged": StateDrafted, "contract cancelled": StateCancelled},
		StateDrafted: {
			"submitted": StateSubmitted, "abandoned": StateAbandoned, "identified": StateDrafted, "contract cancelled": StateCancelled,
		},
		StateSubmitted: {
			"abandoned": StateAbandoned, "identified": StateSubmitted, "documents": StateSubmitted,
			"complete": StateSubmitted, "incomplete": StateSubmitted, "contract cancelled": StateCancelled,
		},
		StateOrdered:        {"release requested": StateInRelease, "contract cancelled": StateCancelled},
		StateInRelease:      {"release granted": StateReleased, "release refused": StateReleaseRefused, "contract cancelled": StateCancelled},
		StateReleased:       {"production": StateInProduction, "contract cancelled": StateCancelled},
		StateInProduction:   {"shipped": StateShipped, "contract cancelled": StateInProduction},
		StateShipped:        shipped,
		StateActive:         active,
		StateSpent:          {"revoked": StateRevoked, "contract cancelled": StateSpent},
		StateRevoked:        {"contract cancelled": StateRevoked},
		StateExpired:        {"contract cancelled": StateActive}, // expired is read off valid_to; the stored state stays
		StateAbandoned:      {},
		StateReleaseRefused: {},
		StateCancelled:      {},
	}
	if len(want) != len(States()) {
		t.Fatalf("%d states in the table, %d exist", len(want), len(States()))
	}
	for state, allowed := range want {
		for name, data := range samples() {
			o := Order{ID: "o", State: state, Flags: flagsFor(name), Seq: 4, Accepted: 4, ValidTo: calendar.MustDate("2031-11-19")}
			if state == StateExpired {
				o.State, o.ValidTo = StateActive, calendar.MustDate("2026-11-24")
			}
			got, err := Apply(o, Event{ID: "e", OrderID: "o", Seq: 5, At: noon, Data: data})
			to, ok := allowed[name]
			var refusal *RefusedError
			switch {
			case ok && err != nil:
				t.Errorf("%s in %s: refused: %v", name, state, err)
			case ok && (got.State != to || got.Accepted != 5 || got.Seq != 5):
				t.Errorf("%s in %s leads to %s (accepted %d, seq %d), want %s", name, state, got.State, got.Accepted, got.Seq, to)
			case !ok && !errors.As(err, &refusal):
				t.Errorf("%s in %s leads to %s, want a refusal", name, state, got.State)
			case !ok:
				code := CodeImpossible
				if state == StateNone {
					code = CodeUnknownOrder
				}
				o.Seq = 5
				if refusal.Code != code || refusal.State != state || got != o {
					t.Errorf("%s in %s: %s in %s, order changed: %v", name, state, refusal.Code, refusal.State, got != o)
				}
			}
		}
	}
}

// fold applies events numbered from 1 and returns the last error.
func fold(t testing.TB, data ...Data) (Order, error) {
	t.Helper()
	o := New("o")
	var err error
	for i, d := range data {
		o, err = Apply(o, Event{ID: "e", OrderID: "o", Seq: int64(i + 1), At: noon, Data: d})
		if err != nil && i < len(data)-1 {
			t.Fatalf("event %d: %v", i+1, err)
		}
	}
	return o, err
}

func ordered(more ...Data) []Data {
	s := samples()
	return append([]Data{s["drafted"], s["submitted"], s["identified"], s["documents"], s["complete"]}, more...)
}

func shippedOrder(more ...Data) []Data {
	s := samples()
	return append(ordered(s["release requested"], s["release granted"], s["production"], s["shipped"], s["PIN letter"]), more...)
}

// CRD-5: the order is triggered by identification and checked documents, in
// either order, and by nothing less.
func TestOrderIsTriggered(t *testing.T) {
	t.Parallel()
	s := samples()
	for _, c := range []struct {
		name   string
		events []Data
		want   State
	}{
		{"identified first", ordered(), StateOrdered},
		{"identified while drafted", []Data{s["drafted"], s["identified"], s["submitted"], s["documents"], s["complete"]}, StateOrdered},
		{"documents first", []Data{s["drafted"], s["submitted"], s["documents"], s["complete"], s["identified"]}, StateOrdered},
		{"documents received, not checked", []Data{s["drafted"], s["submitted"], s["identified"], s["documents"]}, StateSubmitted},
		{"documents incomplete", []Data{s["drafted"], s["submitted"], s["identified"], s["documents"], s["incomplete"]}, StateSubmitted},
		{"incomplete, then complete", []Data{s["drafted"], s["submitted"], s["identified"], s["documents"], s["incomplete"], s["documents"], s["complete"]}, StateOrdered},
		{"complete, then found incomplete", []Data{s["drafted"], s["submitted"], s["documents"], s["complete"], s["incomplete"], s["identified"]}, StateSubmitted},
		{"not identified", []Data{s["drafted"], s["submitted"], s["documents"], s["complete"]}, StateSubmitted},
		{"follow-up with unchanged data", []Data{s["drafted unchanged"], s["submitted"], s["documents"], s["complete"]}, StateOrdered},
		{"first order that claims unchanged data", []Data{
			ApplicationDrafted{Product: Physician, Kind: First, ContractDataUnchanged: true}, s["submitted"], s["documents"], s["complete"],
		}, StateSubmitted},
	} {
		o, err := fold(t, c.events...)
		if err != nil || o.State != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, o.State, err, c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	s := samples()
	wrong, sign := s["card PIN wrong"], s["signature wrong"]
	for _, c := range []struct {
		name   string
		events []Data
		code   Code // "" is accepted
		detail string
		flags  Flags // at least
		state  State
	}{
		{"documents checked before they came", []Data{s["drafted"], s["submitted"], s["complete"]}, CodeCondition, "documents_received", 0, StateSubmitted},
		{"activated before the PIN letter", ordered(s["release requested"], s["release granted"], s["production"], s["shipped"], s["activated"]), CodeCondition, "pin_letter_sent", 0, StateShipped},
		{"CRD-11 two wrong PINs do not lock", shippedOrder(wrong, wrong, sign), "", "", 0, StateShipped},
		{"CRD-11 three wrong PINs lock", shippedOrder(wrong, wrong, sign, wrong), "", "", FlagCardPINLocked, StateShipped},
		{"a locked PIN cannot fail", shippedOrder(wrong, wrong, wrong, wrong), CodeCondition, "card_pin_locked", FlagCardPINLocked, StateShipped},
		{"the PUK of the other PIN does not help", shippedOrder(wrong, wrong, wrong, s["signature PUK"]), CodeCondition, "signature_pin_locked", FlagCardPINLocked, StateShipped},
		{"after the PUK it takes three again", shippedOrder(wrong, wrong, wrong, s["card PUK"], wrong, wrong), "", "", 0, StateShipped},
		{"CRD-11 the last PUK ends the card", shippedOrder(s["activated"], sign, sign, sign, s["signature PUK last"]), "", "", FlagSignaturePINLocked, StateSpent},
		{"CRD-14 cancelling is no revocation", shippedOrder(s["activated"], s["contract cancelled"]), "", "", FlagContractCancelled, StateActive},
		{"a contract is cancelled once", shippedOrder(s["contract cancelled"], s["contract cancelled"]), CodeCondition, "contract_cancelled", FlagContractCancelled, StateShipped},
		{"CRD-12 a cancelled contract's card can be revoked", shippedOrder(s["contract cancelled"], s["revoked"]), "", "", FlagContractCancelled, StateRevoked},
		{"additional cards for SMC-B only", []Data{ApplicationDrafted{Product: Dentist, Kind: Additional}}, CodeKindNotForProduct, "", 0, StateNone},
		{"additional SMC-B", []Data{ApplicationDrafted{Product: SMCB, Kind: Additional}}, "", "", 0, StateDrafted},
	} {
		o, err := fold(t, c.events...)
		var refusal *RefusedError
		if errors.As(err, &refusal); err != nil && (refusal.Code != c.code || refusal.Detail != c.detail) || err == nil && c.code != "" {
			t.Errorf("%s: %v, want code %q detail %q", c.name, err, c.code, c.detail)
		}
		if o.State != c.state || !o.Flags.Has(c.flags) {
			t.Errorf("%s: %s %v", c.name, o.State, o.Flags.Names())
		}
	}
}

// CRD-1: out of turn is neither applied nor refused for what it says.
func TestSequence(t *testing.T) {
	t.Parallel()
	o, err := fold(t, ordered()...)
	if err != nil {
		t.Fatal(err)
	}
	for seq, want := range map[int64]Code{0: CodeSequenceTaken, 1: CodeSequenceTaken, 5: CodeSequenceTaken} {
		got, err := Apply(o, Event{Seq: seq, At: noon, Data: ReleaseRequested{}})
		var refusal *RefusedError
		if !errors.As(err, &refusal) || refusal.Code != want || got != o {
			t.Errorf("number %d: %v, order changed: %v", seq, err, got != o)
		}
	}
	if got, err := Apply(o, Event{Seq: 7, At: noon, Data: ReleaseRequested{}}); !errors.Is(err, ErrEarly) || got != o {
		t.Errorf("number 7 after 5: %v, order changed: %v", err, got != o)
	}
}

// CRD-18: a card expires after its last day in Berlin, without an event.
func TestStateOn(t *testing.T) {
	t.Parallel()
	o, err := fold(t, shippedOrder(samples()["activated"])...)
	if err != nil {
		t.Fatal(err)
	}
	last := calendar.MustDate("2031-11-19")
	if o.StateOn(last) != StateActive || o.StateOn(last+1) != StateExpired {
		t.Errorf("on the last day %s, after it %s", o.StateOn(last), o.StateOn(last+1))
	}
	revoke := Event{Seq: o.Seq + 1, Data: samples()["revoked"], At: last.EndInBerlin().Add(-time.Second)}
	if _, err := Apply(o, revoke); err != nil {
		t.Errorf("revoked in the last second: %v", err)
	}
	revoke.At = last.EndInBerlin()
	if _, err := Apply(o, revoke); err == nil {
		t.Error("an expired card was revoked")
	}
}

// CRD-1, CRD-5, CRD-12: whatever comes in whatever order, the machine keeps its
// promises.
func TestInvariants(t *testing.T) {
	t.Parallel()
	all := samples()
	names := slices.Sorted(maps.Keys(all))
	// Two of three events are possible ones, so that the runs get far.
	step := map[State][]string{
		StateNone: {"drafted", "drafted unchanged"}, StateDrafted: {"submitted", "identified"},
		StateSubmitted: {"identified", "documents", "complete"}, StateOrdered: {"release requested"},
		StateInRelease: {"release granted"}, StateReleased: {"production"}, StateInProduction: {"shipped"},
		StateShipped: {"PIN letter", "activated", "card PIN wrong"}, StateActive: {"signature wrong", "card PIN wrong"},
	}
	rapid.Check(t, func(t *rapid.T) {
		o := New("o")
		produced := false
		for i := range rapid.IntRange(0, 40).Draw(t, "length") {
			choice := names
			if likely := step[o.State]; likely != nil && rapid.IntRange(0, 2).Draw(t, "likely") > 0 {
				choice = likely
			}
			name := rapid.SampledFrom(choice).Draw(t, "event")
			before := o
			var err error
			o, err = Apply(o, Event{Seq: int64(i + 1), At: noon, Data: all[name]})
			switch {
			case o.Seq != int64(i+1):
				t.Fatalf("number %d not used up", i+1)
			case err != nil && (o.State != before.State || o.Flags != before.Flags || o.Accepted != before.Accepted):
				t.Fatalf("%s was refused and changed the order", name)
			case before.State == StateRevoked && o.State != StateRevoked:
				t.Fatalf("revoked led to %s", o.State)
			case before.State == StateCancelled && o != before && err == nil:
				t.Fatalf("%s was accepted after the end", name)
			case !before.Flags.Has(FlagContractCancelled) && o.Flags.Has(FlagContractCancelled) && !produced:
				t.Fatal("a contract was cancelled before production and the order lives")
			}
			produced = produced || o.State == StateInProduction
			if produced && (!o.Flags.Has(FlagDocumentsComplete) || !o.Flags.Has(FlagIdentified) && !o.Flags.Has(FlagIdentificationWaived)) {
				t.Fatal("produced without identification or documents")
			}
			if o.Failures.Card > MaxPINFailures || o.Failures.Signature > MaxPINFailures {
				t.Fatalf("more wrong PINs than a lock allows: %v", o.Failures)
			}
		}
	})
}

func TestFlagNames(t *testing.T) {
	t.Parallel()
	for f := range FlagContractCancelled << 1 {
		if got, err := ParseFlags(f.Names()); err != nil || got != f {
			t.Fatalf("%b came back as %b, %v", f, got, err)
		}
	}
	if _, err := ParseFlags([]string{"identified", "x"}); err == nil {
		t.Error("an unknown flag was read")
	}
}
