package channel

import (
	"slices"
	"strings"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// take finds what a commit is to this channel, in the order of its changes.
func (c *Channel) take(changes []Change, x Context) []taken {
	var out []taken
	told := map[int64]bool{} // patients of whom an event of a visit is sent
	results := map[string]bool{}
	for i := range changes {
		ch := &changes[i]
		switch {
		case ch.Type == "Encounter" && c.passes(ch):
			if event := visitEvent(ch.Before, ch.Now); event != "" && c.event(event) {
				out = append(out, c.about(ch, event, x))
				told[ch.Record] = true
			}
		case ch.Type == "DiagnosticReport" && c.passes(ch) && c.event("R01"):
			out = append(out, c.about(ch, "R01", x))
			for r := range ch.body().Get("result").Each() {
				results[r.StrAt("reference")] = true
			}
		case ch.Type == "DocumentReference" && c.passes(ch) && c.event("T02"):
			out = append(out, c.about(ch, "T02", x))
		}
	}
	out = append(out, c.looseResults(changes, results, x)...)
	return append(c.patients(changes, told, x), out...)
}

// patients are the events of people, but of those whose visit is told anyhow.
// They go first: a merge comes before what follows it.
func (c *Channel) patients(changes []Change, told map[int64]bool, x Context) []taken {
	var out []taken
	for i := range changes {
		ch := &changes[i]
		if ch.Type != "Patient" || !c.passes(ch) || ch.Now == nil {
			continue
		}
		survivor := newlyReplacedBy(ch.Before, ch.Now)
		switch {
		case survivor != "":
			if !c.event("A40") {
				continue
			}
			t := c.about(ch, "A40", x)
			goesOn, record := x.Look(survivor)
			t.patient, t.old = goesOn, ch.Now
			if record != 0 {
				t.records = []int64{record, ch.Record}
			}
			out = append(out, t)
			told[record] = true // the survivor of a merge is told with it
		case told[ch.Record] || mergedAway(ch.Now):
		case ch.Before == nil && c.event("A28"):
			out = append(out, c.about(ch, "A28", x))
		case ch.Before != nil && c.event("A31") && tells(ch.Before, ch.Now):
			out = append(out, c.about(ch, "A31", x))
		}
	}
	// What a merge tells of its survivor is not told again, whichever came first.
	return slices.DeleteFunc(out, func(t taken) bool { return t.event != "A40" && told[t.Record] })
}

// looseResults are Observations that no report of the commit carries: one
// message a patient.
func (c *Channel) looseResults(changes []Change, carried map[string]bool, x Context) []taken {
	var out []taken
	at := map[int64]int{}
	for i := range changes {
		ch := &changes[i]
		if ch.Type != "Observation" || carried["Observation/"+ch.ID] || !c.passes(ch) || !c.event("R01") {
			continue
		}
		n, there := at[ch.Record]
		if !there {
			n = len(out)
			at[ch.Record] = n
			out = append(out, c.about(ch, "R01", x))
		}
		out[n].loose = append(out[n].loose, ch)
	}
	return out
}

// passes holds a change against organisation, type, class and condition.
func (c *Channel) passes(ch *Change) bool {
	body := ch.body()
	if body == nil || !c.Wants(ch.Type, ch.Org) {
		return false
	}
	r := &c.rules
	if !c.Filter.Loads && loadOf(ch.Before) != loadOf(ch.Now) {
		return false // millions at once, of a trust whose own systems know them
	}
	if ch.Type == "Encounter" && len(r.classes) > 0 && !r.classes[body.StrAt("class.code")] {
		return false
	}
	if r.where == nil {
		return true
	}
	ok, err := r.where.Test(&fhirpath.Env{Now: ch.At}, fhirpath.Resource(body))
	return ok && err == nil
}

// loadOf is the load that a version says it came by, "" of one that came
// otherwise (exchange/onboard marks what it loads so).
func loadOf(v *fhir.Value) string {
	for tag := range v.Path("meta.tag").Each() {
		if tag.StrAt("system") == "urn:concord:load" {
			return tag.StrAt("code")
		}
	}
	return ""
}

func (c *Channel) event(name string) bool { return len(c.rules.events) == 0 || c.rules.events[name] }

// about finds the patient of a change.
func (c *Channel) about(ch *Change, event string, x Context) taken {
	t := taken{Change: ch, event: event, records: []int64{ch.Record}}
	if ch.Type == "Patient" {
		t.patient = ch.body()
		return t
	}
	patient, record := x.Look(ch.body().StrAt("subject.reference"))
	t.patient = patient
	if record != 0 {
		t.records = []int64{record}
		if ch.Record != record {
			t.records = append(t.records, ch.Record)
		}
	}
	return t
}

// visitEvent is what became of a visit between two versions: HL7 2.5.1 chapter
// 3. "" is nothing that these events tell: a visit that is only planned.
func visitEvent(before, now *fhir.Value) string {
	was, is := before.StrAt("status"), now.StrAt("status")
	open, begun := underWay(is), underWay(was) || was == "finished"
	switch {
	case now == nil || gone(is):
		if begun {
			return "A11"
		}
		return ""
	case is == "finished" && was != "finished":
		return "A03"
	case open && was == "finished":
		return "A13"
	case open && !begun && inpatient(now):
		return "A01"
	case open && !begun:
		return "A04"
	case open && inpatient(now) && !inpatient(before):
		return "A06"
	case open && inpatient(before) && !inpatient(now):
		return "A07"
	case open && moved(before, now):
		return "A02"
	case open || is == "finished":
		return "A08"
	}
	return ""
}

func underWay(status string) bool {
	return status == "arrived" || status == "triaged" || status == "in-progress" || status == "onleave"
}

func gone(status string) bool { return status == "cancelled" || status == "entered-in-error" }

func inpatient(enc *fhir.Value) bool {
	switch enc.StrAt("class.code") {
	case "IMP", "ACUTE", "NONAC", "SS":
		return true
	}
	return false
}

func moved(before, now *fhir.Value) bool {
	from, to := placeOf(before), placeOf(now)
	return to != "" && from != to
}

// placeOf is where the patient of a visit is: the place in use, else the one
// last left.
func placeOf(enc *fhir.Value) string { return location(enc).StrAt("location.identifier.value") }

func location(enc *fhir.Value) *fhir.Value {
	var last *fhir.Value
	for l := range enc.Get("location").Each() {
		switch l.StrAt("status") {
		case "active":
			return l
		case "completed", "":
			if last == nil || l.StrAt("period.end") >= last.StrAt("period.end") {
				last = l
			}
		}
	}
	return last
}

// newlyReplacedBy is the reference of the entry under which a trust goes on,
// when this version is the first to say so.
func newlyReplacedBy(before, now *fhir.Value) string {
	for l := range now.Get("link").Each() {
		if l.StrAt("type") != "replaced-by" {
			continue
		}
		ref := l.StrAt("other.reference")
		if !fhir.HasLink(before, ref, "replaced-by") {
			return ref
		}
	}
	return ""
}

func mergedAway(p *fhir.Value) bool {
	for l := range p.Get("link").Each() {
		if l.StrAt("type") == "replaced-by" {
			return true
		}
	}
	return false
}

// tells tells whether two versions of a Patient differ in anything but what is
// said about the version.
func tells(before, now *fhir.Value) bool {
	bare := func(v *fhir.Value) *fhir.Value { return v.Without("meta", "link", "text") }
	return !fhir.Equal(bare(before), bare(now))
}

// localPart is the last part of one of a trust's own systems:
// "urn:concord:RQM:code:NWLP" is "NWLP".
func localPart(system string) string {
	rest, ok := strings.CutPrefix(system, "urn:concord:")
	if !ok {
		return ""
	}
	parts := strings.Split(rest, ":")
	return parts[len(parts)-1]
}
