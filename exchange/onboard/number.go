package onboard

import (
	"cmp"
	"context"
	"slices"

	"concord/fault"
	"concord/standard/uk"
)

// Numbers are the hospital numbers of the patients of an extract whose key in the
// source is another, by the hashes of their keys. It is nil where every key is the
// number: 60 bytes a patient where none is.
type Numbers map[[2]uint64]string

// Of is the hospital number of the patient of a key.
func (n Numbers) Of(key string) string {
	if len(n) == 0 {
		return key
	}
	if number, another := n[keyOf([]byte(key))]; another {
		return number
	}
	return key
}

// Numbers reads the hospital numbers of the patients that can be loaded. The
// extract must have been profiled.
func (x *Extract) Numbers() (Numbers, error) {
	r, err := x.Report()
	if err != nil || !r.fills("patients", "hospital_number") {
		return nil, err
	}
	out := Numbers{}
	for row, err := range x.Rows("patients") {
		if err != nil {
			return nil, err
		}
		if number := row.At("hospital_number"); number != "" && number != row.Key() {
			out[keyOf(row.fields[0])] = number
		}
	}
	return out, nil
}

// readNumbers reads those of the extract, and of the one that it is a delta of.
func (ld *loader) readNumbers() (err error) {
	if ld.numbers, err = ld.extract.Numbers(); err != nil || ld.delta == nil {
		return err
	}
	base, err := ld.stage.Find(ld.delta.Base)
	if fault.Is(err, fault.NotFound) { // it was dropped: patients are found by their keys
		return nil
	}
	if err != nil {
		return err
	}
	ld.was, err = base.Numbers()
	return err
}

// fills tells whether any row has a value in a column.
func (r *Report) fills(class, column string) bool {
	if r == nil {
		return false
	}
	for _, c := range r.Classes {
		if c.Class == class {
			return slices.ContainsFunc(c.Columns, func(c ColumnReport) bool { return c.Column == column && c.Filled > 0 })
		}
	}
	return false
}

// KeyKind is the kind of identifier that a patient's key is where their hospital
// number is another.
const KeyKind uk.Local = "extract-patients"

// numberedRow is a patient whose hospital number is another than the key.
type numberedRow struct {
	number, key [2]uint64
	id          rowID
	part        int
}

// numbered notes a row of a patient whose hospital number is another.
func (w *classWork) numbered(id rowID, part int, fields [][]byte) {
	i := w.class.column("hospital_number")
	if i < 0 || len(fields[i]) == 0 || string(fields[i]) == string(fields[0]) {
		return
	}
	w.numbers = append(w.numbers, numberedRow{keyOf(fields[i]), keyOf(fields[0]), id, part})
}

// oneEach refuses patients who have one hospital number between them: nobody can
// say whose it is, and the record would take them for one. It goes by what is left
// when the rows of each key are resolved.
func (p *profiling) oneEach(ctx context.Context, w *classWork) error {
	w.numbers = slices.DeleteFunc(w.numbers, func(n numberedRow) bool { return w.fates[n.id] != 0 })
	if len(w.numbers) == 0 {
		return nil
	}
	slices.SortFunc(w.numbers, func(a, b numberedRow) int {
		return cmp.Or(compareKeys(a.number, b.number), cmp.Compare(a.id, b.id))
	})
	elsewhere := map[[2]uint64]bool{} // keys that are no numbers
	for _, n := range w.numbers {
		elsewhere[n.key] = true
	}
	lost, clash := map[[2]uint64]bool{}, map[[2]uint64]bool{}
	for i := 0; i < len(w.numbers); {
		end := i + 1
		for end < len(w.numbers) && w.numbers[end].number == w.numbers[i].number {
			end++
		}
		whose := w.numbers[i].number
		another := w.keys.has(whose) && !elsewhere[whose] // somebody's key is their number
		if another {
			clash[whose] = true
		}
		for _, n := range w.numbers[i:end] {
			if another || end > i+1 {
				w.sharesNumber(n.id, n.key, n.part, lost)
			}
		}
		i = end
	}
	if len(clash) > 0 {
		for i, f := range w.files {
			if err := p.eachRow(ctx, w, f, func(n int64, _ origin, r *rowReader) error {
				if k := keyOf(r.fields[0]); clash[k] && w.fates[idOf(i, n)] == 0 {
					w.sharesNumber(idOf(i, n), k, f.part, lost)
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
	w.keys = slices.DeleteFunc(w.keys, func(k [2]uint64) bool { return lost[k] })
	w.numbers = nil
	return nil
}

func (w *classWork) sharesNumber(id rowID, key [2]uint64, part int, lost map[[2]uint64]bool) {
	w.fates[id] = fateTwice
	w.tally.add(w.class.Name, "hospital_number", wrongTwice, true)
	w.gone[key], lost[key] = part, true
}
