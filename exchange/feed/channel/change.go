package channel

import (
	"time"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// Change is one resource that one commit wrote.
type Change struct {
	Type, ID string
	Version  int64
	Org      string      // ODS code of the controlling organisation
	Record   int64       // the record that it lies in: what its order is kept by
	At       time.Time   // of the commit
	Now      *fhir.Value // nil when it was deleted
	Before   *fhir.Value // nil when there was none, or it was deleted then
}

// body is what there is of the resource: as it was before a deletion.
func (c *Change) body() *fhir.Value {
	if c.Now != nil {
		return c.Now
	}
	return c.Before
}

// Look finds what a reference ("Patient/abc-1") leads to, as it stands, and the
// record that it lies in; nil when it leads to nothing that may be seen.
type Look func(ref string) (resource *fhir.Value, record int64)

// Message is what a channel sends. Its text names the control id and the time
// of the change, nothing else that a second making would not make again.
type Message struct {
	Trigger string // "ADT^A01", or "FHIR" with the type
	Control string
	Text    []byte
	Records []int64  // what it is about, for its order; several for a merge
	Lanes   []uint64 // the same of a message that is passed on: hashes of hospital numbers
	Problem *Problem // it cannot be sent as it is: File and Line are empty
}

// Context is what a channel needs beside the changes.
type Context struct {
	Look    Look
	Zone    *time.Location           // of times without offset
	Control func(ordinal int) string // the control id of the n-th message of a commit, at most 20 characters
}

// taken is a change that passed the filter, with what it is about.
type taken struct {
	*Change
	event   string // "A01"; "R01", "T02" for the others
	patient *fhir.Value
	old     *fhir.Value // the entry that a merge ended
	records []int64
	loose   []*Change // Observations that belong together
}

// Messages makes the messages of one commit, in order. All of its changes are given:
// an Encounter's message carries its Patient, and a report's its results, so
// that these are not sent a second time.
func (c *Channel) Messages(changes []Change, x Context) []Message {
	var out []Message
	for _, t := range c.take(changes, x) {
		m := Message{Control: x.Control(len(out)), Records: t.records}
		c.write(&m, t, x)
		out = append(out, m)
	}
	return out
}

// Wants tells whether a channel looks at a type of an organisation at all.
func (c *Channel) Wants(typ, org string) bool {
	if c.Relays() || !c.rules.orgs[org] {
		return false
	}
	if len(c.rules.types) > 0 {
		return c.rules.types[typ]
	}
	switch typ {
	case "Patient", "Encounter", "DiagnosticReport", "Observation", "DocumentReference":
		return true
	}
	return false
}

// write makes the text of a message. What cannot be written leaves a Problem.
func (c *Channel) write(m *Message, t taken, x Context) {
	if c.FHIR() {
		m.Trigger, m.Text = "FHIR "+t.Type, transaction(m.Control, t)
		return
	}
	w := &writer{c: c, b: hl7v2.NewBuilder(hl7v2.Standard()), x: x, t: t}
	m.Trigger = kindOf(t.event) + "^" + t.event
	w.header(m.Control)
	switch t.event {
	case "R01":
		w.results()
	case "T02":
		w.document()
	default:
		w.admission()
	}
	text := w.b.String()
	if w.problem == nil && len(c.rules.sets)+len(c.rules.codes) > 0 {
		text = w.adjust(text)
	}
	m.Text, m.Problem = []byte(text), w.problem
}

// kindOf is the message that an event is of.
func kindOf(event string) string {
	switch event {
	case "R01":
		return "ORU"
	case "T02":
		return "MDM"
	}
	return "ADT"
}
