package main

import (
	"encoding/json"

	"klarbeleg/app/intake"
	"klarbeleg/app/intake/wording"
)

// printer writes the result of a check.
type printer interface {
	begin(path string)
	finding(f *intake.Finding) error
	summary(r *intake.Report) error
}

// jsonPrinter writes one object a line: findings, then the summary.
type jsonPrinter struct{ enc *json.Encoder }

func (*jsonPrinter) begin(string) {}

func (j *jsonPrinter) finding(f *intake.Finding) error { return j.enc.Encode(f) }

func (j *jsonPrinter) summary(r *intake.Report) error { return j.enc.Encode(r.Summary) }

// textPrinter writes for people.
type textPrinter struct{ text *wording.Check }

func (t textPrinter) begin(path string) { t.text.Begin(path) }

func (t textPrinter) finding(f *intake.Finding) error { return t.text.Finding(f) }

func (t textPrinter) summary(r *intake.Report) error { return t.text.Summary(r.Summary) }
