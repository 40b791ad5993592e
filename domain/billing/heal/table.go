package heal

import (
	"regexp"
	"slices"
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// instances is how often a field occurs in a case, and which instance belongs to a
// position: nil where all belong to the whole case.
type instances struct {
	count func(*billing.Invoice, *billing.Case) int
	owner func(*billing.Case, int) (int, bool)
}

func once(*billing.Invoice, *billing.Case) int { return 1 }

func ownPosition(_ *billing.Case, position int) (int, bool) { return position, true }

func partOf(c *billing.Case, position int) (int, bool) {
	part := int(c.Positions[position].Part)
	return part, part >= 0
}

var (
	single      = instances{count: once}
	perPosition = instances{func(_ *billing.Invoice, c *billing.Case) int { return len(c.Positions) }, ownPosition}
	perAid      = instances{func(_ *billing.Invoice, c *billing.Case) int { return len(c.Aids) }, partOf}
	perTrip     = instances{func(_ *billing.Invoice, c *billing.Case) int { return len(c.Trips) }, partOf}
	perVisit    = instances{count: func(_ *billing.Invoice, c *billing.Case) int { return len(c.Visits) }}
	perTalk     = instances{count: func(_ *billing.Invoice, c *billing.Case) int { return len(c.Consultations) }}
	perDisease  = instances{count: func(_ *billing.Invoice, c *billing.Case) int { return len(c.Diagnoses) }}
	perApproval = instances{count: func(_ *billing.Invoice, c *billing.Case) int { return len(c.Approvals) }}
	// A case has the prescription, and those behind it.
	perPrescription = instances{count: func(_ *billing.Invoice, c *billing.Case) int { return 1 + len(c.Further) }}
)

func position(p Place) *billing.Position { return &p.Case.Positions[p.Index] }
func aid(p Place) *billing.AidGroup      { return &p.Case.Aids[p.Index] }
func trip(p Place) *billing.Trip         { return &p.Case.Trips[p.Index] }
func talk(p Place) *billing.Consultation { return &p.Case.Consultations[p.Index] }
func prescription(p Place) *billing.Prescription {
	if p.Index == 0 {
		return &p.Case.Prescription
	}
	return &p.Case.Further[p.Index-1]
}

func field(name, label, explain string, on instances, a access) Field {
	return Field{
		Name: name, Label: label, Explain: explain, Format: a.format,
		count: on.count, owner: on.owner, get: a.get, set: a.set,
	}
}

// table is the list of all fields that can be changed. A test fails if a rule names
// one that is not here.
var table = slices.Concat(invoiceFields(), caseFields(), partFields(), lineFields(), careFields())

const ikFormat, ikForm = "Institutionskennzeichen mit 9 Ziffern", "[0-9]{9}"

func invoiceFields() []Field {
	list := []Field{
		field("REC.rechnungsnummer", "Rechnungsnummer", "Tragen Sie die Rechnungsnummer ein, unter der diese Rechnung bei Ihnen geführt wird. Sie gilt für alle Fälle der Rechnung.",
			single, invoiceNumber()),
		field("REC.rechnungsdatum", "Rechnungsdatum", "Tragen Sie das Datum ein, an dem Sie die Rechnung gestellt haben. Es gilt für alle Fälle der Rechnung.",
			single, invoiceDate()),
		field("FKT.ik_krankenkasse", "IK der Krankenkasse", "Tragen Sie das Institutionskennzeichen der Krankenkasse ein, das auf der Verordnung steht.", single, fund()),
	}
	for i := range list {
		list[i].PerInvoice = true
	}
	return list
}

// heads yields the heads of an invoice that repeat its number, date and fund; of the
// statement of a collective invoice it makes a copy first.
func heads(inv *billing.Invoice) []*billing.Head {
	list := []*billing.Head{&inv.Head, &inv.Statement.Head}
	if inv.Collective != nil {
		collective := *inv.Collective
		inv.Collective = &collective
		list = append(list, &collective.Head)
	}
	return list
}

func invoiceNumber() access {
	form := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z/\-]{0,19}(:[0-9A-Za-z/\-]{1,20})?$`)
	get := func(p Place) string { return p.Invoice.Number.String() }
	return access{"Gesamtrechnungsnummer, bei Bedarf mit Doppelpunkt und Einzelrechnungsnummer", get, func(p Place, v string) error {
		if !form.MatchString(v) {
			return errFormat
		}
		collective, one, ok := strings.Cut(v, ":")
		if !ok {
			one = "0"
		}
		for i, h := range heads(p.Invoice) {
			h.Number.Collective = collective
			if i < 2 { // the collective statement has no single number
				h.Number.Single = one
			}
		}
		return nil
	}}
}

func invoiceDate() access {
	a := date(func(p Place) *calendar.Date { return &p.Invoice.Date })
	set := a.set
	a.set = func(p Place, v string) error {
		if err := set(p, v); err != nil {
			return err
		}
		for _, h := range heads(p.Invoice) {
			h.Date = p.Invoice.Date
		}
		return nil
	}
	return a
}

func fund() access {
	a := pattern(ikFormat, ikForm, func(p Place) *string { return &p.Invoice.Fund })
	set := a.set
	a.set = func(p Place, v string) error {
		if err := set(p, v); err != nil {
			return err
		}
		for _, h := range heads(p.Invoice) {
			if h.Fund != "" {
				h.Fund = v
			}
		}
		return nil
	}
	return a
}

func caseFields() []Field {
	return []Field{
		field("INV.versichertennummer", "Krankenversichertennummer", "Übernehmen Sie die Nummer von der elektronischen Gesundheitskarte: ein Großbuchstabe und neun Ziffern.",
			single, pattern("ein Großbuchstabe und 9 Ziffern", "[A-Z][0-9]{9}", func(p Place) *string { return &p.Case.KVNR })),
		field("NAD.geburtsdatum", "Geburtsdatum", "Übernehmen Sie das Geburtsdatum von der elektronischen Gesundheitskarte.",
			single, birth(func(p Place) *billing.Birth { return &p.Case.Person.Birth })),
		field("NAD.nachname", "Nachname", "Übernehmen Sie den Nachnamen von der elektronischen Gesundheitskarte.",
			single, text(47, func(p Place) *string { return &p.Case.Person.LastName })),
		field("*.arztnummer", "Arztnummer (LANR)", "Übernehmen Sie die neunstellige Arztnummer von der Verordnung.",
			perPrescription, pattern("9 Ziffern", "[0-9]{9}", func(p Place) *string { return &prescription(p).LANR })),
		field("*.verordnungsdatum", "Verordnungsdatum", "Übernehmen Sie das Ausstellungsdatum von der Verordnung.",
			perPrescription, date(func(p Place) *calendar.Date { return &prescription(p).Date })),
		field("*.unfall", "Unfallkennzeichen", "Geben Sie an, ob die Verordnung einen Unfall nennt: 1 Unfall oder Unfallfolgen, 2 Arbeitsunfall oder Berufskrankheit, 0 kein Unfall.",
			perPrescription, key("0, 1 oder 2", "012", func(p Place) *byte { return &prescription(p).Accident })),
		field("*.zuzahlung", "Zuzahlungskennzeichen", "Geben Sie das Zuzahlungskennzeichen an, das zur versicherten Person und zur Verordnung passt.",
			perPrescription, key("eine Ziffer", "0123456789", func(p Place) *byte { return &prescription(p).CopayMarker })),
		field("DIA.schluessel", "Diagnoseschlüssel (ICD-10-GM)", "Übernehmen Sie den Diagnoseschlüssel von der Verordnung, zum Beispiel M54.5.",
			perDisease, pattern("ICD-10-GM-Schlüssel, zum Beispiel M54.5", `[A-Z][0-9]{2}(\.[0-9-]{1,2})?[GVZARLB]{0,2}[*+!]?`,
				func(p Place) *string { return &p.Case.Diagnoses[p.Index].Code })),
		field("SKZ.art", "Art der Genehmigung", "Geben Sie die Art der Genehmigung an, die auf dem Genehmigungsschreiben steht.",
			perApproval, pattern("Schlüssel mit einem Buchstaben und einer Ziffer", "[A-Z][0-9]", func(p Place) *string { return &p.Case.Approvals[p.Index].Kind })),
		field("SKZ.kennzeichen", "Genehmigungskennzeichen", "Übernehmen Sie das Kennzeichen vom Genehmigungsschreiben der Krankenkasse.",
			perApproval, text(20, func(p Place) *string { return &p.Case.Approvals[p.Index].Mark })),
		field("BES.brutto", "Bruttobetrag des Falls", "Tragen Sie die Summe der Positionen des Falls ein.",
			single, cents(func(p Place) *money.Cents { return &p.Case.Totals.Gross })),
		field("BES.zuzahlung", "Zuzahlung des Falls", "Tragen Sie die gesamte Zuzahlung des Falls ein.",
			single, optCents(func(p Place) *billing.OptCents { return &p.Case.Totals.Copay })),
		field("ERS.datum", "Datum des Erstkontakts", "Tragen Sie den Tag ein, an dem die Versorgung begonnen hat.",
			single, date(func(p Place) *calendar.Date { return &p.Case.FirstContact })),
	}
}

func partFields() []Field {
	const copay = "Tragen Sie die Zuzahlung ein, die nach § 61 SGB V zu leisten war."
	list := []Field{
		field("ZUH.zuzahlung", "Zuzahlung zum Hilfsmittel", copay, perAid, optCents(func(p Place) *billing.OptCents { return &aid(p).Copay })),
		field("ZUH.versorgungszeitraum", "Versorgungszeitraum in Monaten", "Geben Sie an, für wie viele Monate die Hilfsmittel zum Verbrauch reichen.",
			perAid, number(99, func(p Place) *int { return &aid(p).SupplyMonths })),
		field("MEH.betrag", "Mehrkosten der versicherten Person", "Tragen Sie den Betrag ein, den die versicherte Person für die höherwertige Versorgung selbst trägt.",
			perAid, optCents(func(p Place) *billing.OptCents { return &aid(p).Extra })),
		field("ZUK.zuzahlung", "Zuzahlung zur Fahrt", copay, perTrip, optCents(func(p Place) *billing.OptCents { return &trip(p).Copay })),
	}
	const address = "Die Fahrt muss mit vollständigem Abhol- und Zielort angegeben sein."
	for _, f := range []struct {
		name, label string
		limit       int
		at          func(*billing.Trip) *string
	}{
		{"von_strasse", "Abholort: Straße und Hausnummer", 30, func(t *billing.Trip) *string { return &t.FromStreet }},
		{"von_plz", "Abholort: Postleitzahl", 7, func(t *billing.Trip) *string { return &t.FromPostcode }},
		{"von_ort", "Abholort: Ort", 25, func(t *billing.Trip) *string { return &t.FromCity }},
		{"von_land", "Abholort: Länderkennzeichen", 3, func(t *billing.Trip) *string { return &t.FromCountry }},
		{"nach_strasse", "Zielort: Straße und Hausnummer", 30, func(t *billing.Trip) *string { return &t.ToStreet }},
		{"nach_plz", "Zielort: Postleitzahl", 7, func(t *billing.Trip) *string { return &t.ToPostcode }},
		{"nach_ort", "Zielort: Ort", 25, func(t *billing.Trip) *string { return &t.ToCity }},
		{"nach_land", "Zielort: Länderkennzeichen", 3, func(t *billing.Trip) *string { return &t.ToCountry }},
	} {
		list = append(list, field("KTL."+f.name, f.label, address, perTrip, text(f.limit, func(p Place) *string { return f.at(trip(p)) })))
	}
	return list
}

func lineFields() []Field {
	return []Field{
		field("line.einzelpreis", "Einzelpreis", "Tragen Sie den vereinbarten Preis am Tag der Leistung ein. Sind Sie mit einem anderen Preis im Recht, reichen Sie bitte den Vertrag nach.",
			perPosition, cents(func(p Place) *money.Cents { return &position(p).Price })),
		field("line.anzahl", "Anzahl", "Tragen Sie die tatsächlich erbrachte Anzahl ein.",
			perPosition, hundredths("Zahl mit höchstens zwei Nachkommastellen", func(p Place) *money.Hundredths { return &position(p).Quantity })),
		field("line.leistungsdatum", "Leistungsdatum", "Tragen Sie den Tag ein, an dem Sie die Leistung erbracht haben.",
			perPosition, date(func(p Place) *calendar.Date { return &position(p).Date })),
		field("line.positionsnummer", "Positionsnummer", "Tragen Sie die Nummer der erbrachten Leistung aus Ihrem Vertrag ein.",
			perPosition, pattern("4 bis 10 Ziffern oder Großbuchstaben", "[0-9A-Z]{4,10}", func(p Place) *string { return &position(p).Item })),
		field("line.tarifkennzeichen", "Tarifkennzeichen", "Tragen Sie das Tarifkennzeichen des Vertrags ein, nach dem Sie abrechnen.",
			perPosition, pattern("5 Ziffern oder Großbuchstaben", "[0-9A-Z]{5}", func(p Place) *string { return &position(p).Tariff })),
		field("line.anwendungsort", "Anwendungsort", "Geben Sie die versorgte Seite an: 0 links, 1 rechts, 2 beide.",
			perPosition, pattern("0, 1 oder 2", "[012]", func(p Place) *string { return &position(p).Site })),
		field("line.inventarnummer", "Inventarnummer", "Tragen Sie die Inventarnummer des wieder eingesetzten Hilfsmittels ein.",
			perPosition, text(20, func(p Place) *string { return &position(p).InventoryNo })),
		field("line.kennzeichen", "Hilfsmittelkennzeichen", "Geben Sie an, ob es sich um Neulieferung, Reparatur, Wiedereinsatz oder anderes handelt.",
			perPosition, pattern("2 Ziffern", "[0-9]{2}", func(p Place) *string { return &position(p).AidMark })),
		field("MWS.satz", "Mehrwertsteuersatz", "Tragen Sie den Steuersatz ein, der am Tag der Leistung galt. Der Steuerbetrag folgt daraus.",
			perPosition, hundredths("Prozentsatz, zum Beispiel 19,00", func(p Place) *money.Hundredths { return &position(p).VAT.Rate })),
		field("MWS.betrag", "Mehrwertsteuerbetrag", "Tragen Sie den Steuerbetrag ein, der sich aus Preis, Anzahl und Steuersatz ergibt.",
			perPosition, cents(func(p Place) *money.Cents { return &position(p).VAT.Amount })),
	}
}

func careFields() []Field {
	const consultation = "Zu jedem Beratungsprozess gehören Art, Beginn, Ende, Anzahl der Gespräche und die beratende Person."
	return []Field{
		field("ELP.positionsnummer", "Einzelleistungen der Pauschale", "Nennen Sie die Einzelleistungen, aus denen die Pauschale besteht, durch Komma getrennt.", perPosition, details()),
		field("ESK.ende", "Ende des Einsatzes", "Tragen Sie die Uhrzeit ein, zu der der Einsatz beendet war.",
			perVisit, clock(func(p Place) *int16 { return &p.Case.Visits[p.Index].To })),
		field("IBP.art", "Art des Beratungsprozesses", consultation, perTalk, key("1 oder 2", "12", func(p Place) *byte { return &talk(p).Kind })),
		field("IBP.beginn", "Beginn des Beratungsprozesses", consultation, perTalk, date(func(p Place) *calendar.Date { return &talk(p).From })),
		field("IBP.ende", "Ende des Beratungsprozesses", consultation, perTalk, date(func(p Place) *calendar.Date { return &talk(p).To })),
		field("IBP.gespraeche", "Anzahl der Gespräche", consultation, perTalk, number(99, func(p Place) *int { return &talk(p).Talks })),
		field("IBP.berater", "Beratende Person", consultation, perTalk, text(30, func(p Place) *string { return &talk(p).Consultant })),
	}
}

// details are the single services of a flat rate, one of each.
func details() access {
	form := regexp.MustCompile(`^[0-9A-Z]{4,10}( *, *[0-9A-Z]{4,10}){0,29}$`)
	get := func(p Place) string {
		var items []string
		for i := range p.Case.Details {
			if d := &p.Case.Details[i]; d.Position == p.Index {
				items = append(items, d.Item)
			}
		}
		return strings.Join(items, ", ")
	}
	return access{"Positionsnummern, durch Komma getrennt", get, func(p Place, v string) error {
		if !form.MatchString(v) {
			return errFormat
		}
		p.Case.Details = slices.DeleteFunc(p.Case.Details, func(d billing.Detail) bool { return d.Position == p.Index })
		for item := range strings.SplitSeq(v, ",") {
			p.Case.Details = append(p.Case.Details, billing.Detail{
				Place: position(p).Place, Position: p.Index, Item: strings.TrimSpace(item), Quantity: money.One,
			})
		}
		slices.SortStableFunc(p.Case.Details, func(a, b billing.Detail) int { return a.Position - b.Position })
		return nil
	}}
}
