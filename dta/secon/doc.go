// Package secon opens and seals deliveries under SECON, the security interface
// of the data exchange (Gemeinsame Grundsätze Technik, Anlage 16; spec secon): a
// CMS SignedData with the payload inside a CMS EnvelopedData (RFC 5652). The
// profile is SHA-256, RSASSA-PSS, RSAES-OAEP, AES-256-CBC and RSA keys of 4096
// bit; everything else is refused by name.
//
//	spool, err := secon.NewTempSpool("")
//	if err != nil {
//		return err
//	}
//	defer spool.Close()
//	opened, err := secon.Open(spool, file, secon.Options{
//		Identities: ours, Trust: trust, SignerIKs: entitled, ReceivedAt: received,
//	})
//	var refusal *secon.Error
//	if errors.As(err, &refusal) {
//		return report(refusal.Finding())
//	}
//	if err != nil {
//		return err // ours: try again
//	}
//	payload, err := spool.Payload()
//
// Two things are promised. Nobody sees a byte of the payload before the
// signature holds and its signer is entitled: AES-CBC alone protects nothing.
// And memory does not grow with the file: reading and writing are one pass.
//
// The Auftragsdatei's claims about a file are checked by CheckTransmitted before
// opening and by Unpack after it. Called by the intake of deliveries, by the
// offline check and by whatever writes files for others.
package secon
