package p300

import (
	"crypto/md5" //nolint:gosec // the official procedure names MD5 (TA1 4.14.1)
	"fmt"
	"math/big"
	"strings"
)

// HashZusatzdaten returns the hash of the Zusatzdaten of a paper prescription as
// it has to stand in ZDR-02: 40 digits (section 6, TA1 4.14.1).
func HashZusatzdaten(z *ZDR, herstellungen []Herstellung) string {
	var b strings.Builder
	t := z.Uhrzeit
	fmt.Fprintf(&b, "%s%s%08d:%s:%s", z.IK, z.Transaktionsnummer, z.Datum, t, z.Millisekunden)
	for i := range herstellungen {
		c := &herstellungen[i].ZDC
		fmt.Fprintf(&b, "%s%s%08d:%04d%02d%02d", c.SchluesselHerstellung, c.KennzeichenHerstellender,
			c.Herstellungsdatum, c.Herstellungszeit, c.Zaehler, c.AnzahlEinheiten)
		for _, p := range herstellungen[i].ZDP {
			fmt.Fprintf(&b, "%s%s%06d,%06d%s%09d,%02d", p.PZN, p.Faktorkennzeichen,
				p.Faktor/1_000_000, p.Faktor%1_000_000, p.Preiskennzeichen, p.Preis/100, p.Preis%100)
		}
	}
	sum := md5.Sum([]byte(b.String())) //nolint:gosec // see above; all characters are digits, : and ,
	return fmt.Sprintf("%040s", new(big.Int).SetBytes(sum[:]).Text(10))
}
