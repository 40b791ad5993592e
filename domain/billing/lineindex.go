package billing

import (
	"math"
	"math/bits"
)

// LineIndex maps the fingerprints of billed lines to the numbers of the invoices
// that billed them (P4024). The zero value is empty. It needs some 16 bytes a line,
// a third of a map: a delivery of 100 MB has a million of them.
type LineIndex struct {
	shards  [lineShards]lineShard
	numbers []InvoiceNumber
	lines   int
}

// lineShards is the number of parts that grow for themselves: growing needs the old
// and the new table at once, of one part and not of all.
const lineShards = 64

// lineShard is a hash table with open addressing. Fingerprints are hashes already:
// their lowest bits choose the shard, their highest the slot.
type lineShard struct {
	keys []uint64 // 0: free
	// numbers are indexes of LineIndex.numbers; removed for a line taken out, whose
	// key stays so that those behind it are found.
	numbers []uint32
	used    int // slots that are not free
}

const removed = math.MaxUint32

// Len returns the number of lines.
func (x *LineIndex) Len() int { return x.lines }

// Find returns the number of the invoice that billed the line.
func (x *LineIndex) Find(fingerprint uint64) (InvoiceNumber, bool) {
	s, key := x.shard(fingerprint)
	if s.used == 0 {
		return InvoiceNumber{}, false
	}
	i := s.slot(key)
	if s.keys[i] != key || s.numbers[i] == removed {
		return InvoiceNumber{}, false
	}
	return x.numbers[s.numbers[i]], true
}

// Add notes that the invoice billed the line, unless another one did before.
func (x *LineIndex) Add(fingerprint uint64, number InvoiceNumber) {
	s, key := x.shard(fingerprint)
	if s.used*8 >= len(s.keys)*7 {
		s.grow()
	}
	i := s.slot(key)
	switch {
	case s.keys[i] != key:
		s.keys[i] = key
		s.used++
	case s.numbers[i] != removed:
		return
	}
	s.numbers[i] = x.number(number)
	x.lines++
}

// Remove forgets the line.
func (x *LineIndex) Remove(fingerprint uint64) {
	s, key := x.shard(fingerprint)
	if s.used == 0 {
		return
	}
	if i := s.slot(key); s.keys[i] == key && s.numbers[i] != removed {
		s.numbers[i] = removed
		x.lines--
	}
}

// number returns the index of a number; the lines of an invoice come together.
func (x *LineIndex) number(n InvoiceNumber) uint32 {
	if last := len(x.numbers) - 1; last < 0 || x.numbers[last] != n {
		x.numbers = append(x.numbers, n)
	}
	return uint32(len(x.numbers) - 1)
}

func (x *LineIndex) shard(fingerprint uint64) (*lineShard, uint64) {
	return &x.shards[fingerprint%lineShards], max(fingerprint, 1)
}

// slot returns where the key is, or the free slot where it would be.
func (s *lineShard) slot(key uint64) int {
	hi, _ := bits.Mul64(key, uint64(len(s.keys)))
	i := int(hi)
	for s.keys[i] != 0 && s.keys[i] != key {
		if i++; i == len(s.keys) {
			i = 0
		}
	}
	return i
}

// grow makes a quarter more room: twice as much would stand half empty.
func (s *lineShard) grow() {
	old := *s
	n := max(len(old.keys)+len(old.keys)/4, 16)
	s.keys, s.numbers = make([]uint64, n), make([]uint32, n)
	for i, key := range old.keys {
		if key != 0 {
			to := s.slot(key)
			s.keys[to], s.numbers[to] = key, old.numbers[i]
		}
	}
}
