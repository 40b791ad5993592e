package dta

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// CHK-1: stage and severity are those of the rule catalogue, and every rule of
// it that the library can see is there.
func TestRulesAreThoseOfTheCatalogue(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/rules.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// Not for the library: they need master data, history, keys or uploads.
	elsewhere := map[string]bool{"P1005": true, "P1006": true, "P1009": true, "P1010": true, "P1014": true, "P1015": true}
	for _, row := range rows[1:] {
		rule, ok := RuleOf(row[0])
		if ok == elsewhere[row[0]] {
			t.Errorf("%s: listed %v", row[0], ok)
		}
		if ok && (fmt.Sprint(rule.Stage) != row[1] || rule.Severity.String() != row[2]) {
			t.Errorf("%s: stage %d, %s; catalogue: %s, %s", row[0], rule.Stage, rule.Severity, row[1], row[2])
		}
	}
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.Code] {
			t.Errorf("%s twice", r.Code)
		}
		seen[r.Code] = true
		if (r.Scope == ScopeFile) != (r.Severity == RejectFile) {
			t.Errorf("%s: scope %s and severity %s", r.Code, r.Scope, r.Severity)
		}
	}
}

// OPS-4: neither text of an error shows the value.
func TestErrorHidesTheValue(t *testing.T) {
	t.Parallel()
	e := NewError(CodeTooLong, "Das Feld „Vers.-Nachname“ ist länger als 47 Zeichen.").WithValue("Mustermann")
	e.Segment, e.Offset, e.Tag, e.Element, e.Component = 12, 345, "NAD", 1, 2
	for _, s := range []string{e.Error(), e.Text(), fmt.Sprintf("%v", e), fmt.Sprintf("%s", &e)} {
		if strings.Contains(s, "Mustermann") {
			t.Errorf("value in %q", s)
		}
	}
	if e.Value() != "Mustermann" {
		t.Error("value is lost")
	}
	if got, want := e.Error(), "P2013 at segment 12 (NAD.1.2), byte 345"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

// DTA-2: every byte of every set, against tables made from the specification.
func TestCharsetTables(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/charsets.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[string]int{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		var name string
		var b byte
		var want rune
		if _, err := fmt.Sscanf(sc.Text(), "%s %X U+%X", &name, &b, &want); err != nil {
			t.Fatal(sc.Text(), err)
		}
		n[name]++
		c, ok := ParseCharset(name)
		if !ok {
			t.Fatalf("%s is unknown", name)
		}
		if got := string(c.AppendUTF8(nil, []byte{b})); got != string(want) {
			t.Errorf("%s %02X reads %q, want %q", c, b, got, want)
		}
		if back, err := c.Append(nil, string(want)); err != nil || len(back) != 1 || back[0] != b {
			t.Errorf("%s: %q writes % X (%v), want %02X", c, want, back, err, b)
		}
	}
	for name, want := range map[string]int{"I1": 191, "I5": 191, "I7": 95, "I8": 191} {
		if n[name] != want {
			t.Errorf("%s: %d bytes checked, want %d", name, n[name], want)
		}
	}
}

// DTA-2: what a set does not have is refused; other sets are unknown.
func TestCharsetLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  Charset
		text string
	}{{I1, "€"}, {I7, "@"}, {I7, "é"}, {I8, "§\u0100"}, {I5, "¤"}, {I1, "\xff"}} {
		if _, err := c.set.Append(nil, c.text); !errors.Is(err, ErrNotInCharset) {
			t.Errorf("%s writes %q: %v", c.set, c.text, err)
		}
	}
	for _, code := range []string{"", "EB", "P8", "U8", "i1", "I2"} {
		if _, ok := ParseCharset(code); ok {
			t.Errorf("%q is accepted", code)
		}
	}
	long := strings.Repeat("abcdefg", 5)
	if got := string(I1.AppendUTF8(nil, []byte(long+"\xe4"+long))); got != long+"ä"+long {
		t.Errorf("%q", got)
	}
}

