package notify_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"klarbeleg/app/notify"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

const portal = "https://portal.klarbeleg.example/"

type bundle struct {
	*testing.T
	ctx     context.Context
	db      *store.DB
	clock   *clock.Fake
	digests *notify.Digests
}

func setup(t *testing.T) *bundle {
	t.Helper()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(berlin("2026-11-25 06:30:00"))
	digests, err := notify.NewDigests(db, clk, notify.DigestConfig{PortalURL: portal, ReadOnlyGroups: billing.DefaultLimits().ReadOnlyGroups})
	if err != nil {
		t.Fatal(err)
	}
	return &bundle{T: t, ctx: logging.Into(t.Context(), zap.NewNop()), db: db, clock: clk, digests: digests}
}

func berlin(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, calendar.Berlin())
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// user adds a user of an institution of its own with the IKs.
func (b *bundle) user(email string, iks ...string) {
	b.Helper()
	storetest.AddUser(b, b.db, storetest.AddInstitution(b, b.db, iks...), email, "active")
}

func (b *bundle) add(c storetest.Case) {
	b.Helper()
	if c.Provided.IsZero() {
		c.Provided = berlin("2026-11-20 10:00:00")
	}
	storetest.AddCase(b, b.db, c)
}

// digest plans the digests of the clock's Berlin day.
func (b *bundle) digest(want int) {
	b.Helper()
	got, err := b.digests.Digest(b.ctx, calendar.InBerlin(b.clock.Now()))
	if err != nil || got != want {
		b.Fatalf("planned %d, %v, want %d", got, err, want)
	}
}

