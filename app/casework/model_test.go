package casework_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/app/casework"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

var (
	sequences = flag.Int("sequences", 500, "random sequences of steps to compare with the model")
	seed      = flag.Uint64("seed", 1, "seed of the sequences")
)

// model is what a case must look like: the rules of the service in their simplest
// form, without database, checks or ledger.
type model struct {
	state    billing.CaseState
	version  int
	followUp calendar.Date
	settled  []string // by correction: "", heal, accept
	events   int
	outcome  billing.InvoiceState
	approved int
	// What the case came to when all is healed, or all is accepted.
	healed, accepted int

	editable, visible time.Time
}

// access decides as the service promises.
func (m *model) access(now time.Time) billing.Access {
	switch {
	case m.state == billing.CaseCompleted && !now.Before(m.visible):
		return billing.AccessHidden
	case !now.Before(m.editable):
		return billing.AccessDeadline
	case m.state == billing.CaseCompleted:
		return billing.AccessCompleted
	}
	return billing.AccessEdit
}

// refusal returns what the model answers to a step on a version, "" if it takes it.
// The order is that of the promises: who may not see the case learns nothing of it.
func (m *model) refusal(now time.Time, version int, states ...billing.CaseState) string {
	switch a := m.access(now); {
	case a == billing.AccessHidden:
		return "not found"
	case a != billing.AccessEdit:
		return "read-only: " + string(a)
	case version != m.version:
		return "stale"
	}
	for _, s := range states {
		if s == m.state {
			return ""
		}
	}
	return "state"
}

func (m *model) moved(events int) string {
	m.version++
	m.events += events
	return ""
}

func (m *model) end(at time.Time, events int) string {
	m.state, m.followUp = billing.CaseCompleted, 0
	m.visible = calendar.InBerlin(at).AddMonths(3).EndInBerlin()
	return m.moved(events)
}

var (
	anyOpen = []billing.CaseState{billing.CaseNew, billing.CaseInProgress, billing.CaseFollowUp}
	inWork  = anyOpen[1:]
)

// player plays one sequence on the centre and on the model.
type player struct {
	*centre
	r     *rand.Rand
	m     *model
	id    uuid.UUID
	d     *casework.Details
	right []string // values that heal the corrections
	log   []string
}

// play plays a random sequence and compares after each step.
func (p *player) play() {
	p.Helper()
	for range 4 + p.r.IntN(12) {
		now := p.clock.Now()
		step := casework.Step{Case: p.id, Version: p.m.version - p.r.IntN(8)/7}
		name, want, got := p.step(now, step)
		p.log = append(p.log, fmt.Sprintf("%s %s: %q", now.Format(time.RFC3339), name, got))
		if got != want {
			p.Fatalf("%s: got %q, the model says %q", strings.Join(p.log, "\n"), got, want)
		}
		p.compare()
	}
}

// step makes one random step and returns what the model and the centre answer.
func (p *player) step(now time.Time, s casework.Step) (name, want, got string) {
	i := p.r.IntN(len(p.d.Corrections))
	switch n := p.r.IntN(100); {
	case n < 18:
		_, err := p.desk.Start(p.ctx, p.us, s)
		return "start", p.m.start(now, s.Version), kindOf(err)
	case n < 26:
		on := calendar.InBerlin(now).AddDays(p.r.IntN(110) - 3)
		_, err := p.desk.Defer(p.ctx, p.us, s, on, "Grund")
		return "defer", p.m.put(now, s.Version, on), kindOf(err)
	case n < 32:
		_, err := p.desk.Resume(p.ctx, p.us, s)
		return "resume", p.m.resume(now, s.Version), kindOf(err)
	case n < 37:
		_, err := p.desk.Note(p.ctx, p.us, s, "Hinweis")
		return "note", p.m.note(now, s.Version), kindOf(err)
	case n < 57:
		_, _, err := p.desk.Heal(p.ctx, p.us, healing(s, p.d.Corrections[i], p.right[i]))
		return "heal", p.m.settle(now, s.Version, i, "heal"), kindOf(err)
	case n < 61:
		_, _, err := p.desk.Heal(p.ctx, p.us, healing(s, p.d.Corrections[i], "falsch!"))
		return "heal wrong", p.m.malformed(now, s.Version), kindOf(err)
	case n < 69:
		_, err := p.desk.Accept(p.ctx, p.us, s, p.d.Corrections[i].ID)
		return "accept", p.m.settle(now, s.Version, i, "accept"), kindOf(err)
	case n < 84:
		_, err := p.desk.Complete(p.ctx, p.us, s)
		return "complete", p.m.complete(now, s.Version), kindOf(err)
	case n < 91:
		_, err := p.cases.Expire(p.ctx, now)
		return "expire", p.m.expire(now), kindOf(err)
	default:
		p.clock.Add(p.jump(now))
		return "clock", "", ""
	}
}

