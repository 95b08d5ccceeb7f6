package reconcile

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math/bits"
	"os"
	"slices"
	"strings"

	"concord/exchange/onboard"
	"concord/fault"
)

// How many rows of each class a sample has, and how many of the riskiest
// patients: an assumption, to be set by the trust's clinical safety officer.
func sampled(class string) int {
	switch class {
	case "patients", "alerts", "waiting", "medicines":
		return 8
	case "pathways":
		return 0 // a row of a waiting list is checked with its events
	}
	return 5
}

const riskiest = 8

// What makes a patient risky, as bits, with their weights.
const (
	riskSevere = 1 << iota
	riskInpatient
	riskLongWait
	riskTwoWeeks
	riskIdentity
	riskMerged
)

func riskWords() [6]string {
	return [6]string{"severe allergy", "in hospital now", "waits for a year or more", "two-week wait", "identity in question", "numbers merged at the source"}
}

func riskWeights() [6]int { return [6]int{3, 2, 2, 2, 3, 3} }

// risks notes what makes patients risky, and draws the sample.
type risks struct {
	w      *reconciling
	sorted *onboard.Sorter
	drawn  map[string]*draw
}

func newRisks(w *reconciling) *risks {
	return &risks{w: w, sorted: onboard.NewSorter(w.scratch, "risks", w.opt.Most), drawn: map[string]*draw{}}
}

func (r *risks) close() { r.sorted.Close() }

// draw keeps the rows whose keys hash lowest with the load id: a draw that the
// load id alone decides, whatever the order of rows.
type draw struct {
	most int
	rows []drawn
}

type drawn struct {
	order        uint64
	key, patient string
}

func (d *draw) take(x drawn) {
	if d.most == 0 || len(d.rows) == d.most && d.rows[d.most-1].order <= x.order {
		return
	}
	at, _ := slices.BinarySearchFunc(d.rows, x, func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.key, b.key))
	})
	d.rows = slices.Insert(d.rows, at, x)
	if len(d.rows) > d.most {
		d.rows = d.rows[:d.most]
	}
}

// row takes a row of the stage.
func (r *risks) row(class string, row onboard.Row) error {
	d := r.drawn[class]
	if d == nil {
		d = &draw{most: sampled(class)}
		r.drawn[class] = d
	}
	patient := row.At("patient")
	if class == "patients" {
		patient = row.Key()
	}
	d.take(drawn{onboard.Hash([]byte(r.w.out.Load + "\x00" + class + "\x00" + row.Key()))[0], row.Key(), patient})
	risk := uint64(0)
	switch class {
	case "patients":
		if row.At("merged_into") != "" {
			risk = riskMerged
		}
	case "alerts":
		if row.At("kind") == "allergy" && row.At("status") == "active" && row.At("severity") == "severe" {
			risk = riskSevere
		}
	case "encounters":
		if row.At("ended") == "" && (row.At("class") == "inpatient" || row.At("class") == "emergency") {
			risk = riskInpatient
		}
	case "waiting":
		if small(row.At("weeks"), 1<<20) >= 52 {
			risk |= riskLongWait
		}
		if row.At("priority") == "3" {
			risk |= riskTwoWeeks
		}
	}
	if risk == 0 {
		return nil
	}
	return r.mark(patient, risk)
}

func (r *risks) mark(patient string, risk uint64) error {
	return r.sorted.Add(onboard.Mark{Key: onboard.Hash([]byte(patient)), Row: risk})
}

// doubtful takes the patients whose match before the load was possible or a
// conflict.
func (r *risks) doubtful() error {
	f, err := os.Open(r.w.extract.Folder("match.csv"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it was not matched
	}
	if err != nil {
		return fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(err, fault.Internal, "onboard.damaged", "what was matched cannot be read")
		}
		if len(row) > 1 && (row[1] == "possible" || row[1] == "conflict") {
			if err := r.mark(row[0], riskIdentity); err != nil {
				return err
			}
		}
	}
}

// sample draws the sample: the riskiest patients first, then rows of each class.
func (w *reconciling) sample(ctx context.Context) error {
	top, err := w.risks.top(ctx)
	if err != nil {
		return err
	}
	add := func(class, key, patient, why string) {
		w.out.Sample = append(w.out.Sample, Sampled{len(w.out.Sample) + 1, class, key, w.numbers.Of(patient), why})
	}
	for _, t := range top {
		add("patients", t.key, t.key, t.why)
	}
	for _, c := range onboard.Layout() {
		d := w.risks.drawn[c.Name]
		if d == nil {
			continue
		}
		for _, x := range d.rows {
			if !slices.ContainsFunc(w.out.Sample, func(s Sampled) bool { return s.Class == c.Name && s.Key == x.key }) {
				add(c.Name, x.key, x.patient, "at random")
			}
		}
	}
	return nil
}

type risky struct {
	key, why string
	hash     [2]uint64
	weight   int
	order    uint64
}

// top are the riskiest patients.
func (r *risks) top(ctx context.Context) ([]risky, error) {
	if err := r.doubtful(); err != nil {
		return nil, err
	}
	var list []risky
	err := r.sorted.Groups(func(g []onboard.Mark) error {
		all := uint64(0)
		for _, m := range g {
			all |= m.Row
		}
		x := risky{hash: g[0].Key, weight: weigh(all), why: reasons(all), order: g[0].Key[0] ^ onboard.Hash([]byte(r.w.out.Load))[0]}
		list = append(list, x)
		slices.SortFunc(list, func(a, b risky) int {
			return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.order, b.order))
		})
		if len(list) > riskiest {
			list = list[:riskiest]
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for row, err := range r.w.extract.Rows("patients") {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		h := onboard.Hash([]byte(row.Key()))
		for i := range list {
			if list[i].hash == h {
				list[i].key = row.Key()
			}
		}
	}
	return slices.DeleteFunc(list, func(x risky) bool { return x.key == "" }), nil
}

func weigh(all uint64) int {
	sum, weights := 0, riskWeights()
	for ; all != 0; all &= all - 1 {
		sum += weights[bits.TrailingZeros64(all)]
	}
	return sum
}

func reasons(all uint64) string {
	var out []string
	for ; all != 0; all &= all - 1 {
		out = append(out, riskWords()[bits.TrailingZeros64(all)])
	}
	return strings.Join(out, ", ")
}
