package match

import (
	"encoding/binary"
	"math"
	"slices"

	"concord/fault"
)

// frequencyFormat begins the bytes of Frequencies, and names their layout.
const frequencyFormat = "concord-rarity-2"

// formerFormat lacks whole names: none is commoner than its halves say.
const formerFormat = "concord-rarity-1"

// Bytes are the counts as they are kept: marks of names and dates with how
// often each was seen, in order. No name can be read out of them, but who knows
// one can ask for it.
func (f *Frequencies) Bytes() []byte {
	out := []byte(frequencyFormat)
	for i := range f.counts {
		out = binary.AppendUvarint(out, uint64(len(f.counts[i])))
		keys := make([]uint32, 0, len(f.counts[i]))
		for k := range f.counts[i] {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		last := uint32(0)
		for _, k := range keys {
			out = binary.AppendUvarint(out, uint64(k-last))
			out = binary.AppendUvarint(out, uint64(f.counts[i][k]))
			last = k
		}
	}
	for _, row := range f.full.rows {
		gap := uint64(0)
		for _, n := range row {
			if gap++; n > 0 {
				out = binary.AppendUvarint(binary.AppendUvarint(out, gap), uint64(n))
				gap = 0
			}
		}
		out = binary.AppendUvarint(out, 0)
	}
	return out
}

// ParseFrequencies is the inverse of Bytes. Code: "match.rarity".
func ParseFrequencies(data []byte) (*Frequencies, error) {
	bad := fault.New(fault.Invalid, "match.rarity", "the counts of names cannot be read")
	if len(data) < len(frequencyFormat) {
		return nil, bad
	}
	format := string(data[:len(frequencyFormat)])
	if format != frequencyFormat && format != formerFormat {
		return nil, bad
	}
	data = data[len(frequencyFormat):]
	next := func(most uint64) (uint64, bool) {
		v, n := binary.Uvarint(data)
		if n <= 0 || v > most {
			return 0, false
		}
		data = data[n:]
		return v, true
	}
	f := NewFrequencies()
	for i := range f.counts {
		n, ok := next(uint64(len(data)))
		if !ok {
			return nil, bad
		}
		at := uint64(0)
		for range n {
			step, ok := next(1<<32 - 1)
			count, also := next(1<<32 - 1)
			if at += step; !ok || !also || at == 0 || at >= 1<<32 || count == 0 || f.counts[i][uint32(at)] != 0 {
				return nil, bad
			}
			f.counts[i][uint32(at)] = uint32(count)
			f.total[i] += count
		}
	}
	for i := range f.full.rows {
		for at := uint64(0); format == frequencyFormat; {
			gap, ok := next(fullSlots)
			if !ok {
				return nil, bad
			}
			if gap == 0 {
				break
			}
			n, ok := next(math.MaxUint16)
			if at += gap; !ok || n == 0 || at > fullSlots {
				return nil, bad
			}
			f.full.rows[i][at-1] = uint16(n)
		}
	}
	if len(data) > 0 {
		return nil, bad
	}
	return f, nil
}
