package linkage

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"

	"concord/fault"
	"concord/standard/match"
)

const batchSize = 1024

type prepared struct {
	subjects []match.Subject
	labels   []string
	first    int
}

// read prepares every entry and writes subjects and labels.
func (r *Run) read(ctx context.Context, entries iter.Seq2[Entry, error]) error {
	subjects, err := create(r.opt.Dir, "prepared", 1<<20)
	if err != nil {
		return err
	}
	defer subjects.abandon()
	text, err := create(r.opt.Dir, "labels", 1<<18)
	if err != nil {
		return err
	}
	defer text.abandon()
	ends, err := create(r.opt.Dir, "label-ends", 1<<18)
	if err != nil {
		return err
	}
	defer ends.abandon()
	n, first, end, second := 0, 0, uint64(0), false
	err = ordered(ctx, r.opt.Workers, batches(entries), func(_ int, batch []Entry) (prepared, error) {
		return r.prepare(batch), nil
	}, func(p prepared) error {
		if second && p.first > 0 {
			return fault.New(fault.Internal, "linkage.order", "entries of the first table come after those of the second")
		}
		second = p.first < len(p.subjects)
		n, first = n+len(p.subjects), first+p.first
		if n > math.MaxUint32 {
			return tooMany()
		}
		subjects.Write(raw(p.subjects))
		for _, l := range p.labels {
			text.WriteString(l)
			end += uint64(len(l))
			ends.Write(binary.LittleEndian.AppendUint64(nil, end))
		}
		r.opt.Progress("read", int64(n), 0)
		return nil
	})
	if err != nil {
		return err
	}
	r.state.Records, r.state.First = n, first
	for _, w := range []*writer{subjects, text, ends} {
		if err := w.commit(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) prepare(batch []Entry) prepared {
	p := prepared{subjects: make([]match.Subject, len(batch)), labels: make([]string, len(batch))}
	for i := range batch {
		e := &batch[i]
		p.subjects[i] = r.opt.Lexicon.Prepare(&e.Record, r.scorer.Rules)
		p.labels[i] = strings.Join(append([]string{e.ID}, e.Groups...), "\x1f")
		if e.Side == 0 {
			p.first++
		}
	}
	return p
}

func batches(entries iter.Seq2[Entry, error]) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
		var batch []Entry
		for e, err := range entries {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch == nil {
				batch = make([]Entry, 0, batchSize)
			}
			if batch = append(batch, e); len(batch) == batchSize {
				if !yield(batch, nil) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

// eachSubject reads a file of subjects from its beginning.
func eachSubject(dir, name string, do func([]match.Subject) error) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return unkept(err)
	}
	defer f.Close()
	room := make([]match.Subject, batchSize)
	for {
		n, err := io.ReadFull(f, raw(room))
		if n == 0 && err == io.EOF {
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF || n%subjectSize != 0 {
			return unkept(io.ErrUnexpectedEOF)
		}
		if err := do(room[:n/subjectSize]); err != nil {
			return err
		}
	}
}
