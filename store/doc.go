// Package store is the only place with SQL: one file per aggregate, the
// transaction helper, inbox, outbox, job runs. It imports domain, schema and
// internal, never dta or checks. Columns are enumerated; rows are read with the
// collecting helpers of pgx, so that no iteration error is lost.
package store