// nextDay marks what is planned as sent and moves to the next morning.
func (b *bundle) nextDay() {
	b.Helper()
	b.exec(`update mail set state = 'sent' where state = 'planned'`)
	b.clock.Add(24 * time.Hour)
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.db.Pool().Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

type planned struct{ recipient, subject, text string }

// mails returns the digests of the clock's day in the order of recipients.
func (b *bundle) mails() (out []planned) {
	b.Helper()
	rows, err := b.db.Pool().Query(b.ctx, `select recipient, subject, body_text from mail
		where kind = 'digest' and local_day = $1 order by recipient`, calendar.InBerlin(b.clock.Now()).UTC())
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var m planned
		if err := rows.Scan(&m.recipient, &m.subject, &m.text); err != nil {
			b.Fatal(err)
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

// wantLines checks that the only mail of the day holds the lines.
func (b *bundle) wantLines(lines ...string) {
	b.Helper()
	mails := b.mails()
	if len(mails) != 1 {
		b.Fatalf("%d mails, want 1", len(mails))
	}
	for _, line := range lines {
		if !strings.Contains(mails[0].text, line+"\n") {
			b.Errorf("no line %q in:\n%s", line, mails[0].text)
		}
	}
}

const (
	openLine     = "  Offene Berichtigungen:            "
	newLine      = "  Neu seit der letzten Nachricht:   "
	deadlineLine = "  Früheste Frist zur Bearbeitung:   "
	followLine   = "  Fällige Wiedervorlagen:           "
)

func TestDigestText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user("many@praxis.example", "261234563", "261234574")
	b.user("one@praxis.example", "261234585")
	b.add(storetest.Case{PayeeIK: "261234563", Corrections: make([]storetest.Correction, 3)})
	b.add(storetest.Case{
		PayeeIK: "261234574", Provided: berlin("2026-08-31 12:00:00"),
		FollowUp: calendar.MustDate("2026-11-25"), Corrections: []storetest.Correction{{}, {State: billing.CorrectionCorrected}, {NotInForce: true}},
	})
	b.add(storetest.Case{PayeeIK: "261234585", Group: "B"})
	b.digest(2)
	for _, m := range b.mails() {
		name := strings.SplitN(m.recipient, "@", 2)[0]
		t.Run("JOB-1 JOB-4 "+name, func(t *testing.T) {
			golden(t, filepath.Join("testdata", "digest_"+name+".txt"), m.subject+"\n\n"+m.text)
		})
		// PRV-17: no number that could be an IK or a KVNR, no address but the portal's.
		if rest := strings.ReplaceAll(m.subject+m.text, portal, ""); regexp.MustCompile(`[0-9]{9}|://|[?&=]|@`).MatchString(rest) {
			t.Errorf("the mail holds what it must not:\n%s", rest)
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	t.Run("JOB-1 once a day and user, whatever runs again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{})
		b.digest(1)
		b.digest(0)
		b.exec(`update mail set state = 'unknown'`)
		b.digest(0)
		b.clock.Set(berlin("2026-11-25 23:59:59"))
		b.digest(0)
		b.clock.Set(berlin("2026-11-26 00:00:00"))
		b.digest(1)
	})
	t.Run("JOB-1 two replicas at once plan one", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{})
		results := make(chan int, 4)
		for range cap(results) {
			go func() {
				n, err := b.digests.Digest(b.ctx, calendar.InBerlin(b.clock.Now()))
				if err != nil {
					t.Error(err)
				}
				results <- n
			}()
		}
		sum := 0
		for range cap(results) {
			sum += <-results
		}
		if sum != 1 || len(b.mails()) != 1 {
			t.Errorf("planned %d, stored %d", sum, len(b.mails()))
		}
	})
	t.Run("JOB-1 nothing when nothing waits", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.user("without@praxis.example")
		b.add(storetest.Case{State: billing.CaseCompleted, CompletedAt: berlin("2026-11-21 10:00:00")})
		b.add(storetest.Case{Provided: berlin("2026-08-24 10:00:00")}) // over since yesterday, not yet ended
		b.add(storetest.Case{FollowUp: calendar.MustDate("2026-11-26")})
		b.add(storetest.Case{PayeeIK: "269999994"}) // belongs to nobody registered
		b.digest(0)
	})
	t.Run("JOB-1 each user of the payee's institution, active ones only", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		institution := storetest.AddInstitution(t, b.db, "261234563")
		for _, user := range []string{"active", "inactive", "deleted"} {
			storetest.AddUser(t, b.db, institution, user+"@praxis.example", user)
		}
		storetest.AddUser(t, b.db, institution, "zweite@praxis.example", "active")
		b.user("provider@praxis.example", "261234574") // renders, but a billing service is paid
		b.add(storetest.Case{PayeeIK: "261234563", ProviderIK: "261234574"})
		b.digest(2)
		var got []string
		for _, m := range b.mails() {
			got = append(got, m.recipient)
		}
		if diff := cmp.Diff([]string{"active@praxis.example", "zweite@praxis.example"}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("JOB-1 new are those since the last digest that was sent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{Corrections: make([]storetest.Correction, 2)})
		b.digest(1)
		b.wantLines(openLine+"2 (Vorgänge: 1)", newLine+"2")
		b.nextDay()
		b.add(storetest.Case{Provided: berlin("2026-11-25 18:00:00")})
		b.digest(1)
		b.wantLines(openLine+"3 (Vorgänge: 2)", newLine+"1")
		// The mail of the 26th never left: the next one counts from the 25th.
		b.exec(`update mail set state = 'failed' where state = 'planned'`)
		b.clock.Add(24 * time.Hour)
		b.digest(1)
		b.wantLines(openLine+"3 (Vorgänge: 2)", newLine+"1")
		b.nextDay()
		b.digest(1)
		b.wantLines(openLine+"3 (Vorgänge: 2)", newLine+"0")
	})
	t.Run("JOB-4 a follow-up waits on its day and after it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{FollowUp: calendar.MustDate("2026-11-26")})
		b.digest(0)
		b.nextDay()
		b.digest(1)
		b.wantLines(followLine + "1")
		b.nextDay()
		b.digest(1)
		b.wantLines(followLine + "1")
	})
	t.Run("CHK-8 what cannot be healed online is told once and has no deadline", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{Group: "B"})
		b.digest(1)
		if text := b.mails()[0].text; strings.Contains(text, "Frist") {
			t.Errorf("names a deadline:\n%s", text)
		}
		b.nextDay()
		b.digest(0)
		b.add(storetest.Case{Group: "A", Provided: berlin("2026-11-26 06:00:00")})
		b.digest(1)
		b.wantLines(openLine+"2 (Vorgänge: 2)", newLine+"1", deadlineLine+"26.02.2027")
	})
	t.Run("COR-8 the earliest deadline is named by its last day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{Provided: berlin("2026-09-30 10:00:00")})
		b.add(storetest.Case{Provided: berlin("2026-08-25 10:00:00")}) // ends tonight
		b.digest(1)
		b.wantLines(deadlineLine + "25.11.2026")
		b.nextDay()
		b.digest(1)
		b.wantLines(deadlineLine + "30.12.2026")
	})
	t.Run("F-51 a process that lost the job run plans nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.user("a@praxis.example", "261234563")
		b.add(storetest.Case{})
		lost := store.WithJobRun(b.ctx, store.JobRun{Job: "digest", Due: b.clock.Now(), Fence: 1})
		if _, err := b.digests.Digest(lost, calendar.InBerlin(b.clock.Now())); err == nil || len(b.mails()) != 0 {
			t.Errorf("%v, %d mails", err, len(b.mails()))
		}
	})
}

