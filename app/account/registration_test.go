package account_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/internal/blob"
	"klarbeleg/store"
)

// proof is a synthetic document.
const proof = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"

type registrationBundle struct {
	*bundle
	r       *account.Registrations
	letters []account.Credentials
}

func registrationSetup(t *testing.T) *registrationBundle {
	t.Helper()
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &registrationBundle{bundle: setup(t)}
	b.r = account.NewRegistrations(b.s, blobs)
	return b
}

func applicant() account.Applicant {
	return account.Applicant{
		Institution: "Praxis am See", Street: "Uferweg 1", City: "04109 Leipzig", Phone: "0341 0000",
		Contact: account.NewUser{Email: "see@see.example", Name: "Anna See"},
	}
}

func proofs(iks ...string) (out []account.Proof) {
	for _, ik := range iks {
		out = append(out, account.Proof{IK: ik, Document: bytes.NewReader([]byte(proof))})
	}
	return out
}

func (b *registrationBundle) submit(iks ...string) string {
	b.Helper()
	id, err := b.r.Submit(b.Context(), applicant(), proofs(iks...))
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func approval(id, ik, operator string) account.Verdict {
	return account.Verdict{Registration: id, IK: ik, Operator: operator}
}

func (b *registrationBundle) decide(v account.Verdict) (domain.RegistrationState, error) {
	return b.r.Decide(context.WithoutCancel(b.Context()), v,
		func(_ store.Registration, c account.Credentials) error { b.letters = append(b.letters, c); return nil })
}

func (b *registrationBundle) want(v account.Verdict, want domain.RegistrationState, wantErr error) {
	b.Helper()
	if got, err := b.decide(v); got != want || !errors.Is(err, wantErr) {
		b.Errorf("%s by %s: %q, %v; want %q, %v", v.IK, v.Operator, got, err, want, wantErr)
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	t.Run("REG-1, REG-2, REG-3 from the form to the changed password", func(t *testing.T) {
		t.Parallel()
		b := registrationSetup(t)
		id := b.submit("260326833")
		open, err := b.r.Open(t.Context())
		if err != nil || len(open) != 1 || open[0].ID != id || len(id) != 26 || open[0].IKs[0].MediaType != "application/pdf" {
			t.Fatalf("open %+v, %v", open, err)
		}
		doc, err := b.r.Document(t.Context(), id, "260326833")
		if err != nil {
			t.Fatal(err)
		}
		defer doc.Close()
		if content, err := io.ReadAll(doc); err != nil || string(content) != proof {
			t.Errorf("document %q, %v", content, err)
		}
		b.want(approval(id, "260326833", "anna"), domain.RegistrationChecked, nil)
		b.want(approval(id, "260326833", " anna "), "", account.ErrSameOperator)
		if len(b.letters) != 0 {
			t.Fatal("letters after one approval")
		}
		b.want(approval(id, "260326833", "bernd"), domain.RegistrationApproved, nil)
		b.want(approval(id, "260326833", "carla"), "", account.ErrDecided)
		if len(b.letters) != 1 {
			t.Fatalf("%d sets of letters", len(b.letters))
		}
		c := b.letters[0]
		if !c.User.Administrator() || c.Until.String() != "2026-12-25" || c.QR.Size == 0 {
			t.Errorf("credentials %+v", c.User)
		}
		u := &user{Credentials: c, password: c.Password}
		b.start(u)
		if got := b.one(`select state from registration_ik`); got != "completed" {
			t.Errorf("after the first login: %s", got)
		}
	})
	t.Run("REG-4 each further IK has a document and a decision of its own", func(t *testing.T) {
		t.Parallel()
		b := registrationSetup(t)
		id := b.submit("260326833", "260326844", "260326855")
		b.want(approval(id, "260326844", "anna"), domain.RegistrationChecked, nil)
		b.want(approval(id, "260326844", "bernd"), "", account.ErrMainFirst)
		b.want(approval(id, "260326833", "anna"), domain.RegistrationChecked, nil)
		b.want(approval(id, "260326833", "bernd"), domain.RegistrationApproved, nil)
		b.want(approval(id, "260326844", "bernd"), domain.RegistrationApproved, nil)
		b.want(account.Verdict{Registration: id, IK: "260326855", Operator: "anna", Reason: "Nachweis nicht lesbar"}, domain.RegistrationRefused, nil)
		b.want(approval(id, "260326855", "bernd"), "", account.ErrDecided)
		if got := b.one(`select string_agg(ik, ' ' order by ik) from institution_ik where institution_id = (select institution_id from registration)`); got != "260326833 260326844" {
			t.Errorf("IKs with access: %s", got)
		}
		if open, err := b.r.Open(t.Context()); err != nil || len(open) != 0 {
			t.Errorf("still open: %v, %v", open, err)
		}
	})
	t.Run("REG-2 an IK of another institution, letters that cannot be written: nothing is kept", func(t *testing.T) {
		t.Parallel()
		b := registrationSetup(t)
		taken, fresh := b.submit("260326822"), b.submit("260326833")
		b.want(approval(taken, "260326822", "anna"), domain.RegistrationChecked, nil)
		b.want(approval(taken, "260326822", "bernd"), "", store.ErrIKTaken)
		b.want(approval(fresh, "260326833", "anna"), domain.RegistrationChecked, nil)
		full := errors.New("disk full")
		_, err := b.r.Decide(t.Context(), account.Verdict{Registration: fresh, IK: "260326833", Operator: "bernd"},
			func(store.Registration, account.Credentials) error { return full })
		if !errors.Is(err, full) || b.one(`select count(*) from institution`) != "1" {
			t.Errorf("letters lost: %v", err)
		}
		b.want(approval(fresh, "260326833", "bernd"), domain.RegistrationApproved, nil)
	})
	t.Run("REG-2 two approvals at the same time by one operator count once", func(t *testing.T) {
		t.Parallel()
		b := registrationSetup(t)
		id := b.submit("260326833")
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := b.decide(approval(id, "260326833", "anna")); err != nil && !errors.Is(err, account.ErrSameOperator) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := b.one(`select state from registration_ik`); got != "checked" {
			t.Errorf("state %s", got)
		}
	})
	t.Run("REG-1, ASVS 5.2.2 unusable input is refused and nothing kept", func(t *testing.T) {
		t.Parallel()
		b := registrationSetup(t)
		var bad *account.FieldError
		for name, spoil := range map[string]func(*account.Applicant, *[]account.Proof){
			"institution": func(a *account.Applicant, _ *[]account.Proof) { a.Institution = " " },
			"street":      func(a *account.Applicant, _ *[]account.Proof) { a.Street = "a\nb" },
			"city":        func(a *account.Applicant, _ *[]account.Proof) { a.City = "" },
			"email":       func(a *account.Applicant, _ *[]account.Proof) { a.Contact.Email = "x" },
			"name":        func(a *account.Applicant, _ *[]account.Proof) { a.Contact.Name = "" },
			"ik":          func(_ *account.Applicant, p *[]account.Proof) { *p = append(*p, (*p)[0]) },
		} {
			a, p := applicant(), proofs("260326833")
			spoil(&a, &p)
			if _, err := b.r.Submit(t.Context(), a, p); !errors.As(err, &bad) || bad.Field != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := []account.Proof{{IK: "260326833", Document: bytes.NewReader([]byte("MZ, kein Dokument"))}}
		if _, err := b.r.Submit(t.Context(), applicant(), p); !errors.Is(err, account.ErrDocument) {
			t.Errorf("document: %v", err)
		}
		if got := b.one(`select count(*) from registration`); got != "0" {
			t.Errorf("%s registrations kept", got)
		}
		if _, err := b.r.Find(t.Context(), "AAAAAAAAAAAAAAAAAAAAAAAAAA"); !errors.Is(err, account.ErrRegistration) {
			t.Errorf("unknown: %v", err)
		}
	})
}
