package reconcile

import (
	"encoding/hex"
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/standard/uk"
)

// columns are what is compared of each class, in order: names of the layout's
// columns, or of what several of them come to in the record.
func columns(class string) []string {
	switch class {
	case "patients":
		return []string{"nhs_number", "nhs_status", "family", "given", "former_family", "title", "born", "died", "sex", "ethnic",
			"address_1", "address_2", "town", "postcode", "phone", "mobile", "email", "practice", "multiple_birth", "merged_into", "hospital_number"}
	case "alerts":
		return []string{"patient", "kind", "code", "text", "severity", "status", "recorded"}
	case "encounters":
		return []string{"patient", "class", "started", "ended", "ward", "bed", "consultant", "specialty", "expected"}
	case "pathways":
		return []string{"patient", "pathway", "on", "status", "kind", "outcome", "priority", "discharged", "start", "provider", "specialty"}
	case "waiting":
		return []string{"patient", "pathway", "clock_start", "status", "weeks", "specialty", "consultant", "priority", "listed", "procedure"}
	case "appointments":
		return []string{"patient", "pathway", "clinic", "starts", "minutes", "kind", "status", "consultant"}
	case "documents":
		return []string{"patient", "encounter", "kind", "title", "written", "author", "status", "file"}
	case "results":
		return []string{"patient", "order", "code", "name", "value", "range", "status", "taken", "reported"}
	}
	return []string{"patient", "code", "text", "dose", "status", "started", "ended", "prescriber"}
}

// ofRow is what a row of the stage says, by columns of its class.
// whose gives what stands for its patient.
func ofRow(class string, row onboard.Row, whose func(onboard.Row) string) []string {
	names := columns(class)
	out := make([]string, len(names))
	for i, name := range names {
		if name == "patient" {
			out[i] = whose(row)
		} else {
			out[i] = cell(class, name, row)
		}
	}
	return out
}

// nameOf is what the record knows a row by: a patient by the hospital number, as
// everything that is about the patient does.
func nameOf(class string, row onboard.Row, numbers onboard.Numbers) string {
	if class == "patients" {
		return numbers.Of(row.Key())
	}
	return row.Key()
}

// whose stands for the patient of a row: of one that the source has merged into
// another since, for that one.
func (w *reconciling) whose(row onboard.Row) string {
	return ownerOf(w.record.merges.Of(w.numbers.Of(row.At("patient"))))
}

// ownerOf stands for a patient's number.
func ownerOf(number string) string { return hexOf(onboard.Hash([]byte(number))) }

// cell is one column in the form in which both sides are compared. A value that
// is kept by the stage although it has not the form of its column says nothing
// in the record.
func cell(class, name string, row onboard.Row) string {
	v := row.At(name)
	switch name {
	case "born", "died", "recorded", "expected":
		return day(v)
	case "started", "ended":
		if class == "encounters" {
			return moment(v)
		}
		return day(v)
	case "written", "taken", "reported", "starts":
		return moment(v)
	case "address_1", "address_2": // the lines that there are, without gaps
		first := row.At("address_1")
		if first == "" && name == "address_1" {
			return row.At("address_2")
		}
		if first == "" {
			return ""
		}
	case "given":
		return strings.Join(strings.Fields(v), " ")
	case "nhs_status":
		return numberStatus(row.At("nhs_number"), v)
	case "sex":
		return gender(v)
	case "ethnic":
		if uk.EthnicCategory(v) == "" {
			return ""
		}
	case "practice":
		if !uk.ODSCode(v) {
			return ""
		}
	case "multiple_birth":
		return flag(v == "Y")
	case "merged_into":
		return flag(v != "")
	case "severity":
		if row.At("kind") != "allergy" { // an alert has none
			return ""
		}
	case "minutes":
		return minutes(v)
	case "value":
		return strings.TrimSpace(v + " " + row.At("unit"))
	case "hospital_number": // where none is, the key is the number
		if v == "" {
			return row.Key()
		}
	case "dose":
		return strings.Join(strings.Fields(v+" "+row.At("route")+" "+row.At("frequency")), " ")
	}
	return v
}

func hexOf(h [2]uint64) string {
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(h[0]>>(56-8*i)), byte(h[1]>>(56-8*i))
	}
	return hex.EncodeToString(b[:])
}

func day(v string) string {
	if t, err := time.Parse(time.DateOnly, v); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}

const localMoment = "2006-01-02T15:04:05"

func moment(v string) string {
	if t, err := time.Parse(localMoment, v); err == nil {
		return t.Format(localMoment)
	}
	return ""
}

// numberStatus is the status that an NHS number of that row goes by: one that is
// no number needs a trace, and one without a status is not traced.
func numberStatus(number, status string) string {
	if number == "" {
		return ""
	}
	if _, err := uk.ParseNHSNumber(number); err != nil {
		return string(uk.TraceRequired)
	}
	if s, ok := uk.ParseStatus(status); ok {
		return string(s)
	}
	return string(uk.NotTraced)
}

func gender(v string) string {
	switch v {
	case "1", "M", "male":
		return "male"
	case "2", "F", "female":
		return "female"
	case "9":
		return "other"
	}
	return "unknown"
}

func flag(is bool) string {
	if is {
		return "Y"
	}
	return ""
}

// minutes are those of an appointment; a length that is none is a quarter of an
// hour.
func minutes(v string) string {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' || n > 24*60 {
			return "15"
		}
		n = n*10 + int(c-'0')
	}
	if n == 0 || n > 24*60 {
		return "15"
	}
	return strings.TrimLeft(v, "0")
}
