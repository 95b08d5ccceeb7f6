package intake

import (
	"strings"
	"sync/atomic"
	"time"

	"concord/fault"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// FeedSetting says how the messages of one sender are read. Sender is MSH-3
// and Facility MSH-4; an empty one stands for any.
type FeedSetting struct {
	Sender   string   `yaml:"sender" json:"sender"`
	Facility string   `yaml:"facility" json:"facility"`
	Name     string   `yaml:"name" json:"name"`     // "" = made of sender and facility
	Trust    string   `yaml:"trust" json:"trust"`   // ODS code; "" = MSH-4
	Ack      string   `yaml:"ack" json:"ack"`       // "", "original" or "enhanced"
	Accept   []string `yaml:"accept" json:"accept"` // MSH-11 values; empty = all
}

// Feeds finds the feed of a message. Its settings may be replaced at work.
type Feeds struct {
	settings atomic.Pointer[[]FeedSetting]
	zone     *time.Location
}

// FeedName is the name of the feed that a setting makes; "" when it fits several
// senders and names none.
func (s FeedSetting) FeedName() string {
	if s.Name != "" || s.Sender == "" || s.Facility == "" {
		return s.Name
	}
	return senderName(hl7v2.Header{Application: s.Sender, Facility: s.Facility})
}

// NewFeeds checks settings. Errors: Invalid "feed.trust", "feed.ack".
func NewFeeds(settings []FeedSetting, zone *time.Location) (*Feeds, error) {
	f := &Feeds{zone: zone}
	return f, f.Use(settings)
}

// Use replaces the settings: messages that come from now on are read by these.
// Errors as of NewFeeds; then the old ones stay.
func (f *Feeds) Use(settings []FeedSetting) error {
	for i, s := range settings {
		if s.Trust != "" && !uk.ODSCode(s.Trust) {
			return fault.New(fault.Invalid, "feed.trust", "the trust of feed %d is no ODS code", i+1)
		}
		if _, ok := ackMode(s.Ack); !ok {
			return fault.New(fault.Invalid, "feed.ack", "the ack of feed %d is empty, original or enhanced", i+1)
		}
	}
	f.settings.Store(&settings)
	return nil
}

// Settings are what the feeds were made of, for the feeds page.
func (f *Feeds) Settings() []FeedSetting { return *f.settings.Load() }

func ackMode(s string) (hl7v2.Mode, bool) {
	switch s {
	case "":
		return hl7v2.ByMessage, true
	case "original":
		return hl7v2.Original, true
	case "enhanced":
		return hl7v2.Enhanced, true
	}
	return hl7v2.ByMessage, false
}

// Of gives the feed of a message. Trust is "" when neither a setting nor MSH-4
// names an organisation.
func (f *Feeds) Of(h hl7v2.Header) Feed {
	for _, s := range f.Settings() {
		if s.Sender != "" && !strings.EqualFold(s.Sender, h.Application) || s.Facility != "" && !strings.EqualFold(s.Facility, h.Facility) {
			continue
		}
		mode, _ := ackMode(s.Ack)
		feed := Feed{Name: s.Name, Trust: s.Trust, Ack: mode, AcceptProcessing: s.Accept, Zone: f.zone}
		if feed.Name == "" {
			feed.Name = senderName(h)
		}
		if feed.Trust == "" {
			feed.Trust = trustOf(h.Facility)
		}
		return feed
	}
	return Feed{Name: senderName(h), Trust: trustOf(h.Facility), Zone: f.zone}
}

// trustOf takes MSH-4 for the trust when it is one that this domain knows, or
// the site of one.
func trustOf(facility string) string {
	code := strings.ToUpper(strings.TrimSpace(facility))
	if _, ok := uk.TrustByCode(code); ok {
		return code
	}
	if len(code) == 5 {
		if _, ok := uk.TrustByCode(code[:3]); ok {
			return code[:3]
		}
	}
	return ""
}

// senderName is a feed's name when no setting gives one: "lnwh_pas@r1k".
func senderName(h hl7v2.Header) string {
	name := strings.ToLower(strings.TrimSpace(h.Application))
	if name == "" {
		name = "unnamed"
	}
	if fac := strings.ToLower(strings.TrimSpace(h.Facility)); fac != "" {
		name += "@" + fac
	}
	if len(name) > 80 {
		name = name[:80]
	}
	return name
}
