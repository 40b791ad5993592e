package p300

// Dateiname is a logical file name of eleven characters (TA3 4.1.4; TA7 profile),
// taken apart.
type Dateiname struct {
	Absender string // ARZ, APO, KKR, KRZ, SON; or one letter in the scheme since 06/2024
	Dateiart string // ABR, KO1 to KO9, FH1 to FH9; TA7: FHR, FK1 to FK9
	Jahr     string // two digits, of creation; of corrections that of the original
	Zaehler  string // three characters, five in the scheme since 06/2024
}

// String returns the name as it stands in UNB-08.
func (d Dateiname) String() string {
	if len(d.Zaehler) == 5 {
		return d.Absender + d.Zaehler[:2] + d.Dateiart + d.Jahr + d.Zaehler[2:]
	}
	return d.Absender + d.Dateiart + d.Jahr + d.Zaehler
}

// Korrektur returns the number of the correction file, 0 for a first delivery.
func (d Dateiname) Korrektur() int {
	switch d.Dateiart {
	case "ABR", "FHR":
		return 0
	}
	return int(d.Dateiart[2] - '0')
}

// Original returns the name of the file that a correction file replaces.
func (d Dateiname) Original() Dateiname {
	switch d.Dateiart[:2] {
	case "KO", "FH":
		if d.Dateiart != "FHR" {
			d.Dateiart = "ABR"
		}
	case "FK":
		d.Dateiart = "FHR"
	}
	return d
}

// ParseDateiname takes the name of an EDIFACT file apart (section 2.3).
func ParseDateiname(name string) (Dateiname, bool) {
	return parseName(name, "BCD", func(art string) bool {
		return art == "ABR" || numbered(art, "KO") || numbered(art, "FH")
	})
}

// ParseDateinameTA7 takes the name of a TA7 file apart (section 3.2).
func ParseDateinameTA7(name string) (Dateiname, bool) {
	return parseName(name, "BCDKR", func(art string) bool { return art == "FHR" || numbered(art, "FK") })
}

func numbered(art, kind string) bool {
	return len(art) == 3 && art[:2] == kind && art[2] >= '1' && art[2] <= '9'
}

// parseName knows both schemes: letters are the senders of the one since
// 06/2024. A counter of zeros is invalid.
func parseName(name, letters string, isArt func(string) bool) (Dateiname, bool) {
	if len(name) != 11 {
		return Dateiname{}, false
	}
	d := Dateiname{Absender: name[:3], Dateiart: name[3:6], Jahr: name[6:8], Zaehler: name[8:]}
	if _, ok := number(d.Jahr, 2, 2); !ok || !isArt(d.Dateiart) {
		return Dateiname{}, false
	}
	switch d.Absender {
	case "ARZ", "APO", "KKR", "KRZ", "SON":
		_, tail := number(d.Zaehler[1:], 2, 2)
		return d, tail && isUpperOrDigit(d.Zaehler[0]) && d.Zaehler != "000"
	}
	d.Absender, d.Zaehler = name[:1], name[1:3]+name[8:]
	known := false
	for i := range len(letters) {
		known = known || letters[i] == name[0]
	}
	for i := range len(d.Zaehler) {
		known = known && isUpperOrDigit(d.Zaehler[i])
	}
	return d, known && d.Zaehler != "00000"
}

func isUpperOrDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' }
