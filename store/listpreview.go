package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ListPreview says what an import would change (CHK-6): entries by their key, such as
// contract, item and first day.
type ListPreview struct {
	Added, Changed, Unchanged int
	// Examples are the first changed entries.
	Examples []ListChange
}

// ListChange is a changed entry: its rows as they are and as they would be.
type ListChange struct {
	Before, After string
}

// maxListExamples bounds the examples of a preview.
const maxListExamples = 20

// errPreview ends the transaction of a preview without a change.
var errPreview = errors.New("preview")

// PreviewList tells what ImportList would change, and changes nothing.
func (db *DB) PreviewList(ctx context.Context, l ListImport) (p ListPreview, err error) {
	t, ok := listTables[l.Kind]
	if !ok {
		return p, &DataError{Field: "list kind"}
	}
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := stageList(ctx, tx, t, l); err != nil {
			return err
		}
		if p, err = comparePreview(ctx, tx, t); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		return p, nil
	}
	return p, err
}

func comparePreview(ctx context.Context, tx Tx, t listTable) (p ListPreview, err error) {
	compared := fmt.Sprintf(`with now as (select %[1]s, array_agg(row(%[2]s)::text order by row(%[2]s)::text) as rows
			from %[3]s where superseded_by is null group by %[1]s),
		new as (select %[1]s, array_agg(distinct row(%[2]s)::text order by row(%[2]s)::text) as rows from list_in group by %[1]s),
		compared as (select now.rows as before, new.rows as after from new left join now using (%[1]s))`, t.key, t.columns, t.table)
	err = tx.QueryRow(ctx, compared+` select count(*) filter (where before is null), count(*) filter (where before <> after),
		count(*) filter (where before = after) from compared`).Scan(&p.Added, &p.Changed, &p.Unchanged)
	if err != nil {
		return p, fmt.Errorf("compare list: %w", err)
	}
	rows, err := tx.Query(ctx, compared+` select array_to_string(before, ' '), array_to_string(after, ' ') from compared
		where before <> after order by after limit $1`, maxListExamples)
	if err != nil {
		return p, fmt.Errorf("compare list: %w", err)
	}
	if p.Examples, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ListChange]); err != nil {
		return p, fmt.Errorf("compare list: %w", err)
	}
	return p, nil
}

// EachListRow calls each for the current rows of a list, in the order of their keys
// and with the columns of an import: dates as 2006-01-02, lists with blanks, nothing
// as "".
func (db *DB) EachListRow(ctx context.Context, kind string, each func([]string) error) error {
	t, ok := listTables[kind]
	if !ok {
		return &DataError{Field: "list kind"}
	}
	rows, err := db.pool.Query(ctx, fmt.Sprintf("select %s from %s where superseded_by is null order by %s", t.columns, t.table, t.once))
	if err != nil {
		return fmt.Errorf("read list: %w", clean(err))
	}
	defer rows.Close()
	var cells []string
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return fmt.Errorf("read list: %w", clean(err))
		}
		cells = cells[:0]
		for _, v := range values {
			cells = append(cells, listCell(v))
		}
		if err := each(cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read list: %w", clean(err))
	}
	return nil
}

func listCell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format(time.DateOnly)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = listCell(v[i])
		}
		return strings.Join(parts, " ")
	default:
		return fmt.Sprint(v)
	}
}
