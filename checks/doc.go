// Package checks is the rule engine of stages 3 and 4 (CHK-1 to CHK-3): it runs
// named rules over one invoice, turns what they find into findings, and settles
// how much of the invoice is approved and how much is corrected, to the cent.
//
// A rule is data plus one named predicate (see Rule). The predicates live in
// checks/formal (stage 3) and checks/contract (stage 4), the list of all rules in
// checks/catalogue. Rules see the invoice and the facts loaded beforehand, never
// the wire, a database or a clock, so that intake, re-check, try-out and
// explanation use the same ones. Stages 1 and 2 are errors of package dta; their
// texts and severities are in the catalogue too.
//
// The package is called by the use cases of intake and casework.
package checks
