package p302

// segment is what a typed segment can do: take over checked values, read itself
// from a line without fault (from the separator behind the tag to where it
// returns), write itself.
type segment interface {
	lesen(w []wert, ort Ort)
	schnell(z *zeile, at int, ort Ort) int
	schreiben(e *encoder)
}

// build collects the typed content of one SLLA. The parts of all cases lie in
// flat lists; every case and part holds the piece of the list that is its own.
type build struct {
	doc SLLA
	lists
}

// reset empties the content. Emptied lists are cleared, so that no text of an
// earlier message stays in memory.
func (b *build) reset() {
	b.empty(&b.doc.Faelle)
	b.doc.FKT, b.doc.REC = FKTSLLA{}, REC{}
}

// empty clears a list and keeps its capacity.
func empty[T any](s *[]T) {
	clear(*s)
	*s = (*s)[:0]
}

// extend appends a zero value and returns its place.
func extend[T any](s *[]T) *T {
	n := len(*s)
	if n < cap(*s) { // cleared when the list was emptied
		*s = (*s)[:n+1]
	} else {
		var zero T
		*s = append(*s, zero)
	}
	return &(*s)[n]
}

// add appends a zero value to a flat list and makes it the last of the piece
// that its owner holds. Where the list moves to a larger array, pieces that are
// complete keep the old one, which nothing changes any more.
func add[T any](list, piece *[]T) *T {
	p := extend(list)
	n := len(*list)
	*piece = (*list)[n-len(*piece)-1 : n : n]
	return p
}

// last returns the last element; nil where a fault left none.
func last[T any](s []T) *T {
	if len(s) == 0 {
		return nil
	}
	return &s[len(s)-1]
}

// some makes an optional segment present and returns its place.
func some[T any, P interface {
	*T
	segment
}](o *Opt[T]) segment {
	o.Vorhanden = true
	return P(&o.Wert)
}
