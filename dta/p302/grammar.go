package p302

import (
	"math/bits"
	"slices"

	"klarbeleg/dta"
)

// noNode is the state before the first segment of a message.
const noNode = -1

// step is one legal move of the grammar: the segment tag that makes it, the
// structure row it leads to, and the mandatory rows that it skips. closed are
// the skipped rows of group instances that the move ends, beside those next to
// the target.
type step struct {
	tag            uint32
	max            int32 // of the row
	node           int8
	plain          bool // skips nothing
	closed, beside []int8
}

// grammar is a structure table turned into moves. It is made once per reader
// and only read.
type grammar struct {
	nodes []node
	next  [][]step // by state + 1
	end   [][]int8 // mandatory rows missing when the message ends in a state
	below []uint32 // bit set of the rows under a row
	// forbidden is a row that the Verarbeitungskennzeichen excludes, instead
	// the row that takes its place; both noNode outside of group B.
	forbidden, instead int
}

// newGrammar compiles the structure table of a message; nil if there is none.
// withGZF selects the form for Verarbeitungskennzeichen 03, where GZF takes the
// place of BES (dta-302.md section 8 B).
func newGrammar(kind MessageKind, group byte, withGZF bool, l *layout) *grammar {
	g := &grammar{nodes: slices.Clone(structureOf(kind, group)), forbidden: noNode, instead: noNode}
	if g.nodes == nil {
		return nil
	}
	for i := range g.nodes {
		if l.specs[g.nodes[i].spec] == nil {
			g.nodes[i].min, g.nodes[i].max = 0, 0
		}
	}
	if kind == KindSLLA && group == 'B' {
		g.forbidden, g.instead = g.find(segGZF), g.find(segBES)
		if withGZF {
			g.forbidden, g.instead = g.instead, g.forbidden
		}
		g.nodes[g.instead].min = 1
	}
	g.below = make([]uint32, len(g.nodes))
	for i := range g.nodes {
		for p := g.nodes[i].parent; p >= 0; p = g.nodes[p].parent {
			g.below[p] |= 1 << i
		}
	}
	for cur := noNode; cur < len(g.nodes); cur++ {
		steps, end := g.compile(cur)
		g.next, g.end = append(g.next, steps), append(g.end, end)
	}
	return g
}

// find returns the first row of a segment.
func (g *grammar) find(seg segID) int {
	return slices.IndexFunc(g.nodes, func(n node) bool { return n.seg == seg })
}

// compile returns the moves out of a state, innermost first, and the mandatory
// rows missing if the message ended there.
func (g *grammar) compile(cur int) (steps []step, missing []int8) {
	level, from := cur, noNode // children of level, those up to from are done
	for {
		for _, m := range g.children(level) {
			if m == g.forbidden || g.nodes[m].max == 0 || !g.legal(from, m) {
				continue
			}
			tag := dta.PackTag(segmentSpecs[g.nodes[m].spec].tag)
			if slices.ContainsFunc(steps, func(s step) bool { return s.tag == tag }) {
				continue
			}
			next := step{tag: tag, node: int8(m), max: int32(g.nodes[m].max), closed: slices.Clone(missing), beside: g.between(level, from, m)}
			next.plain = next.closed == nil && next.beside == nil && (m == cur || cur == noNode || g.nodes[cur].min < 2)
			steps = append(steps, next)
		}
		missing = append(missing, g.between(level, from, noNode)...)
		if level == noNode {
			return steps, missing
		}
		level, from = g.nodes[level].parent, level
	}
}

// children returns the rows under a row in order.
func (g *grammar) children(parent int) []int {
	var out []int
	for i, n := range g.nodes {
		if n.parent == parent {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return g.nodes[a].order - g.nodes[b].order })
	return out
}

// legal tells whether row m may follow its sibling from.
func (g *grammar) legal(from, m int) bool {
	if from == noNode {
		return true
	}
	if from == m {
		return g.nodes[m].max > 1
	}
	return g.nodes[m].order >= g.nodes[from].order
}

// between returns the mandatory rows under level behind from and before to, in
// order; noNode stands for the beginning and the end.
func (g *grammar) between(level, from, to int) []int8 {
	var out []int8
	if from != noNode && from == to {
		return nil
	}
	for _, x := range g.children(level) {
		n := g.nodes[x]
		if n.min == 0 || x == from || x == to {
			continue
		}
		if (from == noNode || n.order > g.nodes[from].order) && (to == noNode || n.order < g.nodes[to].order) {
			out = append(out, int8(x))
		}
	}
	return out
}

// Tags of the service segments, packed.
const (
	tagUNB = 'U'<<16 | 'N'<<8 | 'B'
	tagUNZ = 'U'<<16 | 'N'<<8 | 'Z'
)

// verdict is what the grammar says about a segment.
type verdict uint8

const (
	accepted verdict = iota
	wrongPlace
	unknownHere
	tooOften
	swallowed // part of something already reported
)

// walk is the state of one message.
type walk struct {
	g         *grammar
	cur       int
	counts    [32]int32
	misplaced uint32 // rows seen at a wrong place: not missing
	// likely is, by state + 1, the move that was made last: segments repeat.
	likely [33]uint8
}

func (w *walk) reset(g *grammar) { *w = walk{g: g, cur: noNode, likely: w.likely} }

// open tells whether an instance of the row is open (noNode: the message).
func (w *walk) open(n int) bool {
	return n == noNode || n == w.cur || (w.cur != noNode && w.g.below[n]&(1<<w.cur) != 0)
}

func (w *walk) enter(n int) {
	w.cur = n
	w.counts[n]++
	if below := w.g.below[n]; below != 0 {
		if w.g.nodes[n].max > 1 { // what came too early belongs to the first instance
			w.misplaced &^= below
		}
		for rest := below; rest != 0; rest &= rest - 1 {
			w.counts[bits.TrailingZeros32(rest)] = 0
		}
	}
}

