package p300

import (
	"testing"

	"klarbeleg/dta/auftrag"
)

// DTA-3: what the Auftragsdatei says must be true of the file.
func TestCheckDelivery(t *testing.T) {
	t.Parallel()
	fit := func() (*auftrag.Auftrag, *Kopfdaten) {
		a := auftrag.New()
		a.VerfahrenKennung, a.TransferNummer, a.VerfahrenKennungSpezifikation = "EAPO0", "017", "ABRP"
		a.AbsenderEigner, a.EmpfaengerNutzer, a.Dateiname = "308990210", "109990029", "B00ABR2600H"
		a.DateigroesseNutzdaten = 1446
		u := UNB{AbsenderIK: "308990210", EmpfaengerIK: "109990029", Dateiname: "B00ABR2600H"}
		k := u.Kopfdaten()
		return a, &k
	}
	for _, c := range []struct {
		name    string
		change  func(*auftrag.Auftrag, *Kopfdaten)
		want    string
		element int
	}{
		{"fits", func(*auftrag.Auftrag, *Kopfdaten) {}, "", 0},
		{"transfer number", func(a *auftrag.Auftrag, _ *Kopfdaten) { a.TransferNummer = "018" }, CodeUnlesbar, 5},
		{"size", func(a *auftrag.Auftrag, _ *Kopfdaten) { a.DateigroesseNutzdaten++ }, CodeUnlesbar, 21},
		{"compression", func(a *auftrag.Auftrag, _ *Kopfdaten) { a.Komprimierung = "09" }, CodeUnlesbar, 24},
		{"sender", func(_ *auftrag.Auftrag, k *Kopfdaten) { k.AbsenderIK = "308990211" }, CodeUnlesbar, 8},
		{"receiver", func(_ *auftrag.Auftrag, k *Kopfdaten) { k.EmpfaengerIK = "" }, CodeUnlesbar, 10},
		{"file name", func(_ *auftrag.Auftrag, k *Kopfdaten) { k.Dateiname = "B00ABR2600I" }, CodeDateiname, 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, k := fit()
			c.change(a, k)
			errs := CheckDelivery(a, "EAPO0017", k, 1446)
			if c.want == "" {
				if len(errs) > 0 {
					t.Errorf("findings: %v", errs)
				}
				return
			}
			if len(errs) != 1 || errs[0].Code != c.want || errs[0].Element != c.element {
				t.Errorf("findings: %v", errs)
			}
		})
	}
	a, _ := fit()
	if errs := CheckDelivery(a, "ESOL0017", nil, UnknownSize); len(errs) != 2 {
		t.Errorf("name of another procedure: %v", errs)
	}
	if e := MissingAuftrag(); e.Code != CodeUnlesbar {
		t.Errorf("code %s", e.Code)
	}
}
