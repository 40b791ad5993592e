package ta7

import (
	"bytes"
	"testing"
)

// DTA-3: containers of OpenSSL in BER and DER, with the algorithms that occur
// (APO-F07). The containers are made by testdata/make_cms.sh.
func TestContainers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Signatur{
		"rsa_ber": SignaturRichtig, "rsa_pss": SignaturRichtig, "keyid": SignaturRichtig, "noattr": SignaturRichtig, "ecdsa": SignaturRichtig,
		"brainpool": SignaturNichtPruefbar, "nocerts": SignaturNichtPruefbar,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := file(t, "testdata/cms_"+name+".der")
			d, err := parseCMS(raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.signature(); got != want {
				t.Errorf("signature %d, want %d", got, want)
			}
			if rezeptIDOf(d.content) != "160.000.226.000.001.81" {
				t.Errorf("content %q", d.content)
			}
			changed := bytes.Replace(raw, []byte("001.81"), []byte("001.82"), 1)
			if d, err = parseCMS(changed); err != nil {
				t.Fatal(err)
			}
			if got := d.signature(); got == SignaturRichtig {
				t.Error("the signature fits another content")
			}
			for n := range raw { // what is cut off is no container
				if _, err := parseCMS(raw[:n]); err == nil {
					t.Fatalf("%d of %d bytes are accepted", n, len(raw))
				}
			}
		})
	}
	if _, err := parseCMS(file(t, "testdata/cms_detached.der")); err == nil {
		t.Error("a container without content is accepted")
	}
	if _, err := parseCMS(append(file(t, "testdata/cms_ecdsa.der"), 0)); err == nil {
		t.Error("bytes behind the container are accepted")
	}
	d, err := parseCMS(container([]byte("x")))
	if err != nil || d.signature() != SignaturFehlt {
		t.Errorf("unsigned: %v", err)
	}
}
