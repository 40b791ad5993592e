package secon

import (
	"errors"
	"fmt"
	"strings"

	"klarbeleg/dta"
)

// The refusals (spec secon section 6). Every one that Open, Seal, Unpack and the
// checks return for a fault of the message stands in an *Error and is found with
// errors.Is.
var (
	ErrNotForUs      = errors.New("no recipient is one of our certificates")
	ErrProfile       = errors.New("outside of the agreed profile")
	ErrDecryption    = errors.New("decryption failed")
	ErrNotSigned     = errors.New("content is not signed")
	ErrDetached      = errors.New("signature is detached from the content")
	ErrSigners       = errors.New("more than one signer")
	ErrSignature     = errors.New("signature is wrong")
	ErrSignerUnknown = errors.New("certificate of the signer is unknown")
	ErrExpired       = errors.New("certificate is not valid at this time")
	ErrRevoked       = errors.New("certificate is revoked")
	ErrUntrusted     = errors.New("certificate comes from an unknown trust centre")
	ErrKeyUsage      = errors.New("certificate is not made for this use")
	ErrNotEntitled   = errors.New("signer is not entitled for the sender")
	ErrTruncated     = errors.New("file ends too early")
	ErrTrailing      = errors.New("data behind the end of the message")
	ErrMalformed     = errors.New("file is no readable message")
	ErrTooLarge      = errors.New("payload exceeds the bound")
	ErrClaim         = errors.New("content differs from the Auftragsdatei")
	ErrSize          = errors.New("size differs from the Auftragsdatei")
	ErrCompression   = errors.New("compression not agreed or broken")
	// Those of who receives a file, before it is looked into.
	ErrPlain     = errors.New("plain files are not agreed with the sender")
	ErrNoKeys    = errors.New("no own keys to open a sealed file with")
	ErrNotOpened = errors.New("sealed files are not opened in a check before sending")
)

// textUnopened is one sentence for both a wrong signature and a failed
// decryption: who sends altered files must not learn which of them it was, or
// he could decrypt foreign ones byte by byte (padding oracle).
const textUnopened = "Die Datei konnte nicht entschlüsselt oder die Signatur nicht bestätigt werden. Bitte erzeugen und senden Sie die Datei erneut."