// jump returns how far the clock goes: minutes, days, months, or to the moment before,
// at or after the deadline.
func (p *player) jump(now time.Time) time.Duration {
	if left := p.m.editable.Sub(now); left > 0 && p.r.IntN(4) == 0 {
		return max(0, left+time.Duration(p.r.IntN(3)-1))
	}
	return []time.Duration{time.Minute, 26 * time.Hour, 20 * 24 * time.Hour, 70 * 24 * time.Hour}[p.r.IntN(4)]
}

func (m *model) start(now time.Time, version int) string {
	if no := m.refusal(now, version, billing.CaseNew); no != "" {
		return no
	}
	m.state = billing.CaseInProgress
	return m.moved(1)
}

func (m *model) put(now time.Time, version int, on calendar.Date) string {
	if no := m.refusal(now, version, anyOpen...); no != "" {
		return no
	}
	if on <= calendar.InBerlin(now) || !on.UTC().Before(m.editable.Add(time.Hour)) || on.EndInBerlin().After(m.editable) {
		return "follow-up"
	}
	m.state, m.followUp = billing.CaseFollowUp, on
	return m.moved(1)
}

func (m *model) resume(now time.Time, version int) string {
	if no := m.refusal(now, version, billing.CaseFollowUp); no != "" {
		return no
	}
	m.state, m.followUp = billing.CaseInProgress, 0
	return m.moved(1)
}

func (m *model) note(now time.Time, version int) string {
	if no := m.refusal(now, version, anyOpen...); no != "" {
		return no
	}
	return m.moved(1)
}

func (m *model) settle(now time.Time, version, i int, by string) string {
	if no := m.refusal(now, version, inWork...); no != "" {
		return no
	}
	m.settled[i] = by
	return m.moved(1)
}

func (m *model) malformed(now time.Time, version int) string {
	if no := m.refusal(now, version, inWork...); no != "" {
		return no
	}
	return "malformed"
}

func (m *model) complete(now time.Time, version int) string {
	if no := m.refusal(now, version, inWork...); no != "" {
		return no
	}
	approved := m.healed
	for _, by := range m.settled {
		switch by {
		case "":
			return "open"
		case "accept":
			approved = m.accepted
		}
	}
	switch m.approved = approved; approved {
	case 0:
		m.outcome = billing.InvoiceRefused
	case full:
		m.outcome = billing.InvoiceApproved
	default:
		m.outcome = billing.InvoiceCorrected
	}
	return m.end(now, 2)
}

// expire is the job of JOB-2.
func (m *model) expire(now time.Time) string {
	if m.state != billing.CaseCompleted && !now.Before(m.editable) {
		return m.end(m.editable, 1)
	}
	return ""
}

// kindOf names an error as the model does.
func kindOf(err error) string {
	var closed *casework.ReadOnlyError
	var state *casework.StateError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, store.ErrNotFound):
		return "not found"
	case errors.As(err, &closed):
		return "read-only: " + string(closed.Reason)
	case errors.Is(err, casework.ErrStale):
		return "stale"
	case errors.As(err, &state):
		return "state"
	case errors.Is(err, casework.ErrOpen):
		return "open"
	case errors.Is(err, casework.ErrFollowUpDay):
		return "follow-up"
	case strings.Contains(err.Error(), "malformed"):
		return "malformed"
	}
	return err.Error()
}

