package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"klarbeleg/app/status"
)

// voucherPage asks for a voucher number (RP-3).
type voucherPage struct {
	frame
	Number   field
	Errors   []fieldError
	NotFound bool
}

// voucherResultPage lists the invoices that a voucher pays: number and date,
// nothing else, because a voucher number alone is easily guessed (RP-7). Details
// need the IK too.
type voucherResultPage struct {
	frame
	Voucher status.Voucher
	Rows    []voucherRow
	Pager   pager
	AsOf    time.Time
}

// voucherRow is one invoice of a voucher; DetailURL asks for the IK and shows
// its status.
type voucherRow struct {
	status.VoucherLine
	DetailURL string
}

const voucherTitle = "Zahlung zuordnen"

func (s *server) voucherForm(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "voucher", voucherPage{frame: s.frame(voucherTitle, "/zahlbeleg")})
}

// voucher runs the look-up: 303 to the result, or 422 with the form as typed.
func (s *server) voucher(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleClient(w, r); err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	page := voucherPage{frame: s.frame(voucherTitle, "/zahlbeleg"), Number: field{Value: typed(r, "zahlbelegnummer")}}
	number, fault := parseVoucher(page.Number.Value)
	if fault != "" {
		page.Number.Error, page.Faulty = fault, true
		page.Errors = []fieldError{{"zahlbelegnummer", fault}}
		return s.pages.write(w, http.StatusUnprocessableEntity, "voucher", page)
	}
	id, err := s.deps.Status.KeepVoucher(r.Context(), number)
	if errors.Is(err, status.ErrNotFound) {
		page.NotFound, page.Faulty = true, true
		return s.pages.write(w, http.StatusUnprocessableEntity, "voucher", page)
	}
	if err != nil {
		return fmt.Errorf("look up voucher: %w", err)
	}
	http.Redirect(w, r, "/zahlbeleg/ergebnis/"+id, http.StatusSeeOther)
	return nil
}

func (s *server) voucherResult(w http.ResponseWriter, r *http.Request) error {
	v, err := s.deps.Status.KeptVoucher(r.Context(), r.PathValue("id"), pageNumber(r))
	if err != nil {
		return fmt.Errorf("show voucher: %w", err)
	}
	page := voucherResultPage{
		frame:   s.frame("Rechnungen zum Zahlbeleg", "/zahlbeleg"),
		Voucher: v,
		Pager:   newPager(r.URL.Path, v.Page, v.Pages),
		AsOf:    v.AsOf,
	}
	first := (v.Page-1)*status.PageSize + 1
	for i, line := range v.Lines {
		page.Rows = append(page.Rows, voucherRow{line, r.URL.Path + "/rechnung/" + strconv.Itoa(first+i)})
	}
	return s.pages.write(w, http.StatusOK, "voucher_result", page)
}

// voucherDetail shows the look-up form with number and date of one line filled
// in, so that only the IK is left to type.
func (s *server) voucherDetail(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.PathValue("line"))
	if err != nil {
		return errNotFound
	}
	line, err := s.deps.Status.KeptVoucherLine(r.Context(), r.PathValue("id"), n)
	if err != nil {
		return fmt.Errorf("show line of voucher: %w", err)
	}
	page := s.newLookupPage(lookupForm{
		Area:   field{Value: string(line.Area())},
		Number: field{Value: line.LookupNumber()},
		Date:   field{Value: line.Date.German()},
	})
	page.FromVoucher = true
	return s.pages.write(w, http.StatusOK, "lookup", page)
}
