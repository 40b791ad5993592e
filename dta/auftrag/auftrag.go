// Package auftrag reads and writes the Auftragsdatei, the 348-byte record that
// accompanies every Nutzdatendatei (GGT Anlage 2, Auftragssatz 01).
package auftrag
