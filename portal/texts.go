package portal

import (
	"html/template"
	"strings"
	"time"

	"klarbeleg/app/status"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// stateText is how a state is shown: badge kind and icon of KERN, the word, and
// what it means. A state is never shown by colour alone.
type stateText struct {
	Kind, Icon, Label, Meaning string
}

// invoiceText returns the text of a single invoice's state (RP-2).
func invoiceText(s billing.InvoiceState) stateText {
	switch s {
	case billing.InvoicePaid:
		return stateText{
			"success", "success", "Bezahlt",
			"Der anerkannte Betrag wurde überwiesen. Die Zahlbelegnummer steht auf Ihrem Kontoauszug.",
		}
	case billing.InvoiceApproved:
		return stateText{
			"info", "check", "Geprüft",
			"Die Rechnung ist vollständig anerkannt. Der Betrag wird mit dem nächsten Zahllauf überwiesen.",
		}
	case billing.InvoiceCorrected:
		return stateText{
			"warning", "edit", "Berichtigt",
			"Ein Teil der Rechnung wurde berichtigt. Der anerkannte Teil wird mit dem nächsten Zahllauf überwiesen; die Gründe nennt das Berichtigungsschreiben.",
		}
	case billing.InvoiceRefused:
		return stateText{
			"danger", "danger", "Nicht anerkannt",
			"Von dieser Rechnung wurde kein Betrag anerkannt. Die Gründe nennt das Berichtigungsschreiben.",
		}
	case billing.InvoiceCancelled:
		return stateText{
			"info", "info", "Storniert",
			"Die Rechnung wurde durch Ihren Storno zurückgenommen. Was schon überwiesen war, wird mit einer späteren Zahlung verrechnet.",
		}
	}
	panic("portal: invoice state without a text")
}

// invoiceStates are the states in the order in which an invoice can reach them,
// for the help page.
func invoiceStates() []stateText {
	var texts []stateText
	for _, s := range []billing.InvoiceState{
		billing.InvoiceApproved, billing.InvoiceCorrected, billing.InvoiceRefused, billing.InvoicePaid,
		billing.InvoiceCancelled,
	} {
		texts = append(texts, invoiceText(s))
	}
	return texts
}

// summaryText returns the text for a collective invoice as a whole.
func summaryText(s status.Summary) stateText {
	switch s {
	case status.AllPaid:
		return stateText{"success", "success", "Bezahlt", "Alle anerkannten Beträge wurden überwiesen."}
	case status.PartlyPaid:
		return stateText{
			"info", "autorenew", "Teilweise bezahlt",
			"Ein Teil der anerkannten Beträge wurde überwiesen, der Rest folgt mit den nächsten Zahlläufen.",
		}
	case status.AllRefused:
		return stateText{"danger", "danger", "Nicht anerkannt", "Von dieser Rechnung wurde kein Betrag anerkannt."}
	case status.AllCancelled:
		return stateText{"info", "close", "Storniert", "Die Rechnung wurde zurückgenommen."}
	case status.Corrected:
		return stateText{
			"warning", "edit", "Geprüft, mit Berichtigungen",
			"Die Rechnung ist geprüft. Ein Teil wurde berichtigt, der anerkannte Betrag wird mit dem nächsten Zahllauf überwiesen.",
		}
	case status.Approved:
		return stateText{
			"info", "check", "Geprüft",
			"Die Rechnung ist vollständig anerkannt. Der Betrag wird mit dem nächsten Zahllauf überwiesen.",
		}
	}
	panic("portal: summary without a text")
}

// areaLabel returns the name of an area of the look-up (RP-4).
func areaLabel(a status.Area) string {
	switch a {
	case status.Other:
		return "Sonstige Leistungserbringer"
	case status.Pharmacy:
		return "Arzneimittelabrechnung"
	case status.Integrated:
		return "Integrierte Versorgung"
	}
	panic("portal: area without a text")
}

// moment returns a time of Europe/Berlin as 25.11.2026, 10:30 Uhr.
func moment(t time.Time) string { return t.In(calendar.Berlin()).Format("02.01.2006, 15:04 Uhr") }

// templateFuncs are the functions of all templates.
func templateFuncs(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.url,
		// euro: 1.234,56 € with a space that does not break.
		"euro":   func(c money.Cents) string { return c.German() + "\u00a0€" },
		"date":   calendar.Date.German,
		"moment": moment,
		"fault":  func(id, text string) fieldError { return fieldError{id, text} },
		// phone: only what a tel: address may hold.
		"phone": func(s string) string {
			return strings.Map(func(c rune) rune {
				if c == '+' || c >= '0' && c <= '9' {
					return c
				}
				return -1
			}, s)
		},
		"checkText": func(ok bool) stateText {
			if ok {
				return stateText{Kind: "success", Icon: "success", Label: "bereit"}
			}
			return stateText{Kind: "danger", Icon: "danger", Label: "nicht bereit"}
		},
	}
}
