package billing

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -run Diagram$ . -update

var update = flag.Bool("update", false, "write the diagrams in docs/states")

// COR-2: docs/states/correction-case.md equals the table of transitions.
func TestCaseDiagram(t *testing.T) {
	t.Parallel()
	compare(t, "correction-case", caseDiagram())
}

// PAY-1: docs/states/invoice.md equals the table of transitions.
func TestInvoiceDiagram(t *testing.T) {
	t.Parallel()
	compare(t, "invoice", invoiceDiagram())
}

// compare fails if the file docs/states/name.md is not want, or writes it.
func compare(t *testing.T, name, want string) {
	t.Helper()
	path := "../../docs/states/" + name + ".md"
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/states/%s.md is stale: run make generate", name)
	}
}

func invoiceDiagram() string {
	labels := map[InvoiceEvent]string{
		InvoicePay:     "a voucher pays all that is open (PAY-1)",
		InvoiceCancel:  "Storno (DTA-4)",
		InvoiceApprove: "re-check of a healed case, nothing stays corrected (CHK-7)",
		InvoiceCorrect: "re-check of a healed case, a part stays corrected (CHK-7)",
		InvoiceRefuse:  "re-check of a healed case, all stays corrected (CHK-7)",
	}
	var moves strings.Builder
	for _, from := range slices.Sorted(maps.Keys(invoiceTransitions)) {
		for _, event := range slices.Sorted(maps.Keys(invoiceTransitions[from])) {
			fmt.Fprintf(&moves, "    %s --> %s: %s\n", from, invoiceTransitions[from][event], labels[event])
		}
	}
	return `<!-- Generated from domain/billing/state.go by "make generate"; do not edit. -->
# Invoice

An Einzelrechnung from its acceptance on; what is refused by stages 1 to 3 has no
row (docs/states/delivery.md). The balances behind the states are in the ledger
(docs/decisions/0010-ledger.md).

` + "```mermaid\nstateDiagram-v2\n    [*] --> " + string(InvoiceApproved) + ": no correction\n    [*] --> " + string(InvoiceCorrected) +
		": corrected in part\n    [*] --> " + string(InvoiceRefused) + ": corrected to zero\n" + moves.String() + "```" + `

- A cancelled invoice that was paid is a claim: it is set off against what the same
  payee gets from the same payer next, by a negative line on that voucher. Nobody is
  asked to pay back.
- A voucher is final. A paid invoice of which a re-check approves more is paid that
  rest by a later run.
`
}

func caseDiagram() string {
	labels := map[CaseEvent]string{
		CaseStart:    "user starts work",
		CaseHeal:     "user heals or accepts a correction",
		CaseDefer:    "user sets a follow-up (COR-9)",
		CaseResume:   "user clears the follow-up",
		CaseComplete: "user completes, all corrections corrected",
		CaseExpire:   "deadline passes (COR-8)",
	}
	var moves strings.Builder
	for _, from := range slices.Sorted(maps.Keys(caseTransitions)) {
		for _, event := range slices.Sorted(maps.Keys(caseTransitions[from])) {
			fmt.Fprintf(&moves, "    %s --> %s: %s\n", from, caseTransitions[from][event], labels[event])
		}
	}
	return `<!-- Generated from domain/billing/state.go by "make generate"; do not edit. -->
# Correction case

What a provider works on: the corrections of one billing case (COR-2).

` + "```mermaid\nstateDiagram-v2\n    [*] --> " + string(CaseNew) + ": provided\n" + moves.String() +
		"    " + string(CaseCompleted) + " --> [*]: visible time is over (COR-10)\n```" + `

- A case can be worked on until the end of the Berlin day three months after its
  provision (` + "`editable_until`" + ` is the first instant after it). The job ` + "`expire`" + `
  then completes it; completion counts from the deadline, not from the job's run.
- A completed case is read-only and visible until the end of the Berlin day three
  months after its completion (` + "`visible_until`" + `). Nothing has to run for it to
  disappear: readers compare the instant.
- A correction of the case is open until the user heals it by a change that the
  checks accept, or accepts it; then it is corrected. Until the case is completed
  the user may heal or accept it in another way.
- Completing starts the re-check (CHK-7). What it leaves open or finds anew is
  provided as a case of its own, with its own deadline; the old one stays as it was.
- A follow-up lies within the time for work; its day changes no right.
- Group B, § 300, § 295, cancelled invoices and cases provided more than 3 months
  before the institution was registered are read-only, those of more than 6 months
  before it invisible (COR-7, CHK-8; ` + "`billing.CaseLimits`" + `).
- All periods are settings; months are counted as in §§ 187-188 BGB.
`
}
