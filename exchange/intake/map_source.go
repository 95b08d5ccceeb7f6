package intake

import (
	"slices"
	"strconv"
	"time"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// source is the part of a message about one patient, while it is being read.
// It remembers which fields were read, so that the others can be named.
type source struct {
	feed     Feed
	head     hl7v2.Header
	event    time.Time
	segments []*segment
	patient  PatientKey
	warnings []string
	uncoded  []Uncoded
	owner    *fhir.Value // the reference to the trust, made once
}

// segment is one segment and the fields of it that were read.
type segment struct {
	hl7v2.Segment
	read [2]uint64
}

// f gives field n and marks it as read. A nil segment has empty fields.
func (s *segment) f(n int) hl7v2.Field {
	if s == nil {
		return hl7v2.Field{}
	}
	if n < 128 {
		s.read[n/64] |= 1 << (n % 64)
	}
	return s.Field(n)
}

// str is the plain value of field n.
func (s *segment) str(n int) string { return s.f(n).String() }

// skip marks fields that carry nothing for a record: set ids and the like.
func (s *segment) skip(fields ...int) {
	for _, n := range fields {
		s.f(n)
	}
}

// first gives the first segment of that id, or nil.
func (s *source) first(id string) *segment {
	for _, g := range s.segments {
		if g.ID() == id {
			return g
		}
	}
	return nil
}

// all gives the segments of that id.
func (s *source) all(id string) []*segment {
	var found []*segment
	for _, g := range s.segments {
		if g.ID() == id {
			found = append(found, g)
		}
	}
	return found
}

func (s *source) warn(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
	}
}

// unmapped names what nobody read.
func (s *source) unmapped() []string {
	var places []string
	add := func(p string) {
		if !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	for _, g := range s.segments {
		if g.ID() == "MSH" {
			continue
		}
		if g.read == [2]uint64{} {
			add(g.ID())
			continue
		}
		for n := 1; n <= g.Len(); n++ {
			seen := n < 128 && g.read[n/64]&(1<<(n%64)) != 0
			if !seen && g.Field(n).Valued() {
				add(g.ID() + "-" + strconv.Itoa(n))
			}
		}
	}
	return places
}

// split cuts a message into its patients: MSH and what stands before the
// first PID belong to each of them.
func split(m *hl7v2.Message, f Feed) []*source {
	var common []hl7v2.Segment
	var groups [][]hl7v2.Segment
	for _, g := range m.Segments() {
		switch {
		case g.ID() == "PID":
			groups = append(groups, []hl7v2.Segment{g})
		case len(groups) == 0:
			common = append(common, g)
		default:
			groups[len(groups)-1] = append(groups[len(groups)-1], g)
		}
	}
	if len(groups) == 0 {
		groups = [][]hl7v2.Segment{nil}
	}
	sources := make([]*source, len(groups))
	for i, g := range groups {
		s := &source{feed: f, head: m.Header(), warnings: slices.Clone(m.Warnings())}
		for _, one := range append(slices.Clone(common), g...) {
			s.segments = append(s.segments, &segment{Segment: one})
		}
		sources[i] = s
	}
	return sources
}

// readEvent sets the time by which what is newer is told: EVN-2, else MSH-7.
func (s *source) readEvent() error {
	evn := s.first("EVN")
	evn.skip(1)
	if t, ok := s.time(evn.f(2)); ok {
		s.event = t.Time
		return nil
	}
	t, ok := s.time(s.first("MSH").f(7))
	if !ok {
		return fault.New(fault.Invalid, "intake.time", "neither EVN-2 nor MSH-7 holds a time").In("MSH-7")
	}
	s.event = t.Time
	return nil
}

// time reads a timestamp. ok is false for an empty field; unreadable text is
// false as well, with a warning.
func (s *source) time(f hl7v2.Field) (t hl7v2.Time, ok bool) { return s.timeText(f.String()) }

func (s *source) timeText(text string) (t hl7v2.Time, ok bool) {
	if text == "" {
		return t, false
	}
	t, err := hl7v2.ParseTime(text, s.feed.Zone)
	if err != nil {
		s.warn("a timestamp could not be read")
		return t, false
	}
	return t, true
}

// dateTime is a FHIR dateTime with the precision of the message.
func (s *source) dateTime(f hl7v2.Field) string { return s.dateTimeText(f.String()) }

func (s *source) dateTimeText(text string) string {
	t, ok := s.timeText(text)
	if !ok {
		return ""
	}
	switch t.Precision {
	case hl7v2.Year:
		return t.Format("2006")
	case hl7v2.Month:
		return t.Format("2006-01")
	case hl7v2.Day:
		return t.Format("2006-01-02")
	}
	return s.stamp(t.Time)
}

// date is a FHIR date; a time of day is left out.
func (s *source) date(f hl7v2.Field) string {
	d := s.dateTime(f)
	if len(d) > 10 {
		t, _ := s.time(f)
		return t.Format("2006-01-02")
	}
	return d
}

// instant is a FHIR instant; a date alone is none.
func (s *source) instant(f hl7v2.Field) string {
	if t, ok := s.time(f); ok && t.Precision >= hl7v2.Minute {
		return s.stamp(t.Time)
	}
	return ""
}

// stamp writes a time with the offset that held at the sender.
func (s *source) stamp(t time.Time) string { return fhir.FormatDateTime(t, s.feed.Zone) }

// eventStamp is the event's time as a dateTime.
func (s *source) eventStamp() string { return s.stamp(s.event) }

// meta of every resource that a message writes.
func (s *source) meta(resourceType string) *fhir.Value {
	profile := uk.Profile(resourceType)
	var tag *fhir.Value
	if t := s.feed.Table; t != nil && t.Version != "" && resourceType != "Patient" {
		tag = fhir.Arr(fhir.Obj("system", crosswalk.Tag, "code", t.Version))
	}
	return fhir.Obj(
		"extension", fhir.Arr(fhir.Obj("url", EventExtension, "valueInstant", fhir.FormatInstant(s.event))),
		"source", s.feed.Source(s.head.Control),
		"profile", []string{profile},
		"tag", tag,
	)
}

// draft starts a resource with its type and meta.
func (s *source) draft(resourceType, key string, fold Fold, pairs ...any) Draft {
	all := append([]any{"resourceType", resourceType, "meta", s.meta(resourceType)}, pairs...)
	return Draft{Type: resourceType, Key: key, Resource: fhir.Obj(all...), Fold: fold}
}

// local is an identifier that the feed's trust gave out.
func (s *source) local(kind uk.Local, value string) *fhir.Value {
	if value == "" {
		return nil
	}
	return fhir.Obj("system", kind.System(s.feed.Trust), "value", value)
}

// key is a business key.
func key(parts ...string) string { return record.BusinessKey(parts...) }
