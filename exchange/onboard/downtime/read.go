package downtime

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
)

// Columns are those of a downtime log, in order.
func Columns() []string {
	return []string{"key", "happened", "by", "patient", "kind", "what", "value", "unit"}
}

// The kinds of rows.
const (
	Note        = "note"        // what is the text
	Observation = "observation" // what, value and unit
	Given       = "given"       // a medicine that was given: what it was, and its dose as value and unit
	Allergy     = "allergy"     // what to
)

// Row is one line of the log.
type Row struct {
	Line     int
	Key      string // names the row within the organisation's log
	Happened time.Time
	By       string // who did it
	Patient  string // hospital number
	Kind     string
	What     string
	Value    string
	Unit     string
	Wrong    string // why it cannot be entered, "" = it can
}

const maxRows = 100_000

// Read reads a log; times are local. Rows that are wrong come with their reason.
// Errors: Invalid "downtime.header", "downtime.csv"; TooCostly "downtime.long".
func Read(in io.Reader, zone *time.Location, now time.Time) ([]Row, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil || !slices.Equal(head, Columns()) {
		return nil, fault.New(fault.Invalid, "downtime.header", "the first line is %s", strings.Join(Columns(), ","))
	}
	var out []Row
	keys := map[string]bool{}
	for {
		f, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		line, _ := r.FieldPos(0)
		switch {
		case err != nil:
			return nil, fault.New(fault.Invalid, "downtime.csv", "line %d is no CSV", line)
		case len(out) == maxRows:
			return nil, fault.New(fault.TooCostly, "downtime.long", "a log has at most %d rows", maxRows)
		}
		row := rowOf(f, zone, now)
		row.Line = line
		if row.Wrong == "" && keys[row.Key] {
			row.Wrong = "duplicate"
		}
		keys[row.Key] = true
		out = append(out, row)
	}
}

func rowOf(f []string, zone *time.Location, now time.Time) Row {
	if len(f) != len(Columns()) {
		return Row{Wrong: "columns"}
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	row := Row{Key: f[0], By: f[2], Patient: f[3], Kind: f[4], What: f[5], Value: f[6], Unit: f[7]}
	at, err := time.ParseInLocation("2006-01-02 15:04", f[1], zone)
	row.Happened = at
	switch {
	case row.Key == "" || len(row.Key) > 100:
		row.Wrong = "key"
	case err != nil:
		row.Wrong = "happened: 2006-01-02 15:04 is asked for"
	case at.After(now):
		row.Wrong = "happened: in the future"
	case now.Sub(at) > 30*24*time.Hour:
		row.Wrong = "happened: more than 30 days ago"
	case row.By == "":
		row.Wrong = "by: who did it is missing"
	case row.Patient == "":
		row.Wrong = "patient: the hospital number is missing"
	case row.What == "":
		row.Wrong = "what: it is missing"
	case !slices.Contains([]string{Note, Observation, Given, Allergy}, row.Kind):
		row.Wrong = "kind: note, observation, given or allergy"
	case row.Kind == Observation && row.Value == "":
		row.Wrong = "value: it is missing"
	case row.Kind == Given && !decimal(row.Value): // R4 asks for a dose (mad-1)
		row.Wrong = "value: the dose is a number"
	}
	return row
}

// decimal tells a number that JSON takes as it stands.
func decimal(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	whole, _, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return err == nil && strings.Trim(s, "0123456789.-") == "" && !strings.HasSuffix(s, ".") && whole != "" && (len(whole) == 1 || whole[0] != '0')
}
