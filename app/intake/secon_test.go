package intake_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/secon"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
)

// DTA-5: every refusal ends as the right receipt, with nothing stored and nothing
// left in the spool folder.
func TestSealedDeliveriesAreRefused(t *testing.T) {
	t.Parallel()
	const unopened = "konnte nicht entschlüsselt oder die Signatur nicht bestätigt"
	for _, c := range []struct {
		name string
		make func(*sealedBundle, delivery) delivery
		code string
		kept bool
		text string
	}{
		{"not for us", func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{recipient: b.foreign}) }, "P1007", true, "nicht für uns"},
		{"signature wrong", func(b *sealedBundle, d delivery) delivery {
			d = b.seal(d, letter{})
			d.payload[len(d.payload)/2] ^= 1
			return d
		}, "P1007", false, unopened},
		{"padding wrong", func(b *sealedBundle, d delivery) delivery {
			d = b.seal(d, letter{})
			d.payload[len(d.payload)-1] ^= 1
			return d
		}, "P1007", false, unopened},
		{"signer of another IK", func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{signer: b.provider}) }, "P1007", false, "nicht berechtigt"},
		{"signer for another sender", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{signer: b.provider}), func(a *auftrag.Auftrag) { a.AbsenderEigner = providerIK })
		}, "R-FIL-08", false, ""},
		{"expired", func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{signer: b.expired}) }, "P1007", false, "nicht gültig"},
		{"revoked", func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{signer: b.revoked}) }, "P1007", false, "gesperrt"},
		{"unknown trust centre", func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{signer: b.unknown}) }, "P1007", true, "Trustcenter"},
		{"cut off on the way", func(b *sealedBundle, d delivery) delivery {
			d = b.seal(d, letter{})
			d.payload = d.payload[:len(d.payload)-100]
			return d
		}, "P1004", false, ""},
		{"cut off at the sender", func(b *sealedBundle, d delivery) delivery {
			d = b.seal(d, letter{})
			return announce(b.t, delivery{d.payload[:len(d.payload)-100], d.auftrag}, func(*auftrag.Auftrag) {})
		}, "P1004", false, "unvollständig"},
		{"plain claimed, sealed sent", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{}), func(a *auftrag.Auftrag) {
				a.Verschluesselungsart, a.ElektronischeUnterschrift = "00", "00"
			})
		}, "P1007", false, "Vorgefunden: verschlüsselte Nachricht"},
		{"sealed claimed, plain sent", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, d, func(a *auftrag.Auftrag) { a.Verschluesselungsart, a.ElektronischeUnterschrift = "03", "03" })
		}, "P1007", false, "Vorgefunden: unverschlüsselte Nutzdaten"},
		{"encrypted claimed, not signed", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{}), func(a *auftrag.Auftrag) { a.ElektronischeUnterschrift = "00" })
		}, "P1003", false, "beide 03"},
		{"plain", func(_ *sealedBundle, d delivery) delivery { return d }, "P1007", false, "Unverschlüsselte Dateien sind mit Ihnen nicht vereinbart"},
		{"plain and packed", func(b *sealedBundle, d delivery) delivery { return packed(b.t, d) }, "P1007", false, "Unverschlüsselte"},
		{"plain from a sender that must not", func(b *sealedBundle, d delivery) delivery {
			b.agree(senderIK + ",,false,,\n")
			return d
		}, "P1007", false, "Unverschlüsselte"},
		{"gzip bomb", func(b *sealedBundle, d delivery) delivery {
			bomb := packed(b.t, delivery{make([]byte, 50<<20), d.auftrag})
			return b.seal(bomb, letter{})
		}, "P1012", false, "Größe"},
		{"packed, not claimed", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(packed(b.t, d), letter{}), func(a *auftrag.Auftrag) { a.Komprimierung = "00" })
		}, "P1013", false, "gzip"},
		{"several files", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{}), func(a *auftrag.Auftrag) { a.Komprimierung = "13" })
		}, "P1013", false, "13"},
		{"plain size differs", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{}), func(a *auftrag.Auftrag) { a.DateigroesseNutzdaten++ })
		}, "P1004", false, ""},
		{"too large", func(b *sealedBundle, d delivery) delivery {
			return announce(b.t, b.seal(d, letter{}), func(a *auftrag.Auftrag) { a.DateigroesseNutzdaten = 1<<20 + 1 })
		}, "P1012", false, "1048576 Byte"},
		{"no keys", func(b *sealedBundle, d delivery) delivery {
			b.keys = intake.Keys{}
			return b.seal(d, letter{})
		}, "P1007", true, "Störung bei uns"},
	} {
		t.Run("DTA-5 "+c.name, func(t *testing.T) {
			t.Parallel()
			b := setupSealed(t)
			d := c.make(b, readDelivery(t, heilmittel))
			r := b.handle("m-1", d)
			if c.code != "R-FIL-08" { // that one was read: its text is of the engine
				b.refused(r, c.code, c.kept)
			}
			if got := b.receipts()[0].Errors[0]; got.Code != c.code || !strings.Contains(got.Text, c.text) {
				t.Errorf("receipt says %s %q, want %q", got.Code, got.Text, c.text)
			}
			if text := b.receipts()[0].Errors[0].Text; c.code != "R-FIL-08" && c.code != "P1003" && !strings.Contains(text, "Bitte") {
				t.Errorf("the sender is not told what to do: %s", text)
			}
			if n := b.count("select count(*) from invoice"); n != 0 {
				t.Errorf("%d invoices", n)
			}
		})
	}
}