// P1011: UTF-8 and bytes outside the set are seen, Latin-1 text is not.
func TestFindForeign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  Charset
		text string
		want int
	}{
		{I1, "M\xfcller", -1},
		{I1, "M\xc3\xbcller", 1},
		{I1, "\xc2\xa7", 0},
		{I1, "\xc3", -1},
		{I1, "\xc3A", -1},
		{I5, "Stra\xc3\x9fe", 4},
		{I7, "M}ller", -1},
		{I7, "0123456789M\xfcller", 11},
		{I8, "\xe4\xf6", -1},
		{I8, "01234567\xc3\xa4", 8},
	} {
		if got := c.set.FindForeign([]byte(c.text)); got != c.want {
			t.Errorf("%s %q: %d, want %d", c.set, c.text, got, c.want)
		}
	}
	if got := I1.FindControl([]byte("abcdefghi\xe4\x85")); got != 10 {
		t.Errorf("control at %d", got)
	}
}

// shape writes what the tokenizer sees.
func shape(text string) string {
	var t Tokenizer
	var out []string
	for t.Reset(text); t.Next(); {
		s := t.Tag()
		for _, f := range t.Fields() {
			s += fmt.Sprintf(" %d.%d=%s", f.Element, f.Component, t.Text(f))
		}
		for flag, on := range map[string]bool{"!open": t.Open, "!tail": t.EmptyTail, "!overflow": t.Overflow} {
			if on {
				s += " " + flag
			}
		}
		if t.BadRelease >= 0 {
			s += fmt.Sprintf(" !release@%d", t.BadRelease)
		}
		if t.Control >= 0 {
			s += fmt.Sprintf(" !control@%d", t.Control)
		}
		out = append(out, s)
	}
	return strings.Join(out, " | ")
}

// DTA-2: the syntax of section 3.
func TestTokenizer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"segments", "INV+A+B'NAD+C'", "INV 1.1=A 2.1=B | NAD 1.1=C"},
		{"components", "REC+a:0+20261102+3'", "REC 1.1=a 1.2=0 2.1=20261102 3.1=3"},
		{"line ends between segments", "\r\nA+1'\r\nB+2'\nC'\r\n", "A 1.1=1 | B 1.1=2 | C"},
		{"empty elements", "FKT+01++3'", "FKT 1.1=01 2.1= 3.1=3"},
		{"released separators", "NAD+D?'A?+B?:C??'", "NAD 1.1=D'A+B:C?"},
		{"released release before the terminator", "X+a??'Y'", "X 1.1=a? | Y"},
		{"needless release", "X+1?,5+b?c'", "X 1.1=1?,5 2.1=b?c !release@3"},
		{"control character", "X+a\tb'", "X 1.1=a\tb !control@3"},
		{"line end inside", "X+a\r\nb'", "X 1.1=a\r\nb !control@3"},
		{"empty tail", "DIA+'", "DIA 1.1= !tail"},
		{"empty component", "X+a:+b'", "X 1.1=a 1.2= 2.1=b !tail"},
		{"no elements", "DIA'", "DIA"},
		{"no segment", "'A'", " | A"},
		{"open", "A+b", "A 1.1=b !open"},
		{"open tag", "A", "A !open"},
		{"component separator in the tag", "A:1+b'", "A:1 1.1=b"},
	} {
		want := c.want
		if c.name == "needless release" {
			want = "X 1.1=1,5 2.1=bc !release@3" // the character is taken
		}
		if got := shape(c.text); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
	if got := shape("X" + strings.Repeat("+1", MaxFields+1) + "'Y+2'"); !strings.Contains(got, "!overflow | Y 1.1=2") {
		t.Errorf("overflow: %s", got)
	}
}

// DTA-2: release characters only where they must be.
func TestAppendEscaped(t *testing.T) {
	t.Parallel()
	if got := string(AppendEscaped(nil, "D'A+B:C?1,5")); got != "D?'A?+B?:C??1,5" {
		t.Errorf("%s", got)
	}
}

