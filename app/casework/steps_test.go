package casework_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/app/casework"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// COR-3: every rule that offers to be healed by a field leads to one.
func TestEveryHealableRuleHasItsField(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, r := range catalogue.All() {
		if r.Check == nil || r.Severity == checks.Warn || r.Severity >= checks.RejectMessage {
			continue
		}
		for path := range strings.SplitSeq(r.Heal, ";") {
			name, ok := strings.CutPrefix(path, "field_change:")
			if !ok || !strings.HasPrefix(areas(&r), "302") {
				continue
			}
			seen++
			if len(heal.Fields(name)) == 0 {
				t.Errorf("rule %s names the field %s, which is not in the table", r.ID, name)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d rules were looked at", seen)
	}
}

// areas returns "302" if the rule is for a group that is healed online.
func areas(r *checks.Rule) string {
	for g := billing.Group('A'); g <= 'S'; g++ {
		if r.Areas.Has(g) && !slices.Contains(billing.DefaultLimits().ReadOnlyGroups, g.String()) {
			return "302"
		}
	}
	return ""
}

// healed is a centre with one new case, whose insurance number is wrong.
func healed(t *testing.T) (*centre, *casework.Details) {
	t.Helper()
	b := newCentre(t)
	b.deliver("m-1", "K880013575", "K880013576")
	return b, b.only(1)
}

func TestSteps(t *testing.T) {
	t.Parallel()
	t.Run("COR-2 the states of a case, step by step", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		k := d.Corrections[0]
		fresh := casework.Step{Case: d.ID, Version: d.Version}
		var state *casework.StateError
		if _, _, err := b.desk.Heal(b.ctx, b.us, healing(fresh, k, "K880013575")); !errors.As(err, &state) {
			t.Errorf("healed before it was started: %v", err)
		}
		if _, err := b.desk.Complete(b.ctx, b.us, fresh); !errors.As(err, &state) {
			t.Errorf("completed before it was started: %v", err)
		}
		s := b.start(d)
		if _, err := b.desk.Start(b.ctx, b.us, s); !errors.As(err, &state) || state.State != billing.CaseInProgress {
			t.Errorf("started twice: %v", err)
		}
		if _, err := b.desk.Complete(b.ctx, b.us, s); !errors.Is(err, casework.ErrOpen) {
			t.Errorf("completed with an open correction: %v", err)
		}
		s = b.heal(s, k, "K880013575")
		b.complete(s)
		var closed *casework.ReadOnlyError
		if _, err := b.desk.Note(b.ctx, b.us, casework.Step{Case: d.ID, Version: s.Version + 1}, "zu spät"); !errors.As(err, &closed) || closed.Reason != billing.AccessCompleted {
			t.Errorf("note on a completed case: %v", err)
		}
	})
	t.Run("COR-15 COR-6 the history tells who did what when, and can only grow", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		s := b.start(d)
		b.clock.Add(time.Minute)
		s = b.ok(d.ID)(b.desk.Defer(b.ctx, b.us, s, calendar.MustDate("2026-12-01"), "warten auf Karte"))
		s = b.ok(d.ID)(b.desk.Resume(b.ctx, b.us, s))
		s = b.ok(d.ID)(b.desk.Note(b.ctx, b.us, s, "  Die Karte liegt\r\nvor.  "))
		b.complete(b.heal(s, d.Corrections[0], "K880013575"))
		history := b.get(d.ID).History
		var kinds []string
		for _, e := range history {
			kinds = append(kinds, e.Kind)
			if want := b.us.ID; e.Kind != "recheck" && (e.ActorID != want || e.ActorKind != "user") {
				t.Errorf("%s by %s %s", e.Kind, e.ActorKind, e.ActorID)
			}
		}
		if want := []string{"start", "defer", "resume", "note", "heal", "complete", "recheck"}; !slices.Equal(kinds, want) {
			t.Fatalf("%v", kinds)
		}
		if !history[0].At.Equal(received) || !history[1].At.Equal(received.Add(time.Minute)) || history[1].New != "01.12.2026" || history[1].Note != "warten auf Karte" {
			t.Errorf("%+v", history[:2])
		}
		if history[3].Note != "Die Karte liegt\nvor." || history[6].New != "approved" {
			t.Errorf("%+v", history)
		}
		if e := history[4]; e.Field != "INV.versichertennummer" || e.Old != "K880013576" || e.New != "K880013575" || e.Correction != d.Corrections[0].ID {
			t.Errorf("%+v", e)
		}
		if _, err := b.db.Pool().Exec(b.ctx, "update case_event set actor_id = 'x'"); err == nil {
			t.Error("the history was changed")
		}
	})
	t.Run("COR-9 a follow-up lies behind today and within the time for work", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		s := casework.Step{Case: d.ID, Version: d.Version}
		for day, ok := range map[string]bool{"2026-11-24": false, "2026-11-25": false, "2027-02-26": false, "2027-02-25": true} {
			version, err := b.desk.Defer(b.ctx, b.us, s, calendar.MustDate(day), "Genehmigung")
			if ok != (err == nil) || !ok && !errors.Is(err, casework.ErrFollowUpDay) {
				t.Errorf("%s: %v", day, err)
			}
			if err == nil {
				s.Version = version
			}
		}
		for _, reason := range []string{"", "  ", strings.Repeat("a", 201), "a\x00b"} {
			if _, err := b.desk.Defer(b.ctx, b.us, s, calendar.MustDate("2026-12-01"), reason); !errors.Is(err, casework.ErrText) {
				t.Errorf("reason %q: %v", reason, err)
			}
		}
		got := b.get(d.ID)
		if got.State != billing.CaseFollowUp || got.FollowUpOn != calendar.MustDate("2027-02-25") || got.FollowUp != "Genehmigung" {
			t.Errorf("%+v", got.WorkCase)
		}
	})
	t.Run("COR-8 F-55 at the last moment a step counts, at the next it is refused", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		end := calendar.MustDate("2027-02-25").EndInBerlin()
		b.clock.Set(end.Add(-time.Nanosecond))
		s := b.start(d)
		b.clock.Set(end)
		var closed *casework.ReadOnlyError
		if _, _, err := b.desk.Heal(b.ctx, b.us, healing(s, d.Corrections[0], "K880013575")); !errors.As(err, &closed) || closed.Reason != billing.AccessDeadline {
			t.Errorf("healed after the deadline: %v", err)
		}
		if got, err := b.cases.Expire(b.ctx, end); err != nil || got.Completed != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		got := b.get(d.ID)
		if last := got.History[len(got.History)-1]; got.Access != billing.AccessDeadline || last.Kind != "expire" || last.ActorKind != "job" {
			t.Errorf("%s: %+v", got.Access, got.History)
		}
		b.clock.Set(got.VisibleUntil)
		if _, err := b.desk.Get(b.ctx, b.us, d.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("COR-10 still visible: %v", err)
		}
	})
	t.Run("F-66 of two users who work on one version, the second is told", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		s := b.start(d)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = b.desk.Note(b.ctx, b.us, s, "Hinweis") })
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if !errors.Is(err, casework.ErrStale) {
				t.Errorf("%v", err)
			}
		}
		if done != 1 {
			t.Errorf("%d of 8 steps on one version", done)
		}
	})
	t.Run("OPS-6 nobody else sees the case, an operator sees it and heals nothing", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		for _, ik := range []string{"", "999999999"} {
			other := casework.Actor{Kind: casework.User, ID: "x", IKs: []string{ik}}
			if _, err := b.desk.Get(b.ctx, other, d.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q sees it: %v", ik, err)
			}
			if _, err := b.desk.Start(b.ctx, other, casework.Step{Case: d.ID, Version: 1}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q starts it: %v", ik, err)
			}
			if list, err := b.desk.List(b.ctx, other, casework.Query{PerPage: 10}); err != nil || list.Total != 0 || len(list.ByState) != 0 {
				t.Errorf("%q lists %+v, %v", ik, list, err)
			}
		}
		operator := casework.Actor{Kind: casework.Operator, ID: "sachbearbeitung-1"}
		if got, err := b.desk.Get(b.ctx, operator, d.ID); err != nil || got.ID != d.ID {
			t.Errorf("operator: %v", err)
		}
		if _, err := b.desk.Start(b.ctx, operator, casework.Step{Case: d.ID, Version: 1}); !errors.Is(err, casework.ErrForbidden) {
			t.Errorf("operator starts it: %v", err)
		}
	})
	t.Run("COR-11 an operator records an objection with the first page of the letter, once", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		o := casework.Objection{Case: d.ID, ReceivedOn: calendar.MustDate("2026-11-25"), FirstPage: "Schreiben 4711, Seite 1"}
		if _, err := b.desk.RecordObjection(b.ctx, b.us, o); !errors.Is(err, casework.ErrForbidden) {
			t.Errorf("provider: %v", err)
		}
		operator := casework.Actor{Kind: casework.Operator, ID: "sachbearbeitung-1"}
		if _, err := b.desk.RecordObjection(b.ctx, operator, o); err != nil {
			t.Fatal(err)
		}
		if _, err := b.desk.RecordObjection(b.ctx, operator, o); !errors.Is(err, casework.ErrRecorded) {
			t.Errorf("twice: %v", err)
		}
		for _, day := range []string{"2026-11-24", "2026-11-26"} {
			wrong := o
			wrong.ReceivedOn = calendar.MustDate(day)
			if _, err := b.desk.RecordObjection(b.ctx, operator, wrong); !errors.Is(err, casework.ErrObjectionDay) {
				t.Errorf("%s: %v", day, err)
			}
		}
		o.FirstPage = " "
		if _, err := b.desk.RecordObjection(b.ctx, operator, o); !errors.Is(err, casework.ErrText) {
			t.Errorf("without first page: %v", err)
		}
		got := b.get(d.ID)
		if len(got.Objections) != 1 || got.Objections[0].FirstPage != "Schreiben 4711, Seite 1" || got.History[0].Kind != "objection" || got.History[0].ActorKind != "operator" {
			t.Errorf("%+v, %+v", got.Objections, got.History)
		}
	})
	t.Run("COR-4 a field that the rule does not name, a missing instance and a malformed value", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		s := b.start(d)
		for _, c := range []struct {
			change heal.Change
			want   error
		}{
			{heal.Change{Field: "line.einzelpreis", Value: "1,00"}, casework.ErrNotHealable},
			{heal.Change{Field: "INV.versichertennummer", Index: 1, Value: "K880013575"}, casework.ErrNotHealable},
			{heal.Change{Field: "gibt.es.nicht", Value: "1"}, casework.ErrNotHealable},
		} {
			if _, _, err := b.desk.Heal(b.ctx, b.us, casework.Healing{Step: s, Correction: d.Corrections[0].ID, Changes: []heal.Change{c.change}}); !errors.Is(err, c.want) {
				t.Errorf("%+v: %v", c.change, err)
			}
		}
		var malformed *heal.FormatError
		if _, _, err := b.desk.Heal(b.ctx, b.us, healing(s, d.Corrections[0], "k880013575")); !errors.As(err, &malformed) || malformed.Format == "" {
			t.Errorf("malformed: %v", err)
		}
		if _, _, err := b.desk.Heal(b.ctx, b.us, casework.Healing{Step: s, Correction: uuid.New(), Changes: []heal.Change{{Field: "INV.versichertennummer", Value: "K880013575"}}}); !errors.Is(err, casework.ErrNoCorrection) {
			t.Errorf("unknown correction: %v", err)
		}
		if got := b.get(d.ID); got.Version != s.Version || got.Corrections[0].State != billing.CorrectionOpen {
			t.Errorf("something was saved: %+v", got.WorkCase)
		}
	})
	t.Run("COR-13 COR-3 positions, prescription and ways to heal are shown", func(t *testing.T) {
		t.Parallel()
		b, d := healed(t)
		c := &d.Data.Invoice.Cases[0]
		if len(c.Positions) != 4 || c.Positions[1].Item != "3103030900" || c.Positions[1].Price != 3875 || !c.Positions[1].VAT.Present {
			t.Errorf("%+v", c.Positions)
		}
		if p := c.Prescription; p.LANR != "880567401" || p.BSNR != "880123400" || p.Date != calendar.MustDate("2026-10-01") {
			t.Errorf("%+v", p)
		}
		if f := d.Corrections[0].Paths[0].Fields[0]; f.Name != "INV.versichertennummer" || f.Value != "K880013576" || f.Explain == "" {
			t.Errorf("%+v", f)
		}
		s := b.start(d)
		b.heal(s, d.Corrections[0], "K880013575")
		if f := b.get(d.ID).Corrections[0].Paths[0].Fields[0]; f.Value != "K880013575" {
			t.Error("the page does not show the saved value")
		}
	})
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		group      string
		registered string
		want       billing.Access
	}{
		{"CHK-8 group B is read-only", "B", "2026-01-01", billing.AccessCorrectionBill},
		{"COR-7 provided three months and a day before the registration", "A", "2027-02-26", billing.AccessLookback},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newCentre(t)
			id := storetest.AddCase(t, b.db, storetest.Case{Group: c.group, Provided: received, PayeeIK: provider})
			b.us.Registered = calendar.MustDate(c.registered)
			for name, step := range map[string]func() error{
				"start":    func() error { _, err := b.desk.Start(b.ctx, b.us, casework.Step{Case: id, Version: 1}); return err },
				"complete": func() error { _, err := b.desk.Complete(b.ctx, b.us, casework.Step{Case: id, Version: 1}); return err },
				"heal": func() error {
					_, _, err := b.desk.Heal(b.ctx, b.us, casework.Healing{Step: casework.Step{Case: id, Version: 1}, Changes: []heal.Change{{}}})
					return err
				},
			} {
				var closed *casework.ReadOnlyError
				if err := step(); !errors.As(err, &closed) || closed.Reason != c.want {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := newCentre(t)
	day := func(n int) time.Time { return received.AddDate(0, 0, n) }
	add := func(c storetest.Case) uuid.UUID { c.ProviderIK = provider; return storetest.AddCase(t, b.db, c) }
	small := add(storetest.Case{Provided: day(-2), VoucherNo: "4711", InvoiceNo: "R7", Corrections: []storetest.Correction{{Rule: "P3005", Cents: 500}}})
	large := add(storetest.Case{
		Provided: day(-1), VoucherNo: "4712", PayeeIK: "111111111", Group: "E", State: billing.CaseInProgress,
		Corrections: []storetest.Correction{{Rule: "P4010", Cents: 900}, {Rule: "P4024", Cents: 900, State: billing.CorrectionCorrected}},
	})
	later := add(storetest.Case{Provided: day(0), VoucherNo: "5", FollowUp: calendar.MustDate("2026-11-26")})
	storetest.AddCase(t, b.db, storetest.Case{Provided: day(0), PayeeIK: "999999999"})
	all := []uuid.UUID{small, large, later}
	for _, c := range []struct {
		name  string
		query casework.Query
		want  []uuid.UUID
		total int
	}{
		{"COR-1 all of the institution's, the nearest deadline first", casework.Query{PerPage: 10}, all, 3},
		{"COR-16 the second page", casework.Query{PerPage: 2, Page: 1}, all[2:], 3},
		{"COR-16 the largest amount first", casework.Query{PerPage: 10, Order: store.ByAmountDesc}, []uuid.UUID{large, later, small}, 3},
		{"COR-16 by voucher", casework.Query{PerPage: 10, Order: store.ByVoucher}, []uuid.UUID{small, large, later}, 3},
		{"COR-16 by follow-up", casework.Query{PerPage: 1, Order: store.ByFollowUp}, []uuid.UUID{later}, 3},
		{"COR-2 by state", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{States: []billing.CaseState{billing.CaseNew, billing.CaseInProgress}}}, all[:2], 2},
		{"COR-16 by IK", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{IK: "111111111"}}, []uuid.UUID{large}, 1},
		{"COR-16 by group", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Group: "E"}}, []uuid.UUID{large}, 1},
		{"COR-16 by rule", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Rule: "P4024"}}, []uuid.UUID{large}, 1},
		{"COR-16 by the beginning of a voucher number", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Number: "471"}}, all[:2], 2},
		{"COR-16 by invoice number", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Number: "R7:0"}}, all[:1], 1},
		{"COR-16 by deadline", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{DeadlineThrough: calendar.MustDate("2027-02-23")}}, all[:1], 1},
		{"COR-16 by amount", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{MinAmount: 1800}}, []uuid.UUID{large}, 1},
		{"COR-9 by due follow-up", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{FollowUpThrough: calendar.MustDate("2026-11-26")}}, []uuid.UUID{later}, 1},
		{"COR-9 not yet due", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{FollowUpThrough: calendar.MustDate("2026-11-25")}}, nil, 0},
		{"ASVS 1.2.4 a quote is a character", casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Number: "' or true --"}}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := b.desk.List(b.ctx, b.us, c.query)
			if err != nil {
				t.Fatal(err)
			}
			var got []uuid.UUID
			for _, r := range list.Cases {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, c.want) || list.Total != c.total {
				t.Errorf("got %v of %d, want %v of %d", got, list.Total, c.want, c.total)
			}
			if list.ByState[billing.CaseNew] != 1 || list.ByState[billing.CaseInProgress] != 1 || list.ByState[billing.CaseFollowUp] != 1 {
				t.Errorf("by state: %v", list.ByState)
			}
		})
	}
	t.Run("COR-16 what a row tells", func(t *testing.T) {
		list, err := b.desk.List(b.ctx, b.us, casework.Query{PerPage: 10, CaseFilter: store.CaseFilter{Number: "4712"}})
		if err != nil {
			t.Fatal(err)
		}
		if r := list.Cases[0]; r.Corrections != 2 || r.Open != 1 || !slices.Equal(r.Rules, []string{"P4010", "P4024"}) || r.Corrected != 1800 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("COR-16 pages and orders that do not exist", func(t *testing.T) {
		for _, q := range []casework.Query{{}, {PerPage: 201}, {PerPage: 1, Page: -1}, {PerPage: 1, Order: "id; drop table"}} {
			if _, err := b.desk.List(b.ctx, b.us, q); !errors.Is(err, casework.ErrQuery) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
	t.Run("COR-7 what was provided more than six months before the registration is not there", func(t *testing.T) {
		us := b.us
		us.Registered = calendar.MustDate("2027-05-24")
		if list, err := b.desk.List(b.ctx, us, casework.Query{PerPage: 10}); err != nil || list.Total != 2 || len(list.ByState) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
	})
	t.Run("REG-11 the actor of an active user has the IKs and the registration of the institution, no other", func(t *testing.T) {
		institution := storetest.AddInstitution(t, b.db, "111111111", "222222222")
		user := storetest.AddUser(t, b.db, institution, "a@example.org", "active")
		gone := storetest.AddUser(t, b.db, institution, "b@example.org", "inactive")
		a, err := b.desk.ActorOf(b.ctx, user)
		if err != nil || !slices.Equal(a.IKs, []string{"111111111", "222222222"}) || a.Registered != calendar.MustDate("2026-01-01") {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := b.desk.ActorOf(b.ctx, gone); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("inactive: %v", err)
		}
	})
}