// compare compares what is stored and shown with the model.
func (p *player) compare() {
	p.Helper()
	now := p.clock.Now()
	d, err := p.desk.Get(p.ctx, p.us, p.id)
	if want := p.m.access(now); want == billing.AccessHidden {
		if !errors.Is(err, store.ErrNotFound) {
			p.Fatalf("%s: still visible: %v", strings.Join(p.log, "\n"), err)
		}
		return
	} else if err != nil || d.Access != want {
		p.Fatalf("%s: access %+v, the model says %q: %v", strings.Join(p.log, "\n"), d, want, err)
	}
	got := model{
		state: d.State, version: d.Version, followUp: d.FollowUpOn, events: len(d.History), outcome: d.Outcome,
		approved: int(d.Data.Approved), healed: p.m.healed, accepted: p.m.accepted, editable: d.EditableUntil.UTC(), visible: d.VisibleUntil.UTC(),
	}
	for _, k := range d.Corrections {
		if (k.State == billing.CorrectionOpen) != (k.SettledBy == "") {
			p.Fatalf("correction is %s by %q", k.State, k.SettledBy)
		}
		if k.CheckRun == 1 {
			got.settled = append(got.settled, string(k.SettledBy))
		}
	}
	want := *p.m
	want.editable, want.visible = want.editable.UTC(), want.visible.UTC()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Fatalf("%s:\ngot  %v\nwant %v", strings.Join(p.log, "\n"), got, want)
	}
}

// full is what the example comes to.
const full = 57342

// COR-2, COR-4, COR-8 to COR-10, COR-15, CHK-7: random sequences of steps, clock jumps
// and jobs come to what the model says, and the books agree at the end.
func TestAgainstModel(t *testing.T) {
	t.Parallel()
	t.Run("CHK-7 a wrong insurance number", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		playAll(b, func(p *player, n int) {
			kvnr := checkstest.KVNR(n + 1)
			p.begin(n, kvnr[:9]+string('0'+(kvnr[9]-'0'+1)%10))
			p.right, p.m.healed = []string{kvnr}, full
		})
	})
	t.Run("CHK-7 two prices above the contract", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.list("prices", ",3875,", ",3575,", ",43,", ",40,")
		playAll(b, func(p *player, n int) {
			p.begin(n, checkstest.KVNR(n+1))
			p.right, p.m.healed = []string{"35,75", "0,40"}, p.m.accepted
		})
	})
}

func playAll(b *centre, begin func(*player, int)) {
	b.Helper()
	for n := range (*sequences + 1) / 2 {
		b.clock.Set(received)
		p := &player{centre: b, r: rand.New(rand.NewPCG(*seed, uint64(n)))}
		p.log = []string{fmt.Sprintf("seed %d, sequence %d", *seed, n)}
		begin(p, n)
		p.play()
	}
	b.holds()
}

// begin delivers an invoice with one case of the insured person.
func (p *player) begin(n int, kvnr string) {
	p.Helper()
	p.deliver(fmt.Sprintf("m-%d", n), "K880013575", kvnr, "SH20261031:0", fmt.Sprintf("SH%08d:0", n), "00045", fmt.Sprintf("%05d", n+1))
	list, err := p.desk.List(p.ctx, p.us, casework.Query{PerPage: 1, CaseFilter: store.CaseFilter{Number: fmt.Sprintf("SH%08d", n)}})
	if err != nil || list.Total != 1 {
		p.Fatal(list, err)
	}
	p.id = list.Cases[0].ID
	p.d = p.get(p.id)
	p.m = &model{
		state: billing.CaseNew, version: 1, settled: make([]string, len(p.d.Corrections)), approved: int(p.d.Data.Approved),
		accepted: int(p.d.Data.Approved), editable: p.d.EditableUntil,
	}
}
