package channel

import (
	"strings"

	"concord/standard/hl7v2"
)

// Inbound is what is done to the messages of one feed before they are read: which
// are passed over, and what of the others is put right. The message that came stays
// in the journal as it was.
type Inbound struct {
	Name   string        `yaml:"name"`
	Title  string        `yaml:"title,omitempty"`
	Source InboundSource `yaml:"source"`
	Filter InboundFilter `yaml:"filter,omitempty"`
	Map    InboundMap    `yaml:"map,omitempty"`

	rules inboundRules
}

// InboundSource is whose messages a channel takes: a feed's by its name, or those of
// a sender (MSH-3), a facility (MSH-4), or both.
type InboundSource struct {
	Feed     string `yaml:"feed,omitempty"`
	Sender   string `yaml:"sender,omitempty"`
	Facility string `yaml:"facility,omitempty"`
}

// String names a source.
func (s InboundSource) String() string {
	if s.Feed != "" {
		return s.Feed
	}
	return strings.Trim(s.Sender+"@"+s.Facility, "@")
}

// InboundFilter tells which messages are not read. What is empty passes none over.
type InboundFilter struct {
	Events     []string   `yaml:"events,omitempty"`     // that are read: "A01" or "ADT^A01"; others are passed over by "events"
	Facilities []string   `yaml:"facilities,omitempty"` // MSH-4 that are read; others are passed over by "facilities"
	PassOver   []PassOver `yaml:"pass-over,omitempty"`
}

// PassOver is a rule by which messages are passed over: each place of When has one
// of its values, and not every place of Unless has one of its own.
type PassOver struct {
	Name   string              `yaml:"name"`
	When   map[string][]string `yaml:"when,omitempty"`   // "PID-5.1": values; "" = empty, "*" = anything, "ZZ*" = what begins so
	Unless map[string][]string `yaml:"unless,omitempty"` // the same
}

// InboundMap is what is put right, in this order.
type InboundMap struct {
	Set     map[string]string `yaml:"set,omitempty"`     // "PV1-18": text, or "= PLACE": what stands there, if anything does
	Default map[string]string `yaml:"default,omitempty"` // the same, where nothing stands
	Codes   []CodeMap         `yaml:"codes,omitempty"`
}

// The names of a filter's rules that have none of their own.
const (
	byEvents     = "events"
	byFacilities = "facilities"
)

// inboundRules are a channel made ready: what the text says, once.
type inboundRules struct {
	events, facilities map[string]bool
	over               []overRule
	sets               []inSet // sets, then defaults
	codes              []codeRule
}

type overRule struct {
	name         string
	when, unless []condition
}

// condition is a place and the values that it may have.
type condition struct {
	path   hl7v2.Path
	values []string
}

// inSet puts a text, or what stands elsewhere, at a place.
type inSet struct {
	path  hl7v2.Path
	text  string
	from  *hl7v2.Path
	empty bool // only where nothing stands
}

// Takes tells whether the messages of a feed with that header are the channel's.
func (c *Inbound) Takes(feed string, h hl7v2.Header) bool {
	if c.Source.Feed != "" {
		return c.Source.Feed == feed
	}
	return (c.Source.Sender == "" || strings.EqualFold(c.Source.Sender, h.Application)) &&
		(c.Source.Facility == "" || strings.EqualFold(c.Source.Facility, h.Facility))
}

// InboundOf is the channel of a feed's message, the first that takes it; nil when
// none does.
func (s *Set) InboundOf(feed string, h hl7v2.Header) *Inbound {
	for i := range s.Inbound {
		if s.Inbound[i].Takes(feed, h) {
			return &s.Inbound[i]
		}
	}
	return nil
}
