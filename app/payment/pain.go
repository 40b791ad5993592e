package payment

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// The SEPA credit transfer file: ISO 20022 pain.001.001.09, as the Deutsche
// Kreditwirtschaft narrows it (DFÜ-Abkommen, Anlage 3). Every value is made of
// the SEPA character set, IBAN, BIC or digits, so none can hold a character with a
// meaning in XML.
const (
	painHead = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
 <CstmrCdtTrfInitn>
  <GrpHdr>
   <MsgId>%[1]s</MsgId>
   <CreDtTm>%[2]s</CreDtTm>
   <NbOfTxs>%[3]d</NbOfTxs>
   <CtrlSum>%[4]s</CtrlSum>
   <InitgPty><Nm>%[5]s</Nm></InitgPty>
  </GrpHdr>
  <PmtInf>
   <PmtInfId>%[1]s</PmtInfId>
   <PmtMtd>TRF</PmtMtd>
   <NbOfTxs>%[3]d</NbOfTxs>
   <CtrlSum>%[4]s</CtrlSum>
   <PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>
   <ReqdExctnDt><Dt>%[6]s</Dt></ReqdExctnDt>
   <Dbtr><Nm>%[5]s</Nm></Dbtr>
   <DbtrAcct><Id><IBAN>%[7]s</IBAN></Id></DbtrAcct>
   <DbtrAgt><FinInstnId>%[8]s</FinInstnId></DbtrAgt>
   <ChrgBr>SLEV</ChrgBr>
`
	painTransfer = `   <CdtTrfTxInf>
    <PmtId><EndToEndId>%[1]s</EndToEndId></PmtId>
    <Amt><InstdAmt Ccy="EUR">%[2]s</InstdAmt></Amt>
%[3]s    <Cdtr><Nm>%[4]s</Nm></Cdtr>
    <CdtrAcct><Id><IBAN>%[5]s</IBAN></Id></CdtrAcct>
    <RmtInf><Ustrd>Zahlbeleg %[1]s</Ustrd></RmtInf>
   </CdtTrfTxInf>
`
	painAgent = `    <CdtrAgt><FinInstnId><BICFI>%s</BICFI></FinInstnId></CdtrAgt>
`
	painFoot = `  </PmtInf>
 </CstmrCdtTrfInitn>
</Document>
`
)

// maxName is the length of a name in the file.
const maxName = 70

// errTransfers says that the transfers read are not those that were summed.
var errTransfers = errors.New("transfers and their sum disagree")

// writePain writes the file: one payment information with the transfers that each
// hands out. The bytes depend on the arguments alone.
func writePain(out io.Writer, run store.PaymentRun, sums store.TransferSums, each func(func(*store.Transfer) error) error) error {
	w := bufio.NewWriter(out) // keeps the first error until Flush
	agent := "<Othr><Id>NOTPROVIDED</Id></Othr>"
	if run.Debtor.BIC != "" {
		agent = "<BICFI>" + run.Debtor.BIC + "</BICFI>"
	}
	_, _ = fmt.Fprintf(w, painHead, MessageID(run.On), run.OpenedAt.UTC().Format("2006-01-02T15:04:05Z"), sums.Count, decimal(sums.Total),
		sepaText(run.Debtor.Name), run.ExecuteOn, run.Debtor.IBAN, agent)
	var read store.TransferSums
	err := each(func(t *store.Transfer) error {
		read.Count++
		read.Total += t.Amount
		agent := ""
		if t.BIC != "" {
			agent = fmt.Sprintf(painAgent, t.BIC)
		}
		_, err := fmt.Fprintf(w, painTransfer, t.Voucher, decimal(t.Amount), agent, sepaText(t.Name), t.IBAN)
		return err
	})
	if err != nil {
		return err
	}
	if read != sums {
		return errTransfers
	}
	_, _ = w.WriteString(painFoot)
	return w.Flush()
}

// decimal returns the amount as 1234.56.
func decimal(c money.Cents) string { return strings.Replace(c.Wire(), ",", ".", 1) }

// sepaReplacements are what the banks' rules set for letters outside the SEPA
// character set; others become a dot, as there.
var sepaReplacements = strings.NewReplacer(
	"Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "&", "+", "é", "e", "è", "e", "ê", "e", "á", "a",
	"à", "a", "â", "a", "ó", "o", "ô", "o", "í", "i", "î", "i", "ú", "u", "û", "u", "ç", "c", "ñ", "n", "ø", "o", "å", "a", "æ", "ae",
	"É", "E", "È", "E", "Á", "A", "À", "A", "Ç", "C", "Ø", "O", "Å", "A", "–", "-", "’", "'", "`", "'", "´", "'",
)

// sepaText returns the text in the SEPA character set, at most maxName long.
func sepaText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("/-?:().,'+ ", r):
			return r
		default:
			return '.'
		}
	}, sepaReplacements.Replace(strings.Join(strings.Fields(s), " ")))
	return strings.TrimSpace(s[:min(len(s), maxName)])
}
