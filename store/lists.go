package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// ListImport is one reference list to make current.
type ListImport struct {
	Kind      string
	SHA256    [32]byte
	Rows      int
	At        time.Time
	Prices    []billing.PriceRow
	Payers    []billing.PayerRow
	Providers []billing.ProviderRow
	Senders   []billing.SenderRow
	Payees    []billing.PayeeRow
	Terms     []billing.TermsRow
	Tables    []billing.TableRow
}

// listTable says how a list is stored: key names what a newer import replaces,
// once what a list holds once.
type listTable struct{ table, columns, key, once string }

var listTables = map[string]listTable{
	"prices":    {"price", "billing_code, tariff, item, text_de, price_cents, valid_from, valid_to", "billing_code, tariff, item, valid_from", "billing_code, tariff, item, valid_from, price_cents"},
	"payers":    {"payer", "ik, name, card_ik, valid_from, valid_to", "ik, card_ik, valid_from", "ik, card_ik, valid_from"},
	"providers": {"provider", "ik, name, provider_group, billing_code, tariff, valid_from, valid_to", "ik, provider_group, billing_code, tariff, valid_from", "ik, provider_group, billing_code, tariff, valid_from"},
	"senders":   {"sender", "ik, name, plain_allowed, signer_iks, legacy_until", "ik", "ik"},
	"payees":    {"payee", "ik, name, street, city, iban, bic, valid_from, valid_to", "ik, valid_from", "ik, valid_from"},
	"terms":     {"contract_term", termColumns, "billing_code, tariff, item, valid_from", "billing_code, tariff, item, valid_from"},
	"tables":    {"reference_key", "list, key, value, valid_from, valid_to", "list, key, valid_from", "list, key, valid_from"},
}

// ImportList makes the list current in one transaction. known is true if the
// same list was the last one imported; then nothing changes.
func (db *DB) ImportList(ctx context.Context, l ListImport) (known bool, err error) {
	t, ok := listTables[l.Kind]
	if !ok {
		return false, &DataError{Field: "list kind"}
	}
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		var last []byte
		err := tx.QueryRow(ctx, `select sha256 from reference_import where kind = $1 order by id desc limit 1`, l.Kind).Scan(&last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read last import: %w", err)
		}
		if known = bytes.Equal(last, l.SHA256[:]); known {
			return nil
		}
		return importList(ctx, tx, t, l)
	})
	return known, err
}

func importList(ctx context.Context, tx Tx, t listTable, l ListImport) error {
	var id int64
	err := tx.QueryRow(ctx, `insert into reference_import (kind, sha256, row_count, imported_at) values ($1, $2, $3, $4) returning id`,
		l.Kind, l.SHA256[:], l.Rows, l.At).Scan(&id)
	if err != nil {
		return fmt.Errorf("record import: %w", err)
	}
	if err := stageList(ctx, tx, t, l); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf(`update %s set superseded_by = $1 where superseded_by is null and (%s) in (select %s from list_in)`,
		t.table, t.key, t.key), id); err != nil {
		return fmt.Errorf("supersede rows: %w", err)
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf(`insert into %s (import_id, %s) select distinct on (%s) $1::bigint, %s from list_in`,
		t.table, t.columns, t.once, t.columns), id); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// stageList writes the rows of the list to the temporary table list_in.
func stageList(ctx context.Context, tx Tx, t listTable, l ListImport) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("create temp table list_in on commit drop as select %s from %s with no data", t.columns, t.table)); err != nil {
		return fmt.Errorf("prepare import: %w", err)
	}
	in := newCopyTable("list_in", t.columns)
	fillList(in, l)
	return in.flush(ctx, tx)
}

