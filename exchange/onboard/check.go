package onboard

import "strings"

// Problem counts what is wrong with values of one column, or with whole rows
// (Column ""). Refused tells that such a row is refused, else it is kept as it
// is.
type Problem struct {
	Class   string `json:"class"`
	Column  string `json:"column,omitempty"`
	Code    string `json:"code"`
	Refused bool   `json:"refused"`
	Rows    int64  `json:"rows"`
}

// tally counts problems of one class.
type tally map[Problem]int64

func (t tally) add(class, column, code string, refused bool) {
	t[Problem{Class: class, Column: column, Code: code, Refused: refused}]++
}

func (t tally) merge(other tally) {
	for p, n := range other {
		t[p] += n
	}
}

// wrongValue is what is wrong with the value of a column.
type wrongValue struct {
	column int
	code   string
}

// row holds the fields of a row, in the order of the class's columns, against
// them. It gives the fields as they are staged, and why the row is refused, ""
// if it is not. The fields given are valid until the next row.
func (k *checker) row(fields [][]byte, staged [][]byte, t tally) (refused string) {
	k.wrong = k.wrong[:0]
	misfits := 0
	for i := range fields {
		var code string
		if staged[i], code = k.field(i, fields[i]); code != "" {
			k.wrong = append(k.wrong, wrongValue{i, code})
		}
		if misfit(code) {
			misfits++
		}
	}
	if misfits >= leastShifted && k.shifted(fields, misfits) {
		t.add(k.class.Name, "", wrongShifted, true)
		return wrongShifted
	}
	if i := k.inOrder(); i >= 0 {
		k.wrong = append(k.wrong, wrongValue{i, wrongOrder})
	}
	var why []string
	for _, w := range k.wrong {
		col := &k.class.Columns[w.column]
		refuses := refuses(col, w.code)
		t.add(k.class.Name, col.Name, w.code, refuses)
		if refuses {
			why = append(why, col.Name+": "+w.code)
		}
	}
	return strings.Join(why, "; ")
}

// refuses tells whether what is wrong with a value refuses its row: always for
// what is no text, else where a load cannot do without the value.
func refuses(col *Column, wrong string) bool {
	switch wrong {
	case wrongEncoding, wrongControl, wrongLong:
		return true
	case wrongMojibake, wrongCheck, wrongRange:
		return false
	}
	return col.Must || col.Sure
}

// misfit tells a value that has not the form of its column, as one of another
// column has.
func misfit(wrong string) bool {
	return wrong == wrongFormat || wrong == wrongChoice || wrong == wrongCheck
}

// leastShifted is how many values must not fit before a row is taken to be
// shifted.
const leastShifted = 2

// shifted tells whether the values of a row fit their columns better when those
// from some column on are moved by one: a field was lost, or one too many has
// come in. Nothing but the columns that have a form can tell.
func (k *checker) shifted(fields [][]byte, misfits int) bool {
	saved := append([]day(nil), k.days...)
	defer copy(k.days, saved)
	for _, by := range []int{1, -1} {
		for from := range k.order {
			if left, mended := k.moved(fields, from, by); left*2 <= misfits && mended >= leastShifted {
				return true
			}
		}
	}
	return false
}

// moved counts the values that do not fit when those from a column of the
// source on are moved, and of the moved ones those that fit and did not before.
func (k *checker) moved(fields [][]byte, from, by int) (misfits, mended int) {
	for n, i := range k.order {
		at := n
		if n >= from {
			at = n + by
		}
		if i < 0 || at < 0 || at >= len(k.order) || k.order[at] < 0 {
			continue
		}
		v := fields[k.order[at]]
		_, was := k.field(i, fields[i])
		_, now := k.field(i, v)
		if misfit(now) {
			misfits++
		}
		if misfit(was) && now == "" && len(v) > 0 {
			mended++
		}
	}
	return misfits, mended
}