// F-63: 10,000 users, each with five open cases, in a few seconds.
func TestDigestOfManyUsers(t *testing.T) {
	t.Parallel()
	const users = 10_000
	b := setup(t)
	b.add(storetest.Case{PayeeIK: "template"})
	b.exec(`insert into institution (id, name, created_at) select md5(i::text)::uuid, 'Praxis Muster', '2026-01-01' from generate_series(1, $1::int) i`, users)
	b.exec(`insert into institution_ik (ik, institution_id) select i::text, md5(i::text)::uuid from generate_series(1, $1::int) i`, users)
	b.exec(`insert into app_user (id, institution_id, email, created_at)
		select md5('u' || i)::uuid, md5(i::text)::uuid, 'u' || i || '@praxis.example', '2026-01-01' from generate_series(1, $1::int) i`, users)
	b.exec(`insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, corrected_cents, state, provided_at, editable_until)
		select md5('c' || i || '/' || n)::uuid, i * 10 + n + 1000, invoice_id, provider_ik, i::text, 'A', '1', 1000, 'new', provided_at, editable_until
		from correction_case, generate_series(1, $1::int) i, generate_series(1, 5) n where payee_ik = 'template'`, users)
	b.exec(`insert into correction (id, invoice_id, case_id, correction_case_id, rule_code, rule_version, amount_cents, gross_cut_cents, copay_cut_cents, text, heal, created_at)
		select md5('k' || id)::uuid, invoice_id, case_id, id, 'P4010', 1, 1000, 1000, 0, '', '', provided_at from correction_case where payee_ik <> 'template'`)
	b.exec(`analyze`)
	began := clock.System().Now()
	b.digest(users)
	took := clock.System().Now().Sub(began)
	t.Logf("%d digests planned in %s", users, took)
	if took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if mails := b.mails(); len(mails) != users {
		t.Errorf("%d mails", len(mails))
	}
}

// PRV-17: the address in the mail carries nothing but the portal.
func TestPortalAddress(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://portal.example/": true, "http://127.0.0.1:8080": true,
		"": false, "portal.example": false, "https://portal.example/?ik=1": false, "https://u:p@portal.example/": false,
		"javascript:alert(1)": false, "https://portal.example/#x": false,
	} {
		if _, err := notify.NewDigests(nil, nil, notify.DigestConfig{PortalURL: address}); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
