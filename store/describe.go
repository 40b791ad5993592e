package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// describeSQL yields the schema line by line, in an order that does not depend on
// how it came about. It is a description for readers and for comparing, made by
// the server itself, so that no client program has to be installed.
const describeSQL = `
with rel as (
	select c.oid, c.relname, c.relkind, c.relispartition from pg_class c
	join pg_namespace n on n.oid = c.relnamespace
	where n.nspname = 'public' and c.relname not like 'goose%' and not c.relispartition)
select line from (
	select relname as grp, 1 as part, 0 as no,
		case relkind when 'S' then 'sequence ' else 'table ' end || relname ||
		case relkind when 'p' then ' partition by ' || pg_get_partkeydef(oid) else '' end ||
		coalesce(' -- ' || obj_description(oid, 'pg_class'), '') as line
	from rel where relkind in ('r', 'p', 'S')
		and not exists (select from pg_depend d where d.objid = rel.oid and d.deptype = 'i' and rel.relkind = 'S')
	union all
	select rel.relname, 2, a.attnum, '    ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
		case when a.attnotnull then ' not null' else '' end ||
		case when a.attidentity <> '' then ' generated always as identity' else '' end ||
		coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') ||
		coalesce(' -- ' || col_description(rel.oid, a.attnum), '')
	from rel join pg_attribute a on a.attrelid = rel.oid and a.attnum > 0 and not a.attisdropped
	left join pg_attrdef d on d.adrelid = rel.oid and d.adnum = a.attnum
	where relkind in ('r', 'p')
	union all
	select rel.relname, 3, row_number() over (partition by rel.relname order by con.contype desc, con.conname),
		'    constraint ' || con.conname || ' ' || pg_get_constraintdef(con.oid)
	from rel join pg_constraint con on con.conrelid = rel.oid where con.contype <> 'n'
	union all
	select rel.relname, 4, row_number() over (partition by rel.relname order by i.relname),
		'    ' || pg_get_indexdef(x.indexrelid) || coalesce(' -- ' || obj_description(i.oid, 'pg_class'), '')
	from rel join pg_index x on x.indrelid = rel.oid join pg_class i on i.oid = x.indexrelid
	where not exists (select from pg_constraint c where c.conindid = i.oid)
	union all
	select rel.relname, 5, row_number() over (partition by rel.relname order by t.tgname), '    ' || pg_get_triggerdef(t.oid)
	from rel join pg_trigger t on t.tgrelid = rel.oid and not t.tgisinternal
	union all
	select '~' || p.proname, 6, 0, pg_get_functiondef(p.oid)
	from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prokind in ('f', 'p')
) s order by grp collate "C", part, no`

// DescribeSchema returns the schema as text: tables with columns, constraints,
// indexes, triggers and comments, then functions.
func (db *DB) DescribeSchema(ctx context.Context) (string, error) {
	rows, err := db.pool.Query(ctx, describeSQL)
	if err != nil {
		return "", fmt.Errorf("describe schema: %w", clean(err))
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("describe schema: %w", clean(err))
	}
	var b strings.Builder
	b.WriteString("-- Generated from the migrations by `make generate`. DO NOT EDIT.\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, "    ") {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(line, "\n") + "\n")
	}
	return b.String(), nil
}
