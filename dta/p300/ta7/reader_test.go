package ta7

import (
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

const bundleFile = "testdata/apo_ta7_rechnung_bundle_1_5.xml"

func file(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// readAll returns the head, the prescriptions and all findings of a file.
func readAll(t testing.TB, raw []byte) (head Rechnung, all []Rezept, errs []dta.Error) {
	t.Helper()
	r := NewReader(bytes.NewReader(raw), p300.Options{})
	for r.Next() {
		all = append(all, *r.Rezept())
		errs = append(errs, r.Rezept().Errors...)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return *r.Rechnung(), all, append(errs, r.Errors()...)
}

// write writes what was read.
func write(t testing.TB, head Rechnung, all []Rezept) []byte {
	t.Helper()
	var ids []string
	for i := range all {
		ids = append(ids, all[i].ID)
	}
	var out bytes.Buffer
	w := NewWriter(&out, head, ids)
	for i := range all {
		if err := w.WriteRezept(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// DTA-3: the example is read without a finding, its signatures fit, and it is
// written byte for byte.
func TestExample(t *testing.T) {
	t.Parallel()
	raw := file(t, bundleFile)
	head, all, errs := readAll(t, raw)
	for _, e := range errs {
		t.Errorf("finding: %v: %s", e, e.Text())
	}
	if len(all) != 2 || head.Rezepte != 2 || head.Rechnungsnummer != "ARZ-2026-10-0001" || head.Abrechnungszeitraum != 20261031 ||
		head.Rechnungsdatum != 20261103 || head.Rechnungsart != "7" || head.Dateinummer != "00019" || head.AbsenderIK != "308990210" ||
		head.EmpfaengerIK != "109990029" || head.KostentraegerIK != "109990018" || len(head.Dateien) != 1 {
		t.Fatalf("%d prescriptions, head %+v", len(all), head)
	}
	for i := range all {
		for _, d := range []*Dokument{&all[i].Verordnung, &all[i].Quittung, &all[i].Abgabe} {
			if d.Signatur != SignaturRichtig || d.RezeptID != all[i].Abrechnung.RezeptID {
				t.Errorf("prescription %d: signature %d", i, d.Signatur)
			}
		}
	}
	a := all[0].Abgabedaten
	if a == nil || a.GesamtBrutto != 2769 || a.GesamtZuzahlung != 500 || a.Abgabedatum != 20261006 || a.Apotheke.IK != "309990110" ||
		len(a.Zeilen) != 1 || a.Zeilen[0].Art != PZN || a.Zeilen[0].MwStSatz != 1900 || len(a.Zeilen[0].Zusatzattribute) != 4 {
		t.Errorf("Abgabedaten: %+v", a)
	}
	if out := write(t, head, all); !bytes.Equal(out, raw) {
		t.Errorf("written file differs:\n%.3000s", out)
	}
}

// DTA-3: the record in clear is the one in the container.
func TestReadAbgabedaten(t *testing.T) {
	t.Parallel()
	_, all, _ := readAll(t, file(t, bundleFile))
	if plain := file(t, "testdata/apo_eabgabedaten_1_5.xml"); !bytes.Equal(bytes.TrimSpace(plain), bytes.TrimSpace(all[0].Abgabe.XML)) {
		t.Error("the container has another record")
	}
	if _, _, err := ReadAbgabedaten([]byte("<Bundle/>")); err == nil {
		t.Error("a bundle of no namespace is accepted")
	}
}

// DTA-3: the E-Rezepte of the TA7 file are those of the ABRP file, and a
// difference is told with its place.
func TestAbgleich(t *testing.T) {
	t.Parallel()
	_, all, _ := readAll(t, file(t, bundleFile))
	r := p300.NewReader(bytes.NewReader(file(t, "../testdata/apo_abrp_v21.edi")), p300.Options{})
	if !r.Next() {
		t.Fatal(r.Errors())
	}
	byID := map[string]*p300.Verordnung{}
	for i := range r.Message().ABRP.Verordnungen {
		v := &r.Message().ABRP.Verordnungen[i]
		byID[v.INV.RezeptID] = v
	}
	for i := range all {
		v := byID[all[i].Abrechnung.RezeptID]
		if v == nil {
			t.Fatalf("prescription %d is not in the ABRP file", i)
		}
		for _, e := range Abgleich(v, &all[i]) {
			t.Errorf("finding: %v: %s", e, e.Text())
		}
		if brutto, zuzahlung, ok := all[i].Betraege(); !ok || brutto != v.BES.GesamtSVBrutto || zuzahlung != v.BES.GesamtZuzahlung {
			t.Errorf("sums %d, %d, want those of BES", brutto, zuzahlung)
		}
	}
	v := byID[all[0].Abrechnung.RezeptID]
	v.Positionen[0].EFP.Betrag++
	v.Positionen[0].NPB[0].Betrag--
	errs := Abgleich(v, &all[0])
	if len(errs) != 2 || errs[0].Code != p300.CodeAbgleich || errs[0].Element != 3 || errs[0].Severity != dta.Warn || errs[0].Segment == 0 {
		t.Errorf("findings: %v", errs)
	}
	all[0].Abgabedaten.Zeilen[0].Mehrkosten = dta.Some(p300.Cent(100))
	v.Positionen[0].EFP.Betrag -= 101
	v.Positionen[0].EFP.Mehrkosten = dta.Some(p300.Cent(100))
	v.Positionen[0].NPB[0].Betrag++
	if errs := Abgleich(v, &all[0]); len(errs) != 0 {
		t.Errorf("additional costs of the insured are not part of EFP-04: %v", errs)
	}
}

// signed replaces the container of the n-th document by an unsigned one with
// changed content.
func signed(t testing.TB, raw []byte, n int, old, now string) []byte {
	t.Helper()
	parts := strings.Split(string(raw), `<data value="`)
	data, rest, _ := strings.Cut(parts[n], `"`)
	der, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseCMS(der)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(d.content), old, now, 1)
	if changed == string(d.content) {
		t.Fatalf("%q does not occur in the document", old)
	}
	parts[n] = base64.StdEncoding.EncodeToString(container([]byte(changed))) + `"` + rest
	return []byte(strings.Join(parts, `<data value="`))
}

// container returns an unsigned SignedData in DER.
func container(content []byte) []byte {
	oid := func(o []byte) []byte { return der(tagOID, o) }
	data := append(append([]byte(nil), oidSignedData[:8]...), 1)
	inner := der(tagSequence, der(tagInteger, []byte{1}), der(tagSet),
		der(tagSequence, oid(data), der(tagContext0, der(tagOctetString, content))), der(tagSet))
	return der(tagSequence, oid(oidSignedData), der(tagContext0, inner))
}

func der(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	n := len(content)
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, content...)
}

// DTA-3: every single fault is found with its rule, and rejects what the rule
// rejects.
func TestFaults(t *testing.T) {
	t.Parallel()
	raw := file(t, bundleFile)
	const f, c, w = dta.RejectFile, dta.RejectCase, dta.Warn
	for _, x := range []struct {
		name     string
		document int // 1 to 6: change inside of it, 0: in the file
		old, now string
		want     string
		severity dta.Severity
	}{
		{"not XML", 0, "</Bundle>\n", "</Bundl>\n", "APO-D01", f},
		{"ends early", 0, "</Bundle></resource></entry>\n</Bundle>", "", "APO-D01", f},
		{"data behind the end", 0, "\n</Bundle>\n", "\n</Bundle>\nx", "APO-D01", f},
		{"DOCTYPE", 0, "<Bundle xmlns", "<!DOCTYPE x [<!ENTITY a \"b\">]><Bundle xmlns", "APO-D01", f},
		{"other namespace", 0, "hl7.org/fhir\"", "hl7.org/other\"", "APO-D01", f},
		{"APO-D06 name", 0, `<value value="B00FHR2600J"/></identifier><type`, `<value value="B00ABR2600J"/></identifier><type`, "APO-D06, APO-F02", f},
		{"APO-F01 version", 0, "Rechnung_Bundle|1.5", "Rechnung_Bundle|1.6", "APO-F01", f},
		{"APO-F01 period", 0, `<date value="2026-10-31">`, `<date value="2025-09-30">`, "APO-F01", f},
		{"APO-F02", 0, `"B00FHR2600J"/></identifier></item>`, `"B00FHR2600K"/></identifier></item>`, "APO-F02", f},
		{"APO-F03 link", 0, "gematik.de/fhir/erp/StructureDefinition/GEM_ERP_PR_Bundle", "gematik.de/fhir/StructureDefinition/ErxReceipt", "APO-F03", f},
		{"APO-F04 Abgabe", 3, "160.000.226.000.001.81", "160.000.226.000.002.78", "APO-F07, APO-F04", c},
		{"APO-F04 Verordnung", 1, "160.000.226.000.001.81", "160.000.226.000.002.78", "APO-F07, APO-F04", c},
		{"APO-F05 counter", 0, `<sequence value="1"/>`, `<sequence value="2"/>`, "APO-F05, APO-F05", c},
		{"APO-F06 gross", 3, `<value value="27.69"/><currency value="EUR"/></totalGross>`, `<value value="27.70"/><currency value="EUR"/></totalGross>`, "APO-F07, APO-F06", c},
		{"APO-F06 co-payment", 3, `Gesamtzuzahlung"><valueMoney><value value="5.00"/>`, `Gesamtzuzahlung"><valueMoney><value value="5.01"/>`, "APO-F07, APO-F06", c},
		{"APO-F07 unsigned", 2, "Quittung", "quittung", "APO-F07", w},
		{"APO-F08 BOM", 0, "<?xml", "\xEF\xBB\xBF<?xml", "APO-F08", f},
		{"APO-F08 encoding", 0, `encoding="UTF-8"`, `encoding="ISO-8859-1"`, "APO-F08", f},
		{"APO-F08 bytes", 0, "elektronische", "elektr\xF6nische", "APO-F08", f},
		{"APO-F09 character", 0, `"ARZ-2026-10-0001"`, `"ARZ/2026"`, "APO-F09", f},
		{"APO-F09 length", 0, `"ARZ-2026-10-0001"`, `"ARZ-2026-10-000000001"`, "APO-F09", f},
		{"APO-V04", 0, `"160.000.226.000.001.81"/></identifier><identifier>`, `"160.000.226.000.001.82"/></identifier><identifier>`, "APO-V04, APO-F04", c},
		{"APO-R04", 0, `<value value="4.14"/>`, `<value value="4.16"/>`, "APO-R04", w},
		{"amount", 0, `<value value="4.14"/>`, `<value value="4.1"/>`, "APO-A02, APO-R04", c},
		{"Belegnummer", 0, `"2610000000018990210"`, `"610000000018990210"`, "APO-A02", c},
		{"sender", 0, `"308990210"`, `"308990211"`, "APO-A02", f},
		{"import without original", 0, `GKVSV_CS_ERP_Import"/><code value="0"/>`, `GKVSV_CS_ERP_Import"/><code value="1"/>`, "APO-A02", c},
		{"no CMS", 0, `<data value="MIIh7`, `<data value="AAAA`, "APO-F07, APO-A02", c},
		{
			"co-payment twice", 3, "<extension url=\"Kategorie\"><valueCodeableConcept><coding><system value=\"http://fhir.abda.de/eRezeptAbgabedaten/CodeSystem/DAV-CS-ERP-KostenVersicherterKategorie\"/><code value=\"0\"/>",
			"<extension url=\"Kategorie\"><valueCodeableConcept><coding><code value=\"1\"/>", "APO-F07, APO-A02, APO-F06", c,
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			changed := []byte(strings.Replace(string(raw), x.old, x.now, 1))
			if x.document > 0 {
				changed = signed(t, raw, x.document, x.old, x.now)
			} else if bytes.Equal(changed, raw) {
				t.Fatal("the change changes nothing")
			}
			_, _, errs := readAll(t, changed)
			var got []string
			worst := dta.Severity(0)
			for _, e := range errs {
				got = append(got, e.Code)
				worst = max(worst, e.Severity)
				if e.Offset < 0 || e.Offset > int64(len(changed)) || e.Text() == "" {
					t.Errorf("offset %d, text %q", e.Offset, e.Text())
				}
			}
			if strings.Join(got, ", ") != x.want || worst != x.severity {
				t.Errorf("got %q, %v, want %q, %v", got, worst, x.want, x.severity)
			}
		})
	}
}

// DTA-3: namespace prefixes are accepted, and the order of entries counts for
// nothing but the Composition.
func TestPrefixAndOrder(t *testing.T) {
	t.Parallel()
	raw := string(file(t, bundleFile))
	prefixed := strings.NewReplacer("</", "</f:", "<?", "<?", "<", "<f:", `xmlns="`, `xmlns:f="`).Replace(raw)
	lines := strings.SplitAfter(raw, "\n")
	moved := strings.Join(append(append(append([]string(nil), lines[:3]...), lines[4:len(lines)-2]...), lines[3], lines[len(lines)-2]), "")
	for name, s := range map[string]string{"prefix": prefixed, "List last": moved} {
		head, all, errs := readAll(t, []byte(s))
		if len(errs) > 0 || len(all) != 2 || len(head.Dateien) != 1 {
			t.Errorf("%s: %d prescriptions, %v", name, len(all), errs)
		}
	}
}

// DTA-3: older profiles are read in their period, with their differences.
func TestOlderProfiles(t *testing.T) {
	t.Parallel()
	raw := string(file(t, bundleFile))
	raw = strings.NewReplacer("|1.5", "|1.3", `<date value="2026-10-31">`, `<date value="2024-10-31">`, `<type value="document"/><timestamp`, `<type value="collection"/><timestamp`,
		linkQuittung, linkQuittungAlt, `"B00FHR2600J"/></identifier></item>`, `"B00FHR2600K"/></identifier></item>`).Replace(raw)
	head, all, errs := readAll(t, []byte(raw))
	if len(errs) > 0 || len(all) != 2 {
		t.Fatalf("%d prescriptions, %v", len(all), errs)
	}
	if out := write(t, head, all); string(out) != raw {
		t.Errorf("written file differs:\n%.3000s", out)
	}
}

// DTA-7: what is held of a file is bounded, in depth, in one token and in one
// entry.
func TestBounds(t *testing.T) {
	t.Parallel()
	const open = `<Bundle xmlns="http://hl7.org/fhir">`
	for name, s := range map[string]string{
		"depth": open + strings.Repeat("<x>", MaxDepth+1),
		"token": open + `<id value="` + strings.Repeat("x", MaxTokenBytes+1) + `"/>`,
		"entry": open + "<entry>" + strings.Repeat("<x/>", MaxHeldBytes/elementBytes),
	} {
		_, _, errs := readAll(t, []byte(s))
		if len(errs) != 1 || errs[0].Code != p300.CodeUnlesbar || errs[0].Text() != textTooLarge {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// DTA-3: a fault of the transport is no finding.
func TestTransportFault(t *testing.T) {
	t.Parallel()
	raw := file(t, bundleFile)
	r := NewReader(iotest.TimeoutReader(bytes.NewReader(raw)), p300.Options{})
	for r.Next() {
	}
	if r.Err() == nil {
		t.Fatal("no error")
	}
	if len(r.Errors()) > 0 {
		t.Errorf("findings: %v", r.Errors())
	}
}

// DTA-3: the reader never panics and stays in its bounds; what it accepts is
// written and read again without a change.
func FuzzReader(f *testing.F) {
	raw := file(f, bundleFile)
	f.Add(raw)
	f.Add(signed(f, raw, 3, "27.69", "27.70"))
	f.Add([]byte(`<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Bundle/></resource></entry></Bundle>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		head, all, errs := readAll(t, raw)
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(raw)) || e.Text() == "" {
				t.Fatalf("%v", e)
			}
			if e.Severity != dta.Warn {
				return
			}
		}
		first := write(t, head, all)
		head, all, errs = readAll(t, first)
		for _, e := range errs {
			if e.Severity != dta.Warn {
				t.Fatalf("written file: %v: %s\n%q", e, e.Text(), first)
			}
		}
		if second := write(t, head, all); !bytes.Equal(first, second) {
			t.Fatalf("written twice:\n%q\n%q", first, second)
		}
	})
}

// DTA-3: no container makes the reader panic or run away.
func FuzzCMS(f *testing.F) {
	_, all, _ := readAll(f, file(f, bundleFile))
	f.Add(all[0].Verordnung.CMS)
	f.Add(all[0].Abgabe.CMS)
	f.Add(container([]byte("<Bundle/>")))
	f.Add([]byte{0x30, 0x80, 0x06, 0x00, 0xA0, 0x80, 0x30, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := parseCMS(raw)
		if err != nil {
			return
		}
		if len(d.content) > len(raw) {
			t.Fatal("the content is longer than the container")
		}
		if d.signature() > SignaturRichtig {
			t.Fatal("no such result")
		}
	})
}

// zusatzangaben is what a Rechenzentrum adds to a component of a preparation.
const zusatzangaben = `<extension url="http://fhir.gkvsv.de/StructureDefinition/GKVSV_EX_ERP_ZusatzdatenHerstellung">` +
	`<extension url="zaehlerHerstellung"><valuePositiveInt value="1"/></extension><extension url="einheit">` +
	`<extension url="zaehlerEinheit"><valuePositiveInt value="1"/></extension><extension url="abrechnungsposition">` +
	`<extension url="zaehlerAbrechnungsposition"><valuePositiveInt value="2"/></extension><extension url="verwurf_geprueft"><valueCodeableConcept>` +
	`<coding><system value="https://fhir.gkvsv.de/CodeSystem/GKVSV_CS_ERP_Verwurf"/><code value="2"/></coding></valueCodeableConcept></extension>` +
	`<extension url="zuAbschlaegeZusatzdaten"><extension url="zuAbschlagCode"><valueCodeableConcept><coding>` +
	`<system value="https://fhir.gkvsv.de/CodeSystem/GKVSV_CS_ERP_ZuAbschlagKey"/><code value="R004"/></coding></valueCodeableConcept></extension>` +
	`<extension url="zuAbschlagKennzeichen"><valueCode value="deduction"/></extension><extension url="zuAbschlagBetrag"><valueMoney>` +
	`<value value="-69.07"/><currency value="EUR"/></valueMoney></extension></extension></extension></extension></extension>`

// DTA-3: what the Rechenzentrum adds to preparations is read, and written as it
// was.
func TestZusatzangaben(t *testing.T) {
	t.Parallel()
	const after = `<valueBoolean value="false"/></extension>`
	raw := strings.Replace(string(file(t, bundleFile)), after, after+zusatzangaben, 1)
	head, all, errs := readAll(t, []byte(raw))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	z := all[0].Abrechnung.Zusatzangaben
	if len(z) != 1 || z[0].Herstellung != 1 || z[0].Einheit != 1 || z[0].Position != 2 || z[0].VerwurfGeprueft != "2" ||
		len(z[0].Abschlaege) != 1 || z[0].Abschlaege[0] != (Abschlag{"deduction", "R004", -6907}) {
		t.Errorf("%+v", z)
	}
	if out := write(t, head, all); string(out) != raw {
		t.Errorf("written file differs:\n%.6000s", out)
	}
}

// DTA-3: the preparations of a recipe are read from the pharmacy's record.
func TestHerstellungen(t *testing.T) {
	t.Parallel()
	const unit = `<entry><fullUrl value="urn:uuid:e1"/><resource><Invoice><extension url="` + extZaehler + `"><valuePositiveInt value="1"/></extension>` +
		`<type><coding><code value="ZusatzdatenEinheit"/></coding></type><lineItem><sequence value="1"/><chargeItemCodeableConcept><coding>` +
		`<system value="` + systemPZN + `"/><code value="34567830"/></coding></chargeItemCodeableConcept><priceComponent><extension url="` + extFaktorkz + `">` +
		`<valueCodeableConcept><coding><code value="11"/></coding></valueCodeableConcept></extension><extension url="` + extPreiskz + `">` +
		`<valueCodeableConcept><coding><code value="13"/></coding></valueCodeableConcept></extension><factor value="40.5"/>` +
		`<amount><value value="3.21"/></amount></priceComponent></lineItem></Invoice></resource></entry>`
	const preparation = `<entry><fullUrl value="urn:uuid:h1"/><resource><MedicationDispense><extension url="` + extZaehler + `"><valuePositiveInt value="1"/></extension>` +
		`<extension url="` + extEinheit + `"><valueReference><reference value="urn:uuid:e1"/></valueReference></extension>` +
		`<performer><function><coding><code value="1"/></coding></function><actor><identifier><value value="309990110"/></identifier></actor></performer>` +
		`<type><coding><code value="ZusatzdatenHerstellung"/></coding></type><whenPrepared value="2026-10-05T09:00:00Z"/></MedicationDispense></resource></entry>`
	doc := strings.Replace(string(file(t, "testdata/apo_eabgabedaten_1_5.xml")), `<status value="completed"/>`,
		`<extension url="`+extHerstellung+`"><valueReference><reference value="urn:uuid:h1"/></valueReference></extension><status value="completed"/>`, 1)
	// A resource may stand behind the one that refers to it.
	doc = strings.Replace(doc, "</Bundle>", preparation+unit+"</Bundle>", 1)
	a, wrong, err := ReadAbgabedaten([]byte(doc))
	if err != nil || len(wrong) > 0 {
		t.Fatal(err, wrong)
	}
	want := Bestandteil{Zaehler: 1, Kennzeichen: "34567830", Faktorkennzeichen: "11", Faktor: 40_500_000, Preiskennzeichen: "13", Preis: 321}
	if h := a.Herstellungen; len(h) != 1 || h[0].Schluessel != "1" || h[0].Kennzeichen != "309990110" || len(h[0].Einheiten) != 1 ||
		len(h[0].Einheiten[0].Positionen) != 1 || h[0].Einheiten[0].Positionen[0] != want {
		t.Errorf("%+v", a.Herstellungen)
	}
	if _, wrong, err = ReadAbgabedaten([]byte(strings.Replace(doc, "urn:uuid:e1", "urn:uuid:e2", 1))); err != nil || len(wrong) != 1 {
		t.Errorf("a reference without a resource: %v, %v", err, wrong)
	}
}

// repeated yields a head, a part n times, and a tail.
func repeated(head, part, tail string, n int) io.Reader {
	parts := []io.Reader{strings.NewReader(head)}
	for range n {
		parts = append(parts, strings.NewReader(part))
	}
	return io.MultiReader(append(parts, strings.NewReader(tail))...)
}

// DTA-7: the memory does not grow with the file.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	lines := strings.SplitAfter(string(file(t, bundleFile)), "\n")
	const n = 300
	section := lines[2][strings.Index(lines[2], `<section><code><coding><system value="https://fhir.gkvsv.de/CodeSystem/GKVSV_CS_ERP_TA7"/><code value="RB"/>`):]
	section = section[:strings.Index(section, "</section>")+len("</section>")]
	composition := strings.Replace(lines[2], section, strings.Repeat(section, n-1), 1)
	r := NewReader(repeated(lines[0]+lines[1]+composition+lines[3], strings.Join(lines[4:10], ""), "</Bundle>", n), p300.Options{})
	count, peak := 0, uint64(0)
	for r.Next() {
		if count++; count%100 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if count != n || r.Err() != nil || len(r.Errors()) > 0 {
		t.Fatalf("%d prescriptions, %v, %v", count, r.Err(), r.Errors())
	}
	if peak > 8<<20 {
		t.Errorf("%d bytes live after %d bytes read", peak, r.Bytes())
	}
}

func BenchmarkReader(b *testing.B) {
	raw := file(b, bundleFile)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(raw), p300.Options{})
		for r.Next() {
		}
	}
}
