package p300

import "klarbeleg/dta"

// noNode is the state before the first segment of a message.
const noNode = -1

// maxNodes bounds the rows of a structure table: their sets are bits.
const maxNodes = 32

// step is one legal move: the packed tag that makes it, the row it leads to and the
// mandatory rows it skips.
type step struct {
	tag     uint32
	node    int
	missing []int
}

// grammar is a structure table turned into moves. It is made once per reader
// and only read.
type grammar struct {
	nodes []node
	next  [][]step // by state + 1
	end   [][]int  // mandatory rows missing when the message ends in a state
	below []uint32 // bit set of the rows under a row
}

func newGrammar(nodes []node) *grammar {
	g := &grammar{nodes: nodes, below: make([]uint32, len(nodes))}
	for i := range nodes {
		for p := nodes[i].parent; p != noNode; p = nodes[p].parent {
			g.below[p] |= 1 << i
		}
	}
	for state := noNode; state < len(nodes); state++ {
		steps, end := g.compile(state)
		g.next, g.end = append(g.next, steps), append(g.end, end)
	}
	return g
}

// compile returns the moves out of a state, innermost first, and the mandatory
// rows missing if the message ended there.
func (g *grammar) compile(state int) (steps []step, missing []int) {
	level, from := state, noNode // rows under level, those up to from are done
	for {
		for m := range g.nodes {
			n := &g.nodes[m]
			if n.parent == level && (m > from || m == from && n.max > 1) {
				skipped := append([]int(nil), missing...)
				steps = append(steps, step{g.tag(m), m, append(skipped, g.between(level, from, m)...)})
			}
		}
		missing = append(missing, g.between(level, from, len(g.nodes))...)
		if level == noNode {
			return steps, missing
		}
		level, from = g.nodes[level].parent, level
	}
}

// between returns the mandatory rows under level behind from and before to.
func (g *grammar) between(level, from, to int) []int {
	var out []int
	for x := from + 1; x < to; x++ {
		if g.nodes[x].parent == level && g.nodes[x].min > 0 {
			out = append(out, x)
		}
	}
	return out
}

// verdict is what the grammar says about a segment.
type verdict uint8

const (
	accepted verdict = iota
	wrongPlace
	unknownHere
	tooOften
)

// walk is the state of one message.
type walk struct {
	g         *grammar
	cur       int
	counts    [maxNodes]int32
	misplaced uint32 // rows seen at a wrong place: not missing
}

func (w *walk) reset(g *grammar) { *w = walk{g: g, cur: noNode} }

// tag returns the packed tag of a row.
func (g *grammar) tag(n int) uint32 { return dta.PackTag(segmentSpecs[g.nodes[n].seg].tag) }

// move takes the segment with the packed tag. It returns its row, and the mandatory rows that were
// skipped on the way.
func (w *walk) move(tag uint32) (n int, v verdict, missing []int) {
	for i := range w.g.next[w.cur+1] {
		s := &w.g.next[w.cur+1][i]
		if s.tag != tag {
			continue
		}
		if w.counts[s.node] >= w.g.nodes[s.node].max {
			return s.node, tooOften, nil
		}
		w.enter(s.node)
		return s.node, accepted, w.notSeen(s.missing)
	}
	v = unknownHere
	for m := range w.g.nodes {
		if w.g.tag(m) == tag {
			w.misplaced |= 1 << m
			v = wrongPlace
			if m == w.cur {
				return m, tooOften, nil
			}
		}
	}
	return noNode, v, nil
}

func (w *walk) enter(n int) {
	w.cur = n
	w.counts[n]++
	for below, i := w.g.below[n], 0; below != 0; below, i = below>>1, i+1 {
		if below&1 != 0 {
			w.counts[i] = 0
		}
	}
}

// finish returns the mandatory rows that are missing at the end of the message.
func (w *walk) finish() []int { return w.notSeen(w.g.end[w.cur+1]) }

// notSeen drops the rows that occurred at a wrong place.
func (w *walk) notSeen(rows []int) []int {
	if w.misplaced == 0 || len(rows) == 0 {
		return rows
	}
	var out []int
	for _, x := range rows {
		if w.misplaced&(1<<x) == 0 {
			out = append(out, x)
		}
	}
	return out
}