// DTA-2, DTA-7: the tokenizer allocates nothing.
func TestTokenizerAllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	text := strings.Repeat("EHE+22:00501+20501+1,00+29,85+20261005+2,99'\r\n", 1000)
	var tok Tokenizer
	if n := testing.AllocsPerRun(5, func() {
		for tok.Reset(text); tok.Next(); {
			_ = tok.Fields()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// units writes the units of a stream.
func units(r io.Reader) (string, error) {
	s := NewScanner(r)
	var out []string
	for s.Next() {
		u := s.Unit()
		out = append(out, fmt.Sprintf("%s %d@%d %dseg message=%v closed=%v", u.Tag(), u.Segment, u.Offset, len(u.Starts), u.Message, u.Closed))
	}
	return strings.Join(out, "\n"), s.Err()
}

// DTA-2: messages are cut out whole, whatever the pieces of reading.
func TestScanner(t *testing.T) {
	t.Parallel()
	file := "UNB+1'\r\nUNH+1'FKT+D?'A'UNT+3'\r\nUNH+2'X'UNH+3'Y'\nUNT+3'Z+1'UNZ+2'\r\n"
	want := strings.Join([]string{
		"UNB 1@0 1seg message=false closed=true", "UNH 2@8 3seg message=true closed=true", "UNH 5@31 2seg message=true closed=false",
		"UNH 7@39 3seg message=true closed=true", "Z+1 10@54 1seg message=false closed=true", "UNZ 11@58 1seg message=false closed=true",
	}, "\n")
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(file), "byte by byte": iotest.OneByteReader(strings.NewReader(file)),
		"data with end": iotest.DataErrReader(strings.NewReader(file)), "halves": iotest.HalfReader(strings.NewReader(file)),
	} {
		if got, err := units(r); got != want || err != nil {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
	for text, want := range map[string]string{
		"":               "",
		"\r\n":           "",
		"UNH+1'A+x":      "UNH 1@0 2seg message=true closed=false",
		"UNH+1'A'UNT+3?": "UNH 1@0 3seg message=true closed=false",
		"abc":            "abc 1@0 1seg message=false closed=false",
		"'":              "' 1@0 1seg message=false closed=true",
	} {
		if got, err := units(strings.NewReader(text)); got != want || err != nil {
			t.Errorf("%q: %v\n%s\nwant\n%s", text, err, got, want)
		}
	}
}

// DTA-7: bounds hold; faults of the transport are told from the end.
func TestScannerLimits(t *testing.T) {
	t.Parallel()
	s := NewScanner(strings.NewReader("UNB+1'" + strings.Repeat("x", 5000)))
	s.max = 1000
	if !s.Next() || s.Next() || !errors.Is(s.Err(), ErrTooLong) {
		t.Errorf("a segment without end: %v", s.Err())
	}
	s = NewScanner(strings.NewReader("UNH+1'" + strings.Repeat("A+1'", 2_000)))
	s.max = 1000
	if s.Next() || !errors.Is(s.Err(), ErrTooLong) {
		t.Errorf("a message without end: %v", s.Err())
	}
	broken := errors.New("broken")
	if _, err := units(io.MultiReader(strings.NewReader("UNB+1'UNH"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("transport: %v", err)
	}
	if _, err := units(stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("stuck: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// DTA-2: scanner and tokenizer agree on segments and places for any input.
func FuzzScannerAndTokenizer(f *testing.F) {
	f.Add([]byte("UNB+1'\r\nUNH+1'FKT+D?'A'UNT+3'\r\nUNH+2'X'UNH+3'Y'\nUNT+3'Z+1'UNZ+2'\r\n"))
	f.Add([]byte("??''?'+:\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := NewScanner(iotest.HalfReader(strings.NewReader(string(raw))))
		var tok Tokenizer
		last := int64(-1)
		for s.Next() {
			u := s.Unit()
			if u.Offset <= last {
				t.Fatalf("unit at %d after %d", u.Offset, last)
			}
			last = u.Offset
			tok.Reset(string(u.Raw))
			n := 0
			for ; tok.Next(); n++ {
				if n >= len(u.Starts) || tok.Start() != int(u.Starts[n]) {
					t.Fatalf("segment %d at %d, scanner: %v", n, tok.Start(), u.Starts)
				}
				for _, f := range tok.Fields() {
					if got, _ := I1.Append(nil, string(I1.AppendUTF8(nil, []byte(tok.Text(f))))); string(got) != tok.Text(f) {
						t.Fatalf("%q became %q", tok.Text(f), got)
					}
				}
			}
			if n != len(u.Starts) {
				t.Fatalf("%d segments, scanner: %d", n, len(u.Starts))
			}
		}
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
	})
}

// DTA-2: characters count, not bytes, at both ends of a length.
func TestLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text        string
		least, most int
		fits        bool
	}{
		{"", 0, 3, true},
		{"abc", 3, 3, true},
		{"äöü", 3, 3, true},
		{"äöü", 4, 9, false}, // six bytes
		{"äöüß", 1, 3, false},
		{"€€€", 4, 9, false}, // nine bytes
		{"äbcdefghijkl", 3, 12, true},
	} {
		if n := Length(c.text, c.least, c.most); (n >= c.least && n <= c.most) != c.fits {
			t.Errorf("%q: %d characters, %d to %d", c.text, n, c.least, c.most)
		}
	}
}