// DTA-5: what is sealed as agreed is read as if it had come plain, and stays as it
// came.
func TestSealedDeliveriesAreAccepted(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*sealedBundle, delivery) delivery{
		"by the sender":        func(b *sealedBundle, d delivery) delivery { return b.seal(d, letter{}) },
		"packed by the sender": func(b *sealedBundle, d delivery) delivery { return b.seal(packed(b.t, d), letter{}) },
		"by its service provider": func(b *sealedBundle, d delivery) delivery {
			b.agree(senderIK + ",Praxis,false,111111111 " + providerIK + ",\n")
			return b.seal(d, letter{signer: b.provider})
		},
		"with an own key of before": func(b *sealedBundle, d delivery) delivery {
			b.keys.Identities = []secon.Identity{b.foreign, b.centre}
			return b.seal(d, letter{})
		},
		"plain where agreed": func(b *sealedBundle, d delivery) delivery {
			b.agree(senderIK + ",Praxis,true,,\n")
			return d
		},
		"plain and packed where agreed": func(b *sealedBundle, d delivery) delivery {
			b.agree(senderIK + ",Praxis,true,,\n")
			return packed(b.t, d)
		},
	} {
		t.Run("DTA-5 "+name, func(t *testing.T) {
			t.Parallel()
			b := setupSealed(t)
			b.accepted(b.handle("m-1", make(b, readDelivery(t, heilmittel))))
			if r := b.receipts()[0]; len(r.Errors) != 0 {
				t.Errorf("receipt %+v", r)
			}
		})
	}
	t.Run("DTA-5 P1010 sealed anew or plain it is the same payload", func(t *testing.T) {
		t.Parallel()
		b := setupSealed(t)
		b.agree(senderIK + ",Praxis,true,,\n")
		d := readDelivery(t, heilmittel)
		b.accepted(b.handle("m-1", b.seal(d, letter{})))
		for id, again := range map[string]delivery{"m-2": b.seal(d, letter{}), "m-3": d, "m-4": packed(t, d)} {
			if r := b.handle(id, again); r.State != billing.DeliveryDuplicate {
				t.Errorf("%s: state %s", id, r.State)
			}
		}
		b.holds()
	})
	t.Run("DTA-5 DTA-6 an odd signing time is a remark", func(t *testing.T) {
		t.Parallel()
		b := setupSealed(t)
		b.accepted(b.handle("m-1", b.seal(readDelivery(t, heilmittel), letter{signed: received.Add(-49 * time.Hour)})))
		if r := b.receipts()[0]; len(r.Errors) != 1 || r.Errors[0].Code != "P1007" || r.Errors[0].Severity != "warn" {
			t.Errorf("receipt %+v", r)
		}
	})
	t.Run("DTA-5 DTA-10 what we could not open is replayed when the key is there", func(t *testing.T) {
		t.Parallel()
		b := setupSealed(t)
		keys := b.keys
		b.keys = intake.Keys{Identities: []secon.Identity{b.foreign}, Trust: b.ours}
		d := b.seal(readDelivery(t, heilmittel), letter{})
		b.refused(b.handle("m-1", d), "P1007", true)
		waiting, err := b.db.Quarantine(t.Context(), 1)
		if err != nil || len(waiting) != 1 {
			t.Fatal(waiting, err)
		}
		q, err := b.db.QuarantinedMessage(t.Context(), waiting[0].ID)
		if err != nil || !bytes.Equal(q.Body, d.payload) {
			t.Fatalf("the message was not kept whole: %v", err)
		}
		b.keys = keys
		b.accepted(b.handle("replay/1", delivery{q.Body, d.auftrag}))
	})
}

