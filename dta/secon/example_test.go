package secon_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"klarbeleg/dta/secon"
)

// A refusal names what the file has and what is agreed; the spool is empty.
func ExampleOpen() {
	file, err := os.Open("testdata/golden/cipher-gcm.p7m")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	spool, err := secon.NewTempSpool("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer spool.Close()
	_, err = secon.Open(spool, file, secon.Options{ReceivedAt: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
	var refusal *secon.Error
	if errors.As(err, &refusal) {
		finding := refusal.Finding()
		fmt.Println(finding.Code, errors.Is(err, secon.ErrProfile))
		fmt.Println(finding.Text())
	}
	_, err = spool.Payload()
	fmt.Println(err)
	// Output:
	// P1007 true
	// Die Datei entspricht nicht dem vereinbarten Sicherheitsverfahren (SECON). Bitte stellen Sie Ihre Software darauf ein und senden Sie die Datei erneut. Vorgefunden: AuthEnvelopedData (AES-GCM); vereinbart: EnvelopedData (verschlüsselt).
	// payload is not verified
}

// A pipe is a spool too: its reader gets the refusal in the place of the end, so
// that a store which drops what it could not read to the end keeps nothing.
func ExampleOpen_pipe() {
	file, err := os.Open("testdata/golden/signed-only.p7m")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	r, w := io.Pipe()
	go secon.Open(w, file, secon.Options{}) //nolint:errcheck // the reader has the error
	_, err = io.Copy(io.Discard, r)
	fmt.Println(errors.Is(err, secon.ErrProfile))
	// Output:
	// true
}
