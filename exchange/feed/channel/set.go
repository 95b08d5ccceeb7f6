package channel

import (
	"time"

	"concord/standard/fhirpath"
	"concord/standard/hl7v2"
)

// Set is what an organisation's channel files say.
type Set struct {
	Channels     []Channel     `yaml:"channels,omitempty"`
	Inbound      []Inbound     `yaml:"inbound,omitempty"`
	Destinations []Destination `yaml:"destinations,omitempty"`
	Systems      []System      `yaml:"systems,omitempty"`
}

// Channel takes changes of the record, or messages of one feed, to
// destinations.
type Channel struct {
	Name         string   `yaml:"name"`
	Title        string   `yaml:"title,omitempty"`
	Source       Source   `yaml:"source"`
	Filter       Filter   `yaml:"filter,omitempty"`
	Map          Mapping  `yaml:"map,omitempty"`
	Destinations []string `yaml:"destinations"`

	rules rules
}

// Source is where a channel takes from: one of the two.
type Source struct {
	Changes string `yaml:"changes,omitempty"` // "record": the change feed
	Feed    string `yaml:"feed,omitempty"`    // the name of a feed whose messages are passed on
}

// Filter narrows what a channel takes. What is empty does not narrow.
type Filter struct {
	Organisations []string `yaml:"organisations,omitempty"` // ODS codes; empty = the channel's own
	Types         []string `yaml:"types,omitempty"`         // Encounter, Patient, DiagnosticReport, Observation, DocumentReference
	Events        []string `yaml:"events,omitempty"`        // "A01" … "R01", "T02"
	Classes       []string `yaml:"classes,omitempty"`       // of an Encounter: IMP, EMER, AMB, SS, PRENC
	Where         string   `yaml:"where,omitempty"`         // FHIRPath on the resource
	Loads         bool     `yaml:"loads,omitempty"`         // tell also what the load of a joining trust brings, and its undo
}

// Mapping is what a channel makes of it.
type Mapping struct {
	Format            string            `yaml:"format,omitempty"`  // hl7 (as without it) or fhir
	Version           string            `yaml:"version,omitempty"` // MSH-12, 2.4 without it
	Sender            string            `yaml:"sender,omitempty"`  // MSH-3, CONCORD without it
	Facility          string            `yaml:"facility,omitempty"`
	Receiver          string            `yaml:"receiver,omitempty"`
	ReceivingFacility string            `yaml:"receiving-facility,omitempty"`
	Set               map[string]string `yaml:"set,omitempty"` // "PV1-18": text, or "= FHIRPath"
	Codes             []CodeMap         `yaml:"codes,omitempty"`
}

// CodeMap puts other codes in the place of ours.
type CodeMap struct {
	Field     string            `yaml:"field"` // "PV1-3.1": in every repetition, of every such segment
	Table     map[string]string `yaml:"table"`
	Otherwise string            `yaml:"otherwise,omitempty"` // keep (as without it), drop, refuse, or "=CODE"
}

// Destination is where messages go, one queue each.
type Destination struct {
	Name         string        `yaml:"name"`
	Title        string        `yaml:"title,omitempty"`
	MLLP         string        `yaml:"mllp,omitempty"`   // host:port
	FHIR         string        `yaml:"fhir,omitempty"`   // base URL
	Folder       string        `yaml:"folder,omitempty"` // of the server
	TLS          *TLS          `yaml:"tls,omitempty"`
	TokenFile    string        `yaml:"token-file,omitempty"` // bearer token of a FHIR server
	Connections  int           `yaml:"connections,omitempty"`
	AnswerWithin time.Duration `yaml:"answer-within,omitempty"`
	Retry        Retry         `yaml:"retry,omitempty"`
	Refused      string        `yaml:"refused,omitempty"`     // hold (as without it) or pass
	KeepBodies   time.Duration `yaml:"keep-bodies,omitempty"` // of what was sent; 0 = 30 days
}

// TLS is how a destination proves itself, and we to it: files of the server.
type TLS struct {
	CA          string `yaml:"ca,omitempty"` // PEM; empty = those of the system
	Certificate string `yaml:"certificate,omitempty"`
	Key         string `yaml:"key,omitempty"`
	Name        string `yaml:"name,omitempty"` // to expect in its certificate
}

// Retry is how a destination is tried again.
type Retry struct {
	First    time.Duration `yaml:"first,omitempty"`    // wait before the second attempt, 1s without it
	Most     time.Duration `yaml:"most,omitempty"`     // 1m without it
	Attempts int           `yaml:"attempts,omitempty"` // of one message that gets no answer while others do; 10 without it
}

// System is an entry of the register of legacy systems.
type System struct {
	Code      string        `yaml:"code"`
	Name      string        `yaml:"name"`
	Owner     string        `yaml:"owner"`
	Sends     []string      `yaml:"sends,omitempty"`    // feeds
	Receives  []string      `yaml:"receives,omitempty"` // destinations
	SwitchOff string        `yaml:"switch-off,omitempty"`
	Quiet     time.Duration `yaml:"quiet,omitempty"` // no message for so long before it may go, 14 days without it
	Keeps     []string      `yaml:"keeps,omitempty"` // what is done nowhere else yet
}

// rules are a channel made ready: what the text says, once.
type rules struct {
	types, events, classes, orgs map[string]bool
	where                        *fhirpath.Expr
	sets                         []setRule
	codes                        []codeRule
}

type setRule struct {
	path hl7v2.Path
	text string
	expr *fhirpath.Expr
}

type codeRule struct {
	path hl7v2.Path
	*CodeMap
}

// Kind is how a destination is reached: "mllp", "fhir" or "folder".
func (d *Destination) Kind() string {
	switch {
	case d.MLLP != "":
		return "mllp"
	case d.FHIR != "":
		return "fhir"
	}
	return "folder"
}

// Address is where a destination is.
func (d *Destination) Address() string { return d.MLLP + d.FHIR + d.Folder }

// Holds tells whether a message that was refused holds back the patient's
// later ones.
func (d *Destination) Holds() bool { return d.Refused != "pass" }

// FHIR tells a channel that writes FHIR rather than HL7 v2.
func (c *Channel) FHIR() bool { return c.Map.Format == "fhir" }

// Relays tells a channel that passes on messages of a feed.
func (c *Channel) Relays() bool { return c.Source.Feed != "" }
