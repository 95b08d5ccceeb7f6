package linkage

import (
	"bufio"
	"iter"
	"os"
	"path/filepath"

	"concord/standard/match"
)

// blocks are some whole blocks of one rule: members by number, and where each
// block ends.
type blocks struct {
	rule    int
	members []uint32
	ends    []int
}

// membersABatch is about how many members are handed to a worker at a time.
const membersABatch = 4096

// stream gives the blocks of a rule that have two members or more and pass the
// filter, in batches. What lies above the limit is passed over and counted.
func (r *Run) stream(rule int, take func(key uint32) bool, skipped *int64) iter.Seq2[*blocks, error] {
	return func(yield func(*blocks, error) bool) {
		f, err := os.Open(filepath.Join(r.opt.Dir, keyFile(rule)))
		if err != nil {
			yield(nil, unkept(err))
			return
		}
		defer f.Close()
		in := &run{in: bufio.NewReaderSize(f, 1<<18)}
		batch, start, last, dropped := &blocks{rule: rule}, 0, uint32(0), false
		end := func() {
			switch size := len(batch.members) - start; {
			case dropped, size < 2:
				batch.members = batch.members[:start]
			default:
				batch.ends = append(batch.ends, len(batch.members))
			}
			start, dropped = len(batch.members), false
		}
		for in.next() {
			key, n := uint32(in.key>>32), uint32(in.key)
			if key != last {
				end()
				last = key
				if len(batch.members) >= membersABatch {
					if !yield(batch, nil) {
						return
					}
					batch, start = &blocks{rule: rule}, 0
				}
			}
			switch {
			case dropped || take != nil && !take(key):
			case len(batch.members)-start >= blockLimit:
				dropped = true
				*skipped++
			default:
				batch.members = append(batch.members, n)
			}
		}
		end()
		if len(batch.ends) > 0 {
			yield(batch, nil)
		}
	}
}

// loader reads the subjects of a batch into its own room.
type loader struct {
	from *subjects
	room []match.Subject
	at   []*match.Subject
}

func (l *loader) load(members []uint32) ([]*match.Subject, error) {
	if len(l.room) < len(members) && l.from.memory == nil {
		l.room = make([]match.Subject, len(members))
	}
	l.at = l.at[:0]
	for i, m := range members {
		var room *match.Subject
		if l.from.memory == nil {
			room = &l.room[i]
		}
		s, err := l.from.at(m, room)
		if err != nil {
			return nil, err
		}
		l.at = append(l.at, s)
	}
	return l.at, nil
}
