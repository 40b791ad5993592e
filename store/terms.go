package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

const termColumns = "billing_code, tariff, item, item_kind, therapy_area, approval_from_cents, max_per_day, age_from, age_to, " +
	"fixed_cents, reuse_cents, vat_rate, excludes, surcharge, late_months, valid_from, valid_to"

func fillTerms(t *copyTable, rows []billing.TermsRow) {
	amount := func(c billing.OptCents) {
		if c.Set {
			t.int(int64(c.Cents))
		} else {
			t.null()
		}
	}
	for i := range rows {
		r := &rows[i]
		t.text(r.BillingCode)
		t.text(r.Tariff)
		t.text(r.Item)
		t.text(r.Kind.String())
		t.text(area(r.Area))
		amount(r.ApprovalFrom)
		t.int(int64(r.MaxPerDay))
		t.int(int64(r.AgeFrom))
		t.int(int64(r.AgeTo))
		amount(r.FixedAmount)
		amount(r.Reuse)
		amount(billing.OptCents{Cents: money.Cents(r.VATRate), Set: r.HasVAT})
		t.text(strings.Join(r.Excludes, " "))
		t.text(r.Surcharge.String())
		t.int(int64(r.LateMonths))
		t.date(r.From)
		t.date(r.To)
		t.end()
	}
}

// area is a Heilmittelbereich as stored, "" for none.
func area(b byte) string {
	if b == 0 {
		return ""
	}
	return string([]byte{b})
}

// LoadTerms returns the current terms of contracts and tables of keys; a list that was
// never imported is nil, so that rules that need it answer no_data.
func (db *DB) LoadTerms(ctx context.Context) (*billing.TermList, *billing.Tables, error) {
	terms, err := db.loadTermRows(ctx)
	keys, err2 := db.loadKeys(ctx)
	if err := errors.Join(err, err2); err != nil {
		return nil, nil, fmt.Errorf("load terms: %w", clean(err))
	}
	var tl *billing.TermList
	var tb *billing.Tables
	if terms != nil {
		tl = billing.TermsOf(terms)
	}
	if keys != nil {
		tb = billing.TablesOf(keys)
	}
	return tl, tb, nil
}

func (db *DB) loadTermRows(ctx context.Context) (rows []billing.TermsRow, err error) {
	var r billing.TermsRow
	var kind, area, excludes, surcharge string
	var approval, fixed, reuse, vat *int64
	var from time.Time
	var to *time.Time
	err = db.each(ctx, "select "+termColumns+" from contract_term where superseded_by is null", []any{
		&r.BillingCode, &r.Tariff, &r.Item, &kind, &area, &approval, &r.MaxPerDay, &r.AgeFrom, &r.AgeTo,
		&fixed, &reuse, &vat, &excludes, &surcharge, &r.LateMonths, &from, &to,
	}, func() {
		r.Kind, _ = billing.ParseItemKind(kind)
		r.Surcharge, _ = billing.ParseSurcharge(surcharge)
		r.Area = 0
		if area != "" {
			r.Area = area[0]
		}
		r.ApprovalFrom, r.FixedAmount, r.Reuse = optCents(approval), optCents(fixed), optCents(reuse)
		r.VATRate, r.HasVAT = money.Hundredths(optCents(vat).Cents), vat != nil
		r.Excludes = strings.Fields(excludes)
		r.Period = periodOf(from, to)
		rows = append(rows, r)
	})
	return rows, err
}

func (db *DB) loadKeys(ctx context.Context) (rows []billing.TableRow, err error) {
	var r billing.TableRow
	var name string
	var from time.Time
	var to *time.Time
	err = db.each(ctx, "select list, key, value, valid_from, valid_to from reference_key where superseded_by is null",
		[]any{&name, &r.Key, &r.Value, &from, &to}, func() {
			r.Table, _ = billing.ParseTable(name)
			r.Period = periodOf(from, to)
			rows = append(rows, r)
		})
	return rows, err
}

func optCents(v *int64) billing.OptCents {
	if v == nil {
		return billing.OptCents{}
	}
	return billing.Some(money.Cents(*v))
}

func periodOf(from time.Time, to *time.Time) billing.Period {
	p := billing.Period{From: calendar.OfTime(from)}
	if to != nil {
		p.To = calendar.OfTime(*to)
	}
	return p
}
