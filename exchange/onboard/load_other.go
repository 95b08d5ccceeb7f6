package onboard

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"concord/fault"
)

// Codes of rows that a load refuses since their number is somebody else's.
const (
	codeOtherPerson    = "record.other-person"     // of the patient's own row, by the record
	codePatientRefused = "onboard.patient-refused" // of a row about that patient
)

// readOthers reads whose rows earlier loads refused because the trust's feed knows
// somebody else under the number: nothing is filed there, by a load that goes on or
// by a delta either.
func (ld *loader) readOthers() error {
	list, err := ld.stage.loads()
	if err != nil {
		return err
	}
	for _, x := range list {
		l, err := x.Loading()
		if err != nil {
			return err
		}
		if l == nil || l.State == stateUndone || x.Taken.After(ld.extract.Taken) {
			continue
		}
		keys, err := x.othersOf(l)
		if err != nil {
			return err
		}
		for _, k := range keys {
			ld.other(k)
		}
	}
	return nil
}

func (ld *loader) other(key [2]uint64) {
	if ld.others == nil {
		ld.others = map[[2]uint64]bool{}
	}
	ld.others[key] = true
}

// notOf takes out rows about a patient whose number is somebody else's.
func (ld *loader) notOf(b *batch, rows []loadRow) []loadRow {
	at := ld.at.column("patient")
	if at < 0 || len(ld.others) == 0 {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r loadRow) bool {
		if !ld.others[keyOf(r.fields[at])] {
			return false
		}
		b.refuse(codePatientRefused, r)
		return true
	})
}

// RefusedByLoad tells why a load refused rows of a class, by their keys.
func (x *Extract) RefusedByLoad(class string) (map[string]string, error) {
	names, err := filepath.Glob(x.path("refused", "load", class+"*.csv"))
	if err != nil {
		return nil, unstaged(err)
	}
	out := map[string]string{}
	for _, name := range names {
		if err := readCodes(name, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readCodes reads reason and key of refused rows: reason, file and line stand
// before the columns of the class. A line that a crash has torn is in the next file
// again.
func readCodes(name string, into map[string]string) error {
	f, err := os.Open(name)
	if err != nil {
		return unstaged(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	for first := true; ; first = false {
		row, err := r.Read()
		var torn *csv.ParseError
		if errors.Is(err, io.EOF) || errors.As(err, &torn) {
			return nil
		}
		if err != nil {
			return fault.Wrap(err, fault.Busy, "onboard.stage", "the refused rows cannot be read")
		}
		if !first && len(row) > 3 {
			into[string(unguarded([]byte(row[3])))] = strings.Clone(row[0])
		}
	}
}

// forgetRefused removes what an attempt before refused: a new one tells anew.
func (x *Extract) forgetRefused() error { return unstaged(os.RemoveAll(x.path("refused", "load"))) }
