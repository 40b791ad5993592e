package gen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"klarbeleg/dta/p302"
)

// DTA-2: deliveries of every version are read, with what is at another place or
// does not exist in it, and written again as they were.
func TestOlderVersions(t *testing.T) {
	t.Parallel()
	dates := map[string]string{"16": "20220301", "17": "20230301", "18": "20230801", "19": "20240301", "20": "20241001", "21": "20261120"}
	for version, date := range dates {
		for _, group := range []byte("ABCDEFGHIJKLMNOPQRS") {
			t.Run(fmt.Sprintf("V%s %c", version, group), func(t *testing.T) {
				t.Parallel()
				raw, _ := generate(t, Options{Gruppe: group, Rechnungsart: 1, Faelle: 20})
				old := bytes.ReplaceAll(bytes.Replace(raw, []byte("20261120:0930"), []byte(date+":0930"), 1), []byte(":21:0:0"), []byte(":"+version+":0:0"))
				if group == 'A' && version < "20" { // Mengeneinheit is not there yet
					for _, unit := range []string{"10", "12"} {
						old = bytes.ReplaceAll(old, []byte(",00+"+unit+"+"), []byte(",00+"))
					}
				}
				if group == 'O' && version < "21" { // the numbers of staff and doctors neither
					old = cutElements(old, "ZZL", 6)
				}
				r := p302.NewReader(bytes.NewReader(old), p302.Options{})
				var out bytes.Buffer
				var w *p302.Writer
				for r.Next() {
					m := r.Message()
					if w == nil {
						w = p302.NewWriter(&out, *r.UNB(), p302.WriterOptions{Version: version})
					}
					if m.SLGA != nil {
						_ = w.WriteSLGA(m.SLGA) // the error stays for Close
					} else if m.SLLA != nil {
						_ = w.WriteSLLA(m.SLLA)
					}
					for _, e := range m.Errors {
						t.Errorf("%v: %s", e, e.Text())
					}
				}
				if (group == 'R' || group == 'S') && version < "19" {
					if errs := r.Errors(); len(errs) != 1 || errs[0].Code != "P2004" {
						t.Fatalf("a group that the version does not have: %v", errs)
					}
					return
				}
				if err := w.Close(); err != nil || len(r.Errors()) > 0 {
					t.Fatal(err, r.Errors())
				}
				if !bytes.Equal(out.Bytes(), old) {
					t.Error("read and written again, the file differs")
				}
			})
		}
	}
}

// cutElements keeps the first elements of all segments with the tag.
func cutElements(raw []byte, tag string, n int) []byte {
	segments := strings.Split(string(raw), "'")
	for i, s := range segments {
		if strings.HasPrefix(s, tag) {
			segments[i] = strings.Join(strings.Split(s, "+")[:n+1], "+")
		}
	}
	return []byte(strings.Join(segments, "'"))
}

// DTA-2: what an older version does not have yet is refused in it.
func TestElementsOfLaterVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, version, date, code string
		group                     byte
		edit                      func(string) string
	}{
		{"Mengeneinheit in V19", "19", "20240301", "P2014", 'A', nil},
		{"EVO in V18", "18", "20230801", "P2011", 'B', func(s string) string { return strings.Replace(s, "EHE+", "EVO+1234567890123456789012'EHE+", 1) }},
		{"EVO in V19", "19", "20240301", "", 'B', func(s string) string { return strings.Replace(s, "EHE+", "EVO+1234567890123456789012'EHE+", 1) }},
		{"Beschäftigtennummer in ZZL V20", "20", "20241001", "R-SYN-04", 'O', nil},
		{"BES misses in V20 too", "20", "20241001", "P2010", 'C', func(s string) string {
			return s[:strings.Index(s, "BES+")] + s[strings.Index(s, "UNT+000"):]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, _ := generate(t, Options{Gruppe: c.group, Rechnungsart: 1, Faelle: 1})
			raw := string(file)
			raw = strings.ReplaceAll(strings.Replace(raw, "20261120:0930", c.date+":0930", 1), ":21:0:0", ":"+c.version+":0:0")
			if c.edit != nil {
				head, slla, _ := strings.Cut(raw, "+SLLA:")
				raw = head + "+SLLA:" + c.edit(slla)
			}
			var codes []string
			r := p302.NewReader(strings.NewReader(raw), p302.Options{})
			for r.Next() {
				for _, e := range r.Message().Errors {
					if e.Code != "P2007" { // the edits change the number of segments
						codes = append(codes, e.Code)
					}
				}
			}
			if (c.code == "") != (len(codes) == 0) || c.code != "" && codes[0] != c.code {
				t.Errorf("found %v, want %q", codes, c.code)
			}
		})
	}
}
