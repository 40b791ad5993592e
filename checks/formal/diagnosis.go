package formal

import (
	"strings"

	"klarbeleg/checks"
)

func diagnosisRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCase
	return []checks.Binding{
		{ID: "P3012", Turn: turn, Scope: ofCase, Check: diagnosisShape},
		{ID: "P3014", Turn: turn, Scope: ofCase, Unless: []string{"P3012"}, Check: secondaryDiagnosis},
		{ID: "P3053", Turn: turn, Scope: ofCase, Check: leadSymptom},
		{ID: "R-ZHE-02", Turn: turn, Scope: checks.ScopeMessage, Check: diagnosisGiven},
	}
}

// P3012: the shape of ICD-10-GM. The letter for certainty exists in § 295 only.
func diagnosisShape(x *checks.Context) checks.Outcome {
	for i := range x.Case.Diagnoses {
		d := &x.Case.Diagnoses[i]
		if d.Code != "" && !ValidICD(d.Code) {
			x.Fail(d.Place, "DIA").With("icd", d.Code)
			return checks.Fail
		}
	}
	return checks.Pass
}

// ValidICD reports whether the code has the shape of ICD-10-GM: a letter, two
// digits, up to two places after an optional dot, an optional dagger, star or
// exclamation mark (spec/checks section 3.5).
func ValidICD(code string) bool {
	if len(code) < 3 || code[0] < 'A' || code[0] > 'Z' {
		return false
	}
	if _, ok := digitsOf(code[1:3], 2); !ok {
		return false
	}
	rest := code[3:]
	if rest != "" && strings.IndexByte("*!+", rest[len(rest)-1]) >= 0 {
		rest = rest[:len(rest)-1]
	}
	places, dot := strings.CutPrefix(rest, ".")
	if len(places) > 2 || dot && places == "" {
		return false
	}
	return strings.Trim(places, "0123456789-") == ""
}

// P3014: a code with star or exclamation mark needs one without in the same case.
func secondaryDiagnosis(x *checks.Context) checks.Outcome {
	secondary := -1
	for i := range x.Case.Diagnoses {
		code := x.Case.Diagnoses[i].Code
		switch {
		case code == "":
		case strings.HasSuffix(code, "*") || strings.HasSuffix(code, "!"):
			secondary = i
		default:
			return checks.Pass
		}
	}
	if secondary < 0 {
		return checks.NotApplicable
	}
	d := &x.Case.Diagnoses[secondary]
	x.Fail(d.Place, "DIA").With("icd", d.Code)
	return checks.Fail
}

// outsideGuideline stands for a prescription that knows no lead symptom.
const outsideGuideline = "9999"

// P3053: flags a, b, c, individual; the individual flag, or none, needs a text; text
// alone is enough. 9999 only where no contract doctor prescribed.
func leadSymptom(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	s := p.LeadSymptom
	switch {
	case s == outsideGuideline:
		const dentist = '1'
		if p.LANR == noNumber || p.Special == dentist || p.LeadSymptomText != "" {
			return checks.Pass
		}
	case p.LeadSymptomText != "":
		return checks.Pass
	case len(s) == 4 && strings.Trim(s, "01") == "" && s[3] == '0' && s != "0000":
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}

// R-ZHE-02: at least one diagnosis with a code or a text.
func diagnosisGiven(x *checks.Context) checks.Outcome {
	for i := range x.Case.Diagnoses {
		if d := &x.Case.Diagnoses[i]; d.Code != "" || d.Text != "" {
			return checks.Pass
		}
	}
	x.Fail(x.Case.Prescription.Place, x.PrescriptionTag())
	return checks.Fail
}
