package invented

import "testing"

// DTA-2, DTA-3: numbers of the examples of the specification, which have correct
// check digits.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Institution("59", 1): "598800016", Institution("66", 9): "668800094",
		Insured(12*100_000_000 + 88_001_234): "M880012348", Insured(1*100_000_000 + 88_007_777): "B880077773", Insured(12_345_678): "A123456780",
		Doctor(567): "880567401", Practice(1234): "880123400",
		Prescription("160", 226_000_001): "160.000.226.000.001.81", Prescription("160", 764_737_300): "160.000.764.737.300.50",
		Transaction(12_345_678): "123456786",
		Product(0):              "99000005", OtherDigit("129", 2): "120",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// DTA-3: a serial whose remainder is 10 gives the number of the next one.
func TestProductSkips(t *testing.T) {
	t.Parallel()
	same := 0
	for n := range 1000 {
		if Product(n) == Product(n+1) {
			same++
		}
	}
	if same < 50 || same > 150 { // one in eleven
		t.Errorf("%d of 1000 serials have no number", same)
	}
}
