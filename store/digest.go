package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/calendar"
)

// Waiting is what waits for one user of the portal.
type Waiting struct {
	User  uuid.UUID
	Email string
	// Waits is false if nothing waits; then the counts need not be zero: cases put
	// off by a follow-up to a later day do not wait.
	Waits bool
	// Cases and Corrections are open, put off or not.
	Cases       int
	Corrections int
	// New corrections came after the last digest that was sent to the user.
	New int
	// FollowUps are open cases whose follow-up is due.
	FollowUps int
	// Deadline is the earliest end of the time for healing; nil without a case
	// that can be healed.
	Deadline *time.Time
}

// WaitingQuery selects a page of users for the digest of a day.
type WaitingQuery struct {
	Day calendar.Date
	Now time.Time
	// After is the last user of the page before.
	After uuid.UUID
	Limit int
	// ReadOnly are the provider groups whose cases cannot be healed online
	// (CHK-8): they wait for nobody, but new ones are told.
	ReadOnly []string
}

// WaitingUsers returns the active users in the order of their ids who have no
// digest of that day yet, each with what waits in all institutions' cases. At
// the end it returns fewer than q.Limit.
func WaitingUsers(ctx context.Context, tx Tx, q WaitingQuery) ([]Waiting, error) {
	rows, err := tx.Query(ctx, `
		with page as materialized (
			select u.id, u.email, u.institution_id, (
				select m.created_at from mail m where m.kind = 'digest' and m.user_id = u.id and m.state = 'sent'
				order by m.local_day desc limit 1) as told_at
			from app_user u
			where u.state = 'active' and u.id > $3
				and not exists (select from mail m where m.kind = 'digest' and m.user_id = u.id and m.local_day = $1)
			order by u.id limit $4),
		open_case as (
			select p.id as user_id, p.told_at, cc.id, cc.follow_up_on, cc.editable_until,
				cc.provider_group = any($5) as read_only
			from page p
			join institution_ik ii on ii.institution_id = p.institution_id
			join correction_case cc on cc.payee_ik = ii.ik
			where cc.state <> 'completed' and cc.editable_until > $2),
		counted as (
			select o.*, c.open, c.fresh
			from open_case o
			cross join lateral (
				select count(*) filter (where state = 'open') as open,
					count(*) filter (where state = 'open' and (o.told_at is null or created_at > o.told_at)) as fresh
				from correction where correction_case_id = o.id and in_force) c)
		select p.id, p.email,
			coalesce(bool_or((follow_up_on is null or follow_up_on <= $1) and (not read_only or fresh > 0)), false),
			count(c.id), coalesce(sum(open), 0), coalesce(sum(fresh), 0), count(*) filter (where follow_up_on <= $1),
			min(editable_until) filter (where not read_only)
		from page p left join counted c on c.user_id = p.id
		group by p.id, p.email order by p.id`,
		q.Day.UTC(), q.Now, q.After, q.Limit, q.ReadOnly)
	if err != nil {
		return nil, fmt.Errorf("read what waits for users: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting])
	if err != nil {
		return nil, fmt.Errorf("read what waits for users: %w", err)
	}
	return out, nil
}