// regular takes the segment with the packed tag if all is in order, and returns
// its row; noNode, with nothing done, where move must look closer.
func (w *walk) regular(tag uint32) int {
	steps := w.g.next[w.cur+1]
	last := &w.likely[w.cur+1]
	i := int(*last)
	if i >= len(steps) || steps[i].tag != tag {
		if i = findStep(steps, tag); i == len(steps) {
			return noNode
		}
		*last = uint8(i)
	}
	s := &steps[i]
	n := int(s.node)
	if !s.plain || w.counts[n] >= s.max {
		return noNode
	}
	w.enter(n)
	return n
}

func findStep(steps []step, tag uint32) int {
	i := 0
	for i < len(steps) && steps[i].tag != tag {
		i++
	}
	return i
}

// move takes the segment with the packed tag. On the regular path it returns
// the row and accepted. missing lists mandatory rows that were skipped; ahead
// tells whether a tag occurs later in the message before the tag stop.
func (w *walk) move(tag uint32, ahead func(tag, stop uint32) bool) (n int, v verdict, missing []int8) {
	steps := w.g.next[w.cur+1]
	i := findStep(steps, tag)
	if i == len(steps) {
		return w.stray(tag, ahead)
	}
	s := &steps[i]
	n = int(s.node)
	if w.counts[n] >= s.max && w.open(w.g.nodes[n].parent) {
		return n, tooOften, nil
	}
	if s.plain {
		w.enter(n)
		return n, accepted, nil
	}
	return w.skip(s, ahead)
}

// skip takes a step that leaves mandatory rows out: they are missing, or they
// come later and this segment is at the wrong place.
func (w *walk) skip(s *step, ahead func(tag, stop uint32) bool) (int, verdict, []int8) {
	n := int(s.node)
	var missing []int8
	if w.cur != noNode && n != w.cur && int(w.counts[w.cur]) < w.g.nodes[w.cur].min {
		missing = append(missing, int8(w.cur))
	}
	missing = append(missing, w.notSeen(s.closed)...)
	for _, x := range w.notSeen(s.beside) {
		if ahead(w.g.tag(int(x)), w.g.opener(int(x))) {
			w.misplaced |= 1 << n
			return n, wrongPlace, nil
		}
		missing = append(missing, x)
	}
	w.enter(n)
	return n, accepted, missing
}

// stray decides about a segment that no legal move explains.
func (w *walk) stray(tag uint32, ahead func(tag, stop uint32) bool) (int, verdict, []int8) {
	known := noNode
	for m := range w.g.nodes {
		if w.g.tag(m) != tag {
			continue
		}
		if m == w.g.forbidden {
			w.misplaced |= 1 << w.g.instead
			return m, unknownHere, nil
		}
		if w.g.nodes[m].max == 0 { // not part of this version
			return m, unknownHere, nil
		}
		known = m
		parent := w.g.nodes[m].parent
		if w.open(parent) && (w.cur == m || w.counts[m] > 0 && !w.complete(parent)) {
			return m, tooOften, nil
		}
		if parent != noNode && w.misplaced&(1<<parent) != 0 {
			w.misplaced |= 1 << m
			return m, swallowed, nil
		}
		if missing, ok := w.implicit(parent, m, ahead); ok {
			return m, accepted, missing
		}
	}
	if known == noNode {
		return noNode, unknownHere, nil
	}
	w.misplaced |= 1 << known
	return known, wrongPlace, nil
}

// complete tells whether a new instance of the group could start now without a
// mandatory row missing in the open one.
func (w *walk) complete(group int) bool {
	if group == noNode {
		return false
	}
	for _, s := range w.g.next[w.cur+1] {
		if int(s.node) == group {
			return s.closed == nil
		}
	}
	return false
}

// implicit enters row m although the segment that opens its group is missing,
// if m is what comes first in the group.
func (w *walk) implicit(group, m int, ahead func(tag, stop uint32) bool) ([]int8, bool) {
	if group == noNode || w.open(group) && w.counts[m] == 0 {
		return nil, false
	}
	if len(w.g.between(group, noNode, m)) > 0 {
		return nil, false
	}
	for i := range w.g.next[w.cur+1] {
		s := &w.g.next[w.cur+1][i]
		if int(s.node) != group || len(w.notSeen(s.beside)) > 0 {
			continue
		}
		if w.g.nodes[group].max == 1 && ahead(w.g.tag(group), w.g.opener(group)) {
			return nil, false
		}
		missing := append(w.notSeen(s.closed), int8(group))
		w.enter(group)
		w.enter(m)
		return missing, true
	}
	return nil, false
}

// finish returns the mandatory rows that are missing at the end of the message.
func (w *walk) finish() []int8 {
	var missing []int8
	if w.cur != noNode && int(w.counts[w.cur]) < w.g.nodes[w.cur].min {
		missing = append(missing, int8(w.cur))
	}
	return append(missing, w.notSeen(w.g.end[w.cur+1])...)
}

// notSeen drops the rows that occurred at a wrong place.
func (w *walk) notSeen(rows []int8) []int8 {
	var out []int8
	for _, x := range rows {
		if w.misplaced&(1<<x) == 0 {
			out = append(out, x)
		}
	}
	return out
}

// tag returns the packed tag of a row.
func (g *grammar) tag(n int) uint32 { return dta.PackTag(segmentSpecs[g.nodes[n].spec].tag) }

// opener returns the packed tag that opens the group of a row, 0 for the message.
func (g *grammar) opener(n int) uint32 {
	if p := g.nodes[n].parent; p != noNode {
		return g.tag(p)
	}
	return 0
}