func fillList(t *copyTable, l ListImport) {
	period := func(p billing.Period) {
		t.date(p.From)
		t.date(p.To)
		t.end()
	}
	for _, r := range l.Prices {
		t.text(r.BillingCode)
		t.text(r.Tariff)
		t.text(r.Item)
		t.text(r.Text)
		t.int(int64(r.Cents))
		period(r.Period)
	}
	for _, r := range l.Payers {
		t.text(r.IK)
		t.text(r.Name)
		t.text(r.CardIK)
		period(r.Period)
	}
	for _, r := range l.Providers {
		t.text(r.IK)
		t.text(r.Name)
		t.text(r.Group.String())
		t.text(r.BillingCode)
		t.text(r.Tariff)
		period(r.Period)
	}
	for _, r := range l.Senders {
		t.text(r.IK)
		t.text(r.Name)
		t.text(strconv.FormatBool(r.PlainAllowed))
		t.text("{" + strings.Join(r.SignerIKs, ",") + "}")
		t.date(r.LegacyUntil)
		t.end()
	}
	for _, r := range l.Payees {
		t.text(r.IK)
		t.text(r.Name)
		t.text(r.Street)
		t.text(r.City)
		t.text(r.IBAN)
		t.text(r.BIC)
		period(r.Period)
	}
	fillTerms(t, l.Terms)
	for _, r := range l.Tables {
		t.text(r.Table.String())
		t.text(r.Key)
		t.int(int64(r.Value))
		period(r.Period)
	}
}

// ListVersion returns a number that grows with every import, 0 before the first.
func (db *DB) ListVersion(ctx context.Context) (int64, error) {
	var v int64
	if err := db.pool.QueryRow(ctx, `select coalesce(max(id), 0) from reference_import`).Scan(&v); err != nil {
		return 0, fmt.Errorf("read list version: %w", clean(err))
	}
	return v, nil
}

// LoadLists returns the current lists; a list that was never imported is nil, so
// that rules that need it answer no_data.
func (db *DB) LoadLists(ctx context.Context) (*billing.PriceList, *billing.PayerDirectory, *billing.ProviderDirectory, error) {
	var from time.Time
	var to *time.Time
	period := func() billing.Period { return periodOf(from, to) }
	var prices []billing.PriceRow
	var pr billing.PriceRow
	err := db.each(ctx, `select billing_code, tariff, item, price_cents, valid_from, valid_to from price where superseded_by is null`,
		[]any{&pr.BillingCode, &pr.Tariff, &pr.Item, &pr.Cents, &from, &to}, func() {
			pr.Period = period()
			prices = append(prices, pr)
		})
	var payers []billing.PayerRow
	var pa billing.PayerRow
	err = errors.Join(err, db.each(ctx, `select ik, name, card_ik, valid_from, valid_to from payer where superseded_by is null`,
		[]any{&pa.IK, &pa.Name, &pa.CardIK, &from, &to}, func() {
			pa.Period = period()
			payers = append(payers, pa)
		}))
	var providers []billing.ProviderRow
	var po billing.ProviderRow
	var group string
	err = errors.Join(err, db.each(ctx, `select ik, name, provider_group, billing_code, tariff, valid_from, valid_to from provider where superseded_by is null`,
		[]any{&po.IK, &po.Name, &group, &po.BillingCode, &po.Tariff, &from, &to}, func() {
			po.Group, po.Period = billing.Group(group[0]), period()
			providers = append(providers, po)
		}))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("load lists: %w", clean(err))
	}
	var pl *billing.PriceList
	var pd *billing.PayerDirectory
	var vd *billing.ProviderDirectory
	if prices != nil {
		pl = billing.PricesOf(prices)
	}
	if payers != nil {
		pd = billing.PayersOf(payers)
	}
	if providers != nil {
		vd = billing.ProvidersOf(providers)
	}
	return pl, pd, vd, nil
}

// LoadSenders returns the senders with whom something is agreed; nil if the list
// was never imported.
func (db *DB) LoadSenders(ctx context.Context) (*billing.SenderDirectory, error) {
	var rows []billing.SenderRow
	var r billing.SenderRow
	var until *time.Time
	err := db.each(ctx, `select ik, name, plain_allowed, signer_iks, legacy_until from sender where superseded_by is null`,
		[]any{&r.IK, &r.Name, &r.PlainAllowed, &r.SignerIKs, &until}, func() {
			r.LegacyUntil = 0
			if until != nil {
				r.LegacyUntil = calendar.OfTime(*until)
			}
			r.SignerIKs = slices.Clone(r.SignerIKs) // the next row is scanned into the same array
			rows = append(rows, r)
		})
	if err != nil {
		return nil, fmt.Errorf("load senders: %w", clean(err))
	}
	if rows == nil {
		return nil, nil
	}
	return billing.SendersOf(rows), nil
}

// each runs a query and calls fn for every row, scanned into into.
func (db *DB) each(ctx context.Context, sql string, into []any, fn func()) error {
	rows, err := db.pool.Query(ctx, sql)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		fn()
		return nil
	})
	return err
}
