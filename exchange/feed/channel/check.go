package channel

import (
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"concord/standard/fhirpath"
	"concord/standard/hl7v2"
	"concord/standard/uk"
	"concord/standard/yamlset"
)

// check holds every entry against the rules, and makes channels ready.
func (s *source) check() {
	places, names := map[string]*Destination{}, map[string]bool{}
	for i := range s.set.Destinations {
		d, at := &s.set.Destinations[i], s.At("destinations", i)
		s.name(at, "name", d.Name, names)
		s.destination(at, d)
		places[d.Name] = d
	}
	names = map[string]bool{}
	for i := range s.set.Channels {
		c, at := &s.set.Channels[i], s.At("channels", i)
		s.name(at, "name", c.Name, names)
		s.channel(at, c, places)
	}
	s.inbound(names)
	names = map[string]bool{}
	for i := range s.set.Systems {
		x, at := &s.set.Systems[i], s.At("systems", i)
		s.name(at, "code", x.Code, names)
		s.system(at, x, places)
	}
}

var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// name checks a name that stands in addresses of pages.
func (s *source) name(at place, field, value string, seen map[string]bool) {
	switch {
	case value == "":
		s.Report(at, field, "channel.required", "%s is missing", field)
	case !plainName.MatchString(value):
		s.Report(at, field, "channel.name", "%q is not 2 to 40 small letters, digits and dashes", value)
	case value == "systems" || value == "messages":
		s.Report(at, field, "channel.name", "%q is taken", value)
	case seen[value]:
		s.Report(at, field, "channel.twice", "%s %q is there twice", field, value)
	}
	seen[value] = true
}

// among reports a value that is none of a closed list.
func (s *source) among(at place, field, value string, list ...string) {
	if value != "" && !slices.Contains(list, value) {
		s.Report(at, field, "channel.choice", "%q is none of %s", value, strings.Join(list, ", "))
	}
}

// Events are those that a channel may write, with the message that each is.
func Events() []string {
	return []string{"A01", "A02", "A03", "A04", "A06", "A07", "A08", "A11", "A13", "A28", "A31", "A40", "R01", "T02"}
}

// Types are the resource types that a channel may take.
func Types() []string {
	return []string{"Patient", "Encounter", "DiagnosticReport", "Observation", "DocumentReference"}
}

func (s *source) channel(at place, c *Channel, places map[string]*Destination) {
	s.sourceOf(at, c)
	s.filter(at, c)
	s.among(at, "map.format", c.Map.Format, "hl7", "fhir")
	s.among(at, "map.version", c.Map.Version, "2.3", "2.3.1", "2.4", "2.5", "2.5.1")
	s.sets(at, c)
	c.rules.codes = s.codeRules(at, c.Map.Codes)
	if len(c.Destinations) == 0 {
		s.Report(at, "destinations", "channel.required", "the channel has no destination")
	}
	seen := map[string]bool{}
	for _, name := range c.Destinations {
		d := places[name]
		switch {
		case d == nil:
			s.Report(at, "destinations", "channel.unknown", "%q is not among the destinations", name)
		case seen[name]:
			s.Report(at, "destinations", "channel.twice", "the destination %q is there twice", name)
		case c.FHIR() && d.Kind() == "mllp":
			s.Report(at, "destinations", "channel.format", "%q takes HL7 v2, and the channel writes FHIR", name)
		case !c.FHIR() && d.Kind() == "fhir":
			s.Report(at, "destinations", "channel.format", "%q takes FHIR, and the channel writes HL7 v2", name)
		}
		seen[name] = true
	}
}

func (s *source) sourceOf(at place, c *Channel) {
	switch {
	case (c.Source.Changes == "") == (c.Source.Feed == ""):
		s.Report(at, "source", "channel.source", "a channel takes changes of the record, or the messages of one feed")
	case c.Source.Changes != "":
		s.among(at, "source.changes", c.Source.Changes, "record")
	case c.FHIR():
		s.Report(at, "map.format", "channel.format", "messages of a feed are passed on as HL7 v2")
	}
}

func (s *source) filter(at place, c *Channel) {
	r := &c.rules
	r.orgs = setOf(c.Filter.Organisations)
	if len(r.orgs) == 0 {
		r.orgs = map[string]bool{s.org: true}
	}
	for code := range r.orgs {
		if !uk.ODSCode(code) {
			s.Report(at, "filter.organisations", "channel.ods", "%q is no ODS code", code)
		}
	}
	for _, t := range c.Filter.Types {
		s.among(at, "filter.types", t, Types()...)
	}
	for _, e := range c.Filter.Events {
		if !c.Relays() {
			s.among(at, "filter.events", e, Events()...)
		}
	}
	for _, k := range c.Filter.Classes {
		s.among(at, "filter.classes", k, "IMP", "EMER", "AMB", "SS", "PRENC", "UNK")
	}
	if c.Relays() && (len(c.Filter.Types) > 0 || len(c.Filter.Classes) > 0 || c.Filter.Where != "" || c.Filter.Loads || len(c.Filter.Organisations) > 0) {
		s.Report(at, "filter", "channel.relay", "messages of a feed are told apart by their events alone")
	}
	r.types, r.events, r.classes = setOf(c.Filter.Types), setOf(c.Filter.Events), setOf(c.Filter.Classes)
	if c.Filter.Where == "" {
		return
	}
	var err error
	if r.where, err = fhirpath.Compile(c.Filter.Where); err != nil {
		s.Report(at, "filter.where", "channel.fhirpath", "this is no FHIRPath: %v", err)
	}
}

