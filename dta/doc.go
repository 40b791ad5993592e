// Package dta is the common part of the wire formats of German health-insurance
// billing: findings with their place, character sets and the EDIFACT tokenizer.
// The procedures are in its sub-packages.
package dta
