package card

// The table below is the only place that says which event is possible when
// (spec/cards, "States and events"). Rules behind it:
//   - Identification and documents may come in either order; the order is
//     triggered by the second of the two (CRD-5).
//   - A contract cancelled before production ends the order, even one not heard
//     of yet: nothing may be produced for it. From production on there is a card,
//     and cancelling the contract is not revoking the card, so it sets a flag.
//   - Revoked is final; what never became a card ends in abandoned, cancelled or
//     release_refused.

// MaxPINFailures is how many wrong entries lock a PIN (CRD-11).
const MaxPINFailures = 3

// variant tells events of one type apart where the table treats them
// differently.
type variant string

const (
	anyVariant variant = ""
	unchanged  variant = "contract data unchanged"
	complete   variant = "complete"
	incomplete variant = "incomplete"
	cardPIN    variant = "card PIN"
	cardThird  variant = "card PIN, third time"
	cardLast   variant = "card PIN, PUK used up"
	signPIN    variant = "signature PIN"
	signThird  variant = "signature PIN, third time"
	signLast   variant = "signature PIN, PUK used up"
)

// automatic marks a transition that follows at once when its flags are there.
const automatic = ""

// transition is one row: in one of the states from, with all flags of needs and
// none of lacks, the event leads to the state to ("" stays) and changes flags.
type transition struct {
	on           EventType
	variant      variant
	from         []State
	needs, lacks Flags
	to           State
	sets, unsets Flags
}

func in(states ...State) []State { return states }

// transitions is never written.
var transitions = [...]transition{
	{on: TypeApplicationDrafted, from: in(StateNone), to: StateDrafted},
	{on: TypeApplicationDrafted, variant: unchanged, from: in(StateNone), to: StateDrafted, sets: FlagIdentificationWaived},
	{on: TypeApplicationSubmitted, from: in(StateDrafted), to: StateSubmitted},
	{on: TypeApplicationAbandoned, from: in(StateDrafted, StateSubmitted), to: StateAbandoned},
	{on: TypeIdentityConfirmed, from: in(StateDrafted, StateSubmitted), sets: FlagIdentified},
	{on: TypeDocumentsReceived, from: in(StateSubmitted), sets: FlagDocumentsReceived},
	{on: TypeDocumentsChecked, variant: complete, from: in(StateSubmitted), needs: FlagDocumentsReceived, sets: FlagDocumentsComplete},
	{on: TypeDocumentsChecked, variant: incomplete, from: in(StateSubmitted), needs: FlagDocumentsReceived, unsets: FlagDocumentsComplete},
	{on: automatic, from: in(StateSubmitted), needs: FlagDocumentsComplete | FlagIdentified, to: StateOrdered},
	{on: automatic, from: in(StateSubmitted), needs: FlagDocumentsComplete | FlagIdentificationWaived, to: StateOrdered},

	{on: TypeReleaseRequested, from: in(StateOrdered), to: StateInRelease},
	{on: TypeReleaseGranted, from: in(StateInRelease), to: StateReleased},
	{on: TypeReleaseRefused, from: in(StateInRelease), to: StateReleaseRefused},
	{on: TypeProductionStarted, from: in(StateReleased), to: StateInProduction},
	{on: TypeCardShipped, from: in(StateInProduction), to: StateShipped},

	{on: TypePINLetterSent, from: in(StateShipped), sets: FlagPINLetterSent},
	{on: TypeCardActivated, from: in(StateShipped), needs: FlagPINLetterSent, to: StateActive},
	{on: TypePINFailed, variant: cardPIN, from: in(StateShipped, StateActive), lacks: FlagCardPINLocked},
	{on: TypePINFailed, variant: cardThird, from: in(StateShipped, StateActive), lacks: FlagCardPINLocked, sets: FlagCardPINLocked},
	{on: TypePINFailed, variant: signPIN, from: in(StateShipped, StateActive), lacks: FlagSignaturePINLocked},
	{on: TypePINFailed, variant: signThird, from: in(StateShipped, StateActive), lacks: FlagSignaturePINLocked, sets: FlagSignaturePINLocked},
	{on: TypePUKUsed, variant: cardPIN, from: in(StateShipped, StateActive), needs: FlagCardPINLocked, unsets: FlagCardPINLocked},
	{on: TypePUKUsed, variant: cardLast, from: in(StateShipped, StateActive), needs: FlagCardPINLocked, to: StateSpent},
	{on: TypePUKUsed, variant: signPIN, from: in(StateShipped, StateActive), needs: FlagSignaturePINLocked, unsets: FlagSignaturePINLocked},
	{on: TypePUKUsed, variant: signLast, from: in(StateShipped, StateActive), needs: FlagSignaturePINLocked, to: StateSpent},
	{on: TypeCardRevoked, from: in(StateShipped, StateActive, StateSpent), to: StateRevoked},

	{on: TypeContractCancelled, from: in(StateNone, StateDrafted, StateSubmitted, StateOrdered, StateInRelease, StateReleased), to: StateCancelled},
	{
		on: TypeContractCancelled, from: in(StateInProduction, StateShipped, StateActive, StateSpent, StateExpired, StateRevoked),
		lacks: FlagContractCancelled, sets: FlagContractCancelled,
	},
}

// variantOf returns the variant of d for an order that stands at o.
func variantOf(o Order, d Data) variant {
	switch d := d.(type) {
	case ApplicationDrafted:
		// M: a follow-up with unchanged contract data needs no new
		// identification; P: an exchange card has unchanged data by definition.
		if d.ContractDataUnchanged && (d.Kind == FollowUp || d.Kind == Exchange) {
			return unchanged
		}
	case DocumentsChecked:
		if d.Complete {
			return complete
		}
		return incomplete
	case PINFailed:
		third := o.Failures.of(d.PIN)+1 >= MaxPINFailures
		return pinVariant(d.PIN, third, cardThird, signThird)
	case PUKUsed:
		return pinVariant(d.PIN, d.Remaining == 0, cardLast, signLast)
	}
	return anyVariant
}

func pinVariant(p PIN, special bool, card, sign variant) variant {
	switch {
	case p == CardPIN && special:
		return card
	case p == CardPIN:
		return cardPIN
	case special:
		return sign
	}
	return signPIN
}