// refusals gives every refusal the rule of the catalogue under which the receipt
// names it, and the sentence for the sender.
var refusals = [...]struct {
	kind error
	rule string
	text string
}{
	{ErrNotForUs, dta.CodeSecurity, "Die Datei ist nicht für uns verschlüsselt. Bitte verschlüsseln Sie sie mit unserem aktuellen Zertifikat und senden Sie sie erneut."},
	{ErrProfile, dta.CodeSecurity, "Die Datei entspricht nicht dem vereinbarten Sicherheitsverfahren (SECON). Bitte stellen Sie Ihre Software darauf ein und senden Sie die Datei erneut."},
	{ErrDecryption, dta.CodeSecurity, textUnopened},
	{ErrNotSigned, dta.CodeSecurity, "Die Datei ist nicht signiert. Bitte signieren Sie die Nutzdaten vor dem Verschlüsseln und senden Sie die Datei erneut."},
	{ErrDetached, dta.CodeSecurity, "Die Signatur enthält die Nutzdaten nicht. Bitte erzeugen Sie die Signatur mit eingebetteten Nutzdaten und senden Sie die Datei erneut."},
	{ErrSigners, dta.CodeSecurity, "Die Datei trägt mehr als eine Signatur. Bitte signieren Sie sie einmal und senden Sie sie erneut."},
	{ErrSignature, dta.CodeSecurity, textUnopened},
	{ErrSignerUnknown, dta.CodeSecurity, "Das Zertifikat des Signierenden liegt der Datei nicht bei und ist uns nicht bekannt. Bitte nehmen Sie es in die Signatur auf und senden Sie die Datei erneut."},
	{ErrExpired, dta.CodeSecurity, "Das Zertifikat ist zum Zeitpunkt des Eingangs nicht gültig. Bitte signieren Sie mit einem gültigen Zertifikat und senden Sie die Datei erneut."},
	{ErrRevoked, dta.CodeSecurity, "Das Zertifikat ist gesperrt. Bitte signieren Sie mit einem gültigen Zertifikat und senden Sie die Datei erneut."},
	{ErrUntrusted, dta.CodeSecurity, "Das Zertifikat stammt nicht von einem anerkannten Trustcenter. Bitte verwenden Sie ein Zertifikat der ITSG oder der DKTIG und senden Sie die Datei erneut."},
	{ErrKeyUsage, dta.CodeSecurity, "Das Zertifikat ist für diesen Zweck nicht ausgestellt. Bitte verwenden Sie das Zertifikat für den Datenaustausch und senden Sie die Datei erneut."},
	{ErrNotEntitled, dta.CodeSecurity, "Das Institutionskennzeichen des Zertifikats ist für diesen Absender nicht berechtigt. Bitte signieren Sie mit dem Zertifikat des Absenders oder melden Sie uns den Dienstleister, der für ihn signiert."},
	{ErrTruncated, dta.CodeSize, "Die Datei ist unvollständig übertragen worden. Bitte senden Sie sie erneut."},
	{ErrTrailing, dta.CodeSecurity, "Hinter dem Ende der verschlüsselten Nachricht stehen weitere Daten. Bitte erzeugen und senden Sie die Datei erneut."},
	{ErrMalformed, dta.CodeSecurity, "Die Datei ist keine lesbare verschlüsselte Nachricht. Bitte erzeugen und senden Sie die Datei erneut."},
	{ErrTooLarge, dta.CodeEmptyOrTooLarge, "Die Nutzdaten überschreiten die zulässige oder die in der Auftragsdatei angegebene Größe. Bitte berichtigen Sie die Angabe oder teilen Sie die Datei."},
	{ErrClaim, dta.CodeSecurity, "Die Angaben der Auftragsdatei zu Verschlüsselung und Signatur passen nicht zur Datei. Bitte berichtigen Sie die Auftragsdatei oder die Datei und senden Sie beide erneut."},
	{ErrSize, dta.CodeSize, "Die Größe der Datei stimmt nicht mit der Auftragsdatei überein. Bitte senden Sie beide erneut."},
	{ErrCompression, dta.CodeCompression, "Das Komprimierungsverfahren ist nicht vereinbart oder passt nicht zur Datei. Bitte verwenden Sie keines, gzip, zip mit einer Datei oder bzip2 und geben Sie es in der Auftragsdatei an."},
	{ErrPlain, dta.CodeSecurity, "Unverschlüsselte Dateien sind mit Ihnen nicht vereinbart. Bitte signieren und verschlüsseln Sie die Datei (SECON) und senden Sie sie mit neuer Auftragsdatei erneut."},
	{ErrNoKeys, dta.CodeSecurity, "Wir konnten die verschlüsselte Datei wegen einer Störung bei uns nicht öffnen; sie ist aufbewahrt. Bitte wenden Sie sich an uns, bevor Sie sie erneut senden."},
	{ErrNotOpened, dta.CodeSecurity, "Verschlüsselte Dateien werden bei dieser Prüfung nicht geöffnet. Bitte prüfen Sie die Datei, bevor Sie sie verschlüsseln."},
}

// Error is a refusal with its place. It holds no payload and no person's name.
type Error struct {
	// Kind is one of the refusals of this package.
	Kind error
	// Offset is how many bytes of the file had been used when the fault was seen.
	Offset int64
	// Found and Want name in words what the file has and what is agreed; "" where
	// Kind says it all.
	Found, Want string
}

// refuse returns a refusal that names what was found and what is agreed.
func refuse(kind error, found, want string) *Error {
	return &Error{Kind: kind, Found: found, Want: want}
}

// Error returns the refusal for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("secon: " + e.Kind.Error())
	if e.Found != "" {
		b.WriteString(": found " + e.Found)
	}
	if e.Want != "" {
		b.WriteString(", wanted " + e.Want)
	}
	if e.Offset > 0 {
		fmt.Fprintf(&b, ", byte %d", e.Offset)
	}
	return b.String()
}

// Unwrap returns Kind.
func (e *Error) Unwrap() error { return e.Kind }

// Finding returns the refusal as a finding of stage 1 with the German sentence
// for the sender (DTA-6).
func (e *Error) Finding() dta.Error {
	for _, r := range refusals {
		if errors.Is(e.Kind, r.kind) {
			f := dta.NewError(r.rule, r.text+e.detail())
			f.Offset = e.Offset
			return f
		}
	}
	panic("secon: refusal without rule: " + e.Kind.Error())
}

// OursToMend tells whether the cause may lie with the receiver: a key, a trust
// centre or a partner's certificate that it does not have. What was refused so is
// worth keeping for another try.
func (e *Error) OursToMend() bool {
	switch e.Kind { //nolint:errorlint // Kind is the sentinel itself
	case ErrNoKeys, ErrNotForUs, ErrUntrusted, ErrSignerUnknown:
		return true
	}
	return false
}

func (e *Error) detail() string {
	switch {
	case e.Found != "" && e.Want != "":
		return " Vorgefunden: " + e.Found + "; vereinbart: " + e.Want + "."
	case e.Found != "":
		return " Vorgefunden: " + e.Found + "."
	}
	return ""
}