func setOf(list []string) map[string]bool {
	out := map[string]bool{}
	for _, x := range list {
		out[x] = true
	}
	return out
}

// maxField bounds the numbers in a path, which are room in the message.
const maxField = 250

func (s *source) path(at place, field, text string) (hl7v2.Path, bool) {
	p, err := hl7v2.ParsePath(text)
	if err != nil || p.Field > maxField || p.Component > maxField || p.Sub > maxField || p.Occurrence != 1 || p.Repetition != 1 {
		s.Report(at, field, "channel.path", "%q is not a place such as PV1-3.1", text)
		return p, false
	}
	if p.Segment == "MSH" && (p.Field < 3 || p.Field == 10) {
		s.Report(at, field, "channel.path", "%q is not a channel's to change", text)
		return p, false
	}
	return p, true
}

func (s *source) sets(at place, c *Channel) {
	if c.FHIR() && len(c.Map.Set)+len(c.Map.Codes) > 0 {
		s.Report(at, "map", "channel.format", "fields and codes are of HL7 v2, and the channel writes FHIR")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Map.Set)) {
		p, ok := s.path(at, "map.set", name)
		rule := setRule{path: p, text: c.Map.Set[name]}
		if source, is := strings.CutPrefix(rule.text, "="); is {
			var err error
			if rule.expr, err = fhirpath.Compile(strings.TrimSpace(source)); err != nil {
				s.Report(at, "map.set", "channel.fhirpath", "%s: this is no FHIRPath: %v", name, err)
				continue
			}
			if c.Relays() {
				s.Report(at, "map.set", "channel.relay", "%s: a message that is passed on has no resource to ask", name)
			}
		}
		if ok {
			c.rules.sets = append(c.rules.sets, rule)
		}
	}
}

// codeRules reads the code maps of a channel.
func (s *source) codeRules(at place, list []CodeMap) []codeRule {
	var out []codeRule
	for i := range list {
		m, field := &list[i], "map."+yamlset.Entry("codes", i)
		p, ok := s.path(at, field+".field", m.Field)
		if len(m.Table) == 0 {
			s.Report(at, field+".table", "channel.required", "the table has no codes")
		}
		if m.Otherwise != "" && !slices.Contains([]string{"keep", "drop", "refuse"}, m.Otherwise) && !strings.HasPrefix(m.Otherwise, "=") {
			s.Report(at, field+".otherwise", "channel.choice", "%q is none of keep, drop, refuse, =CODE", m.Otherwise)
		}
		if ok {
			out = append(out, codeRule{p, m})
		}
	}
	return out
}

func (s *source) destination(at place, d *Destination) {
	kinds := 0
	for _, x := range []string{d.MLLP, d.FHIR, d.Folder} {
		if x != "" {
			kinds++
		}
	}
	if kinds != 1 {
		s.Report(at, "", "channel.destination", "a destination has one of mllp, fhir and folder")
	}
	if host, port, err := net.SplitHostPort(d.MLLP); d.MLLP != "" && (err != nil || host == "" || port == "") {
		s.Report(at, "mllp", "channel.address", "%q is no host:port", d.MLLP)
	}
	if u, err := url.Parse(d.FHIR); d.FHIR != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
		s.Report(at, "fhir", "channel.address", "%q is no http or https URL", d.FHIR)
	}
	if d.TLS != nil && (d.Folder != "" || (d.TLS.Certificate == "") != (d.TLS.Key == "")) {
		s.Report(at, "tls", "channel.tls", "certificate and key go together, and a folder has no TLS")
	}
	if d.TokenFile != "" && d.FHIR == "" {
		s.Report(at, "token-file", "channel.tls", "a token is for a FHIR server")
	}
	s.between(at, "connections", d.Connections, 0, 64)
	s.between(at, "retry.attempts", d.Retry.Attempts, 0, 1000)
	s.span(at, "answer-within", d.AnswerWithin, 100*time.Millisecond, 10*time.Minute)
	s.span(at, "retry.first", d.Retry.First, 10*time.Millisecond, time.Hour)
	s.span(at, "retry.most", d.Retry.Most, 10*time.Millisecond, 24*time.Hour)
	s.span(at, "keep-bodies", d.KeepBodies, time.Hour, 10*365*24*time.Hour)
	s.among(at, "refused", d.Refused, "hold", "pass")
}

func (s *source) between(at place, field string, n, low, high int) {
	if n < low || n > high {
		s.Report(at, field, "channel.range", "%d is not within %d and %d", n, low, high)
	}
}

func (s *source) span(at place, field string, d, low, high time.Duration) {
	if d != 0 && (d < low || d > high) {
		s.Report(at, field, "channel.range", "%v is not within %v and %v", d, low, high)
	}
}

func (s *source) system(at place, x *System, places map[string]*Destination) {
	for field, v := range map[string]string{"name": x.Name, "owner": x.Owner} {
		if strings.TrimSpace(v) == "" {
			s.Report(at, field, "channel.required", "%s is missing", field)
		}
	}
	for _, name := range x.Receives {
		if places[name] == nil {
			s.Report(at, "receives", "channel.unknown", "%q is not among the destinations", name)
		}
	}
	if _, err := time.Parse(time.DateOnly, x.SwitchOff); x.SwitchOff != "" && err != nil {
		s.Report(at, "switch-off", "channel.date", "%q is no date such as 2027-03-31", x.SwitchOff)
	}
	s.span(at, "quiet", x.Quiet, time.Minute, 5*365*24*time.Hour)
}