// DTA-5 CHK-10: a sealed delivery can be checked again; without its key it is counted.
func TestSealedTryOut(t *testing.T) {
	t.Parallel()
	b := setupSealed(t)
	b.accepted(b.handle("m-1", b.seal(packed(t, readDelivery(t, heilmittel)), letter{})))
	if r, changes := b.bundle.try(""); r.Deliveries != 1 || r.Invoices != 2 || r.Unreadable != 0 || len(changes) != 0 {
		t.Errorf("%+v: %+v", r, changes)
	}
	b.agree(senderIK + ",Praxis,true,,\n")
	d := readDelivery(t, heilmittel)
	d.payload = []byte(strings.NewReplacer("2026-H-000815", "2026-H-000816", "+00042", "+00052").Replace(string(d.payload)))
	if r := b.handle("m-2", d); r.State != billing.DeliveryAccepted {
		t.Fatalf("state %s: %+v", r.State, b.receipts())
	}
	b.agree(senderIK + ",Praxis,false,,\n") // from now on
	if r, _ := b.bundle.try(""); r.Deliveries != 2 || r.Unreadable != 0 {
		t.Errorf("after the agreement has ended: %+v", r)
	}
	b.keys = intake.Keys{}
	if r, _ := b.bundle.try(""); r.Deliveries != 1 || r.Unreadable != 1 {
		t.Errorf("without the key: %+v", r)
	}
}

// DTA-5: the other procedures come sealed as well, and only from the sender in the
// signed file.
func TestSealedProcedures(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) *sealedBundle {
		t.Helper()
		b := setupSealed(t)
		if _, err := lists.Import(t.Context(), b.db, clock.NewFake(received), "payers", strings.NewReader(integratedPayers)); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		file   func(testing.TB) delivery
		signer func(*sealedBundle) secon.Identity
	}{
		"§ 300 ABRP": {func(t testing.TB) delivery { return abrp(t) }, func(b *sealedBundle) secon.Identity { return b.pharmacies }},
		"§ 300 TA7":  {func(t testing.TB) delivery { return erezepte(t) }, func(b *sealedBundle) secon.Identity { return b.pharmacies }},
		"§ 295":      {func(t testing.TB) delivery { return example295(t, "normal") }, func(b *sealedBundle) secon.Identity { return b.practice }},
	} {
		t.Run("DTA-5 "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			d := c.file(t)
			if r := b.handle("m-1", b.seal(d, letter{signer: c.signer(b)})); r.State != billing.DeliveryAccepted {
				t.Errorf("state %s: %+v", r.State, b.receipts())
			}
			b.holds()
		})
		t.Run("DTA-5 "+name+" of another sender", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			d := announce(t, b.seal(c.file(t), letter{signer: b.sender}), func(a *auftrag.Auftrag) { a.AbsenderEigner = senderIK })
			if r := b.handle("m-1", d); r.State != billing.DeliveryRejected || b.count("select count(*) from invoice") != 0 {
				t.Errorf("state %s: %+v", r.State, b.receipts())
			}
			b.holds()
		})
	}
}

