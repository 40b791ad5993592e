package portal

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"klarbeleg/app/status"
	"klarbeleg/domain/calendar"
)

// lookupForm are the fields of the invoice status look-up, as typed (RP-1).
type lookupForm struct {
	Area, IK, Number, Date field
}

// lookupPage asks for area, IK, number and date, and says that nothing was
// found.
type lookupPage struct {
	frame
	Form   lookupForm
	Areas  []areaChoice
	Errors []fieldError
	// NotFound is true when the values were well-formed and nothing matched; the
	// page is the same for wrong and unknown values (PRV-11).
	NotFound bool
	// DoubtfulIK is true when the check digit of the IK typed is wrong; it
	// depends on nothing but the input.
	DoubtfulIK bool
	// FromVoucher is true when number and date come from a voucher (RP-3).
	FromVoucher bool
}

// areaChoice is one of the three areas to choose from (RP-4).
type areaChoice struct {
	Value, Label string
	Checked      bool
}

const lookupTitle = "Rechnungsprüfung"

func (s *server) newLookupPage(form lookupForm) lookupPage {
	if form.Area.Value == "" {
		form.Area.Value = string(status.Other)
	}
	p := lookupPage{frame: s.frame(lookupTitle, "/rechnungspruefung"), Form: form}
	for _, a := range []status.Area{status.Other, status.Pharmacy, status.Integrated} {
		p.Areas = append(p.Areas, areaChoice{string(a), areaLabel(a), string(a) == form.Area.Value})
	}
	return p
}

func (s *server) lookupForm(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "lookup", s.newLookupPage(lookupForm{}))
}

// parseLookup reads the posted form. The query is usable if there are no errors.
func parseLookup(r *http.Request, today calendar.Date) (form lookupForm, q status.Query, faults []fieldError) {
	form = lookupForm{
		Area:   field{Value: typed(r, "bereich")},
		IK:     field{Value: typed(r, "ik")},
		Number: field{Value: typed(r, "rechnungsnummer")},
		Date:   field{Value: typed(r, "rechnungsdatum")},
	}
	q.Area = status.Area(form.Area.Value)
	if !q.Area.Valid() {
		form.Area.Error = "Wählen Sie den Bereich Ihrer Abrechnung."
	}
	q.IK, form.IK.Error = parseIK(form.IK.Value)
	q.Number, form.Number.Error = parseInvoiceNumber(form.Number.Value)
	q.Date, form.Date.Error = parseDate(form.Date.Value, today)
	for _, f := range []struct {
		id string
		f  field
	}{{"bereich", form.Area}, {"ik", form.IK}, {"rechnungsnummer", form.Number}, {"rechnungsdatum", form.Date}} {
		if f.f.Error != "" {
			faults = append(faults, fieldError{f.id, f.f.Error})
		}
	}
	return form, q, faults
}

// lookup runs the look-up: 303 to the result, or 422 with the form as typed.
func (s *server) lookup(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleClient(w, r); err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	form, q, faults := parseLookup(r, calendar.InBerlin(s.deps.Clock.Now()))
	page := s.newLookupPage(form)
	if len(faults) > 0 {
		page.Errors, page.Faulty = faults, true
		return s.pages.write(w, http.StatusUnprocessableEntity, "lookup", page)
	}
	if err := s.throttleIK(w, r, q.IK); err != nil {
		return err
	}
	id, err := s.deps.Status.Keep(r.Context(), q)
	if errors.Is(err, status.ErrNotFound) {
		page.NotFound, page.Faulty, page.DoubtfulIK = true, true, !ikCheckDigit(q.IK)
		return s.pages.write(w, http.StatusUnprocessableEntity, "lookup", page)
	}
	if err != nil {
		return fmt.Errorf("look up invoice: %w", err)
	}
	http.Redirect(w, r, "/rechnungspruefung/ergebnis/"+id, http.StatusSeeOther) //nolint:gosec // G710: path of ours, id of ours
	return nil
}

// lookupResultPage shows the status of a collective invoice (RP-2).
type lookupResultPage struct {
	frame
	Result status.Result
	Area   string
	Status stateText
	// Steps is the way of the invoice: received, checked, paid.
	Steps []step
	Rows  []invoiceRow
	// ManyProviders is true where a billing service collects for several
	// providers; then the table names them.
	ManyProviders bool
	Meanings      []stateText
	Pager         pager
	AsOf          time.Time
}

// invoiceRow is one single invoice in the table.
type invoiceRow struct {
	status.Invoice
	Status stateText
}

// step is one station of the step line.
type step struct {
	Label, Detail string
	Done, Current bool
}

func (s *server) lookupResult(w http.ResponseWriter, r *http.Request) error {
	result, err := s.deps.Status.Kept(r.Context(), r.PathValue("id"), pageNumber(r))
	if err != nil {
		return fmt.Errorf("show invoice status: %w", err)
	}
	page := lookupResultPage{
		frame:  s.frame("Rechnungsstatus", "/rechnungspruefung"),
		Result: result,
		Area:   areaLabel(result.Area),
		Status: summaryText(result.Summary()),
		Steps:  steps(result),
		Pager:  newPager(r.URL.Path, result.Page, result.Pages),
		AsOf:   result.AsOf,
	}
	seen := map[string]bool{}
	for _, i := range result.Invoices {
		row := invoiceRow{i, invoiceText(i.State)}
		page.Rows = append(page.Rows, row)
		page.ManyProviders = page.ManyProviders || i.ProviderIK != result.IK
		if !seen[row.Status.Label] {
			seen[row.Status.Label] = true
			page.Meanings = append(page.Meanings, row.Status)
		}
	}
	return s.pages.write(w, http.StatusOK, "lookup_result", page)
}

// steps returns the step line of a result. What is refused altogether has no
// payment to wait for.
func steps(r status.Result) []step {
	s := []step{
		{Label: "Eingegangen", Detail: r.Sums.ReceivedOn.German(), Done: true},
		{Label: "Geprüft", Detail: calendar.InBerlin(r.Sums.CheckedAt).German(), Done: true},
	}
	switch r.Summary() {
	case status.AllPaid:
		return append(s, step{Label: "Bezahlt", Detail: r.Sums.PaidOn.German(), Done: true, Current: true})
	case status.AllRefused:
		return append(s, step{Label: "Keine Zahlung", Detail: "nichts anerkannt", Done: true, Current: true})
	case status.AllCancelled:
		return append(s, step{Label: "Keine Zahlung", Detail: "storniert", Done: true, Current: true})
	case status.PartlyPaid:
		return append(s, step{Label: "Zahlung", Detail: "zum Teil erfolgt", Current: true})
	default:
		return append(s, step{Label: "Zahlung", Detail: "folgt", Current: true})
	}
}

// badForm maps a form that cannot be read. Too large keeps its own answer.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return errBadForm
}
