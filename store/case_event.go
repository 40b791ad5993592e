package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// CaseEvent is a line in the history of a correction case (COR-15): who did what
// when. Old, New and Note are social data.
type CaseEvent struct {
	Case uuid.UUID
	At   time.Time
	// ActorKind is user, api_key, operator or job; ActorID the id of the user or key,
	// or the name of the operator or job.
	ActorKind, ActorID string
	Kind               string
	// Correction is uuid.Nil where the event is about the whole case.
	Correction            uuid.UUID
	Field, Old, New, Note string
}

func queueEvent(batch *pgx.Batch, e *CaseEvent) {
	batch.Queue(`insert into case_event (correction_case_id, at, actor_kind, actor_id, kind, correction_id, field, old_value, new_value, note)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''), nullif($8, ''), nullif($9, ''), nullif($10, ''))`,
		e.Case, e.At, e.ActorKind, e.ActorID, e.Kind, uuidOrNull(e.Correction), e.Field, e.Old, e.New, e.Note)
}

// AddCaseEvent appends to the history of a case.
func AddCaseEvent(ctx context.Context, tx Tx, e CaseEvent) error {
	batch := &pgx.Batch{}
	queueEvent(batch, &e)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write history of case: %w", err)
	}
	return nil
}

// CaseEvents returns the history of a case, oldest first.
func CaseEvents(ctx context.Context, tx Tx, id uuid.UUID) ([]CaseEvent, error) {
	rows, err := tx.Query(ctx, `select correction_case_id, at, actor_kind, actor_id, kind,
			coalesce(correction_id, '00000000-0000-0000-0000-000000000000'), coalesce(field, ''), coalesce(old_value, ''),
			coalesce(new_value, ''), coalesce(note, '')
		from case_event where correction_case_id = $1 order by id`, id)
	if err != nil {
		return nil, fmt.Errorf("read history of case: %w", err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CaseEvent])
	if err != nil {
		return nil, fmt.Errorf("read history of case: %w", err)
	}
	return events, nil
}

// Objection is a written objection that came on paper (COR-11).
type Objection struct {
	ID         uuid.UUID
	Case       uuid.UUID
	ReceivedOn time.Time // a date, at 0:00 UTC
	// FirstPage names the first page of the correction letter that came with it.
	FirstPage  string
	RecordedBy string
	RecordedAt time.Time
}

// AddObjection records an objection; false if the same first page was recorded for
// the case before.
func AddObjection(ctx context.Context, tx Tx, o Objection) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into objection (id, correction_case_id, received_on, first_page, recorded_by, recorded_at)
		values ($1, $2, $3, $4, $5, $6) on conflict (correction_case_id, first_page) do nothing`,
		o.ID, o.Case, o.ReceivedOn, o.FirstPage, o.RecordedBy, o.RecordedAt)
	if err != nil {
		return false, fmt.Errorf("record objection: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Objections returns the objections to a case in the order of their receipt.
func Objections(ctx context.Context, tx Tx, id uuid.UUID) ([]Objection, error) {
	rows, err := tx.Query(ctx, `select id, correction_case_id, received_on, first_page, recorded_by, recorded_at
		from objection where correction_case_id = $1 order by received_on, recorded_at`, id)
	if err != nil {
		return nil, fmt.Errorf("read objections: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Objection])
	if err != nil {
		return nil, fmt.Errorf("read objections: %w", err)
	}
	return list, nil
}