// DTA-5, DTA-7: a stored file that decayed is ours to mend and no forgery; the
// stored bytes are the sealed ones.
func TestSealedBlob(t *testing.T) {
	t.Parallel()
	b := setupSealed(t)
	root := t.TempDir()
	blobs, err := blob.OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	b.service = intake.New(b.db, blobs, clock.NewFake(received), catalogue.All(), intake.Settings{
		Deadlines: billing.DefaultDeadlines(),
		Security:  intake.Security{Keys: func(context.Context) intake.Keys { return b.keys }, SpoolDir: b.spool},
	})
	d := b.seal(readDelivery(t, heilmittel), letter{})
	ref, err := blobs.Put(t.Context(), bytes.NewReader(d.payload))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "??", "*"))
	if err != nil || len(files) != 1 || !bytes.Equal(readFile(t, files[0]), d.payload) {
		t.Fatal(files, err)
	}
	const firstKey, secondKey = 400, 1000 // those are looked at before the end is read
	for name, places := range map[string][]int{"content": {len(d.payload) / 2}, "keys": {firstKey, secondKey}, "end": {len(d.payload) - 1}} {
		broken := bytes.Clone(d.payload)
		for _, at := range places {
			broken[at] ^= 1
		}
		if err := os.WriteFile(files[0], broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.try("m-1", d, &ref); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("decayed %s: %v", name, err)
		}
	}
	if n := b.count("select (select count(*) from delivery) + (select count(*) from inbox)"); n != 0 {
		t.Errorf("%d rows", n)
	}
	if err := os.WriteFile(files[0], d.payload, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := b.try("m-1", d, &ref)
	if err != nil {
		t.Fatal(err)
	}
	b.accepted(r)
}

// DTA-5: messages of OpenSSL are accepted; those of the older profile only until
// the date agreed with the sender, and noted.
func TestOpenSSLDelivery(t *testing.T) {
	t.Parallel()
	t.Run("DTA-5 of the profile", func(t *testing.T) {
		t.Parallel()
		b := setupSealed(t)
		b.accepted(b.handle("m-1", b.openssl(readDelivery(t, heilmittel), b.sender, true)))
		if n := b.logs.FilterLevelExact(zapcore.WarnLevel).Len(); n != 0 {
			t.Errorf("%d warnings", n)
		}
	})
	for until, ok := range map[string]bool{"": false, "2026-11-24": false, "2026-11-25": true} {
		t.Run("DTA-5 of the older one, agreed until "+until, func(t *testing.T) {
			t.Parallel()
			b := setupSealed(t)
			b.agree(senderIK + ",Praxis,false,," + until + "\n")
			r := b.handle("m-1", b.openssl(readDelivery(t, heilmittel), b.old, false))
			noted := b.logs.FilterMessageSnippet("older profile").All()
			if !ok {
				b.refused(r, "P1007", false)
				if len(noted) != 0 {
					t.Error("noted as accepted")
				}
				return
			}
			b.accepted(r)
			if len(noted) != 1 || noted[0].ContextMap()["delivery"] != r.Delivery.String() {
				t.Errorf("noted %+v", noted)
			}
		})
	}
}

// DTA-9: a check before sending takes the plain file, whatever its Auftragsdatei
// says about the time after, and opens nothing that is sealed.
func TestCheckBeforeSealing(t *testing.T) {
	t.Parallel()
	b := setupSealed(t)
	d := readDelivery(t, heilmittel)
	check := func(d delivery) (*intake.Report, []string) {
		t.Helper()
		var codes []string
		report, err := b.service.Check(t.Context(), intake.Input{
			Auftrag: d.auftrag, Payload: bytes.NewReader(d.payload), Size: int64(len(d.payload)), AuftragOptional: true,
		}, func(f *intake.Finding) error {
			codes = append(codes, f.Rule)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return report, codes
	}
	sealed := b.seal(d, letter{})
	for name, plain := range map[string]delivery{
		"plain": d, "alone": {d.payload, nil}, "with its later Auftragsdatei": {d.payload, sealed.auftrag}, "packed": packed(t, d),
	} {
		if report, codes := check(plain); report.Outcome != "accepted" || report.Billed != 36770 {
			t.Errorf("%s: %s %v", name, report.Outcome, codes)
		}
	}
	for name, closed := range map[string]delivery{"sealed": sealed, "sealed, alone": {sealed.payload, nil}} {
		if report, codes := check(closed); report.Outcome != "rejected" || len(codes) != 1 || codes[0] != "P1007" || report.Invoices != 0 {
			t.Errorf("%s: %+v %v", name, report, codes)
		}
	}
	if left, err := os.ReadDir(b.spool); err != nil || len(left) > 0 {
		t.Errorf("left in the spool folder: %v, %v", left, err)
	}
}
