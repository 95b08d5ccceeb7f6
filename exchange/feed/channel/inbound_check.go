package channel

import (
	"maps"
	"slices"
	"strings"

	"concord/standard/hl7v2"
	"concord/standard/yamlset"
)

// inbound holds the channels for what comes in against the rules, and makes them
// ready. names are those of the channels that go out: pages tell all by name.
func (s *source) inbound(names map[string]bool) {
	sources := map[InboundSource]bool{}
	for i := range s.set.Inbound {
		c, at := &s.set.Inbound[i], s.At("inbound", i)
		s.name(at, "name", c.Name, names)
		src := c.Source
		src.Sender, src.Facility = strings.ToUpper(src.Sender), strings.ToUpper(src.Facility)
		switch {
		case (src.Feed != "") == (src.Sender+src.Facility != ""):
			s.Report(at, "source", "channel.source", "a channel takes the messages of one feed, or those of a sender, a facility or both")
		case sources[src]:
			s.Report(at, "source", "channel.twice", "another channel takes the messages of %s", c.Source)
		}
		sources[src] = true
		s.inboundFilter(at, c)
		s.inboundSets(at, c, "map.set", c.Map.Set, false)
		s.inboundSets(at, c, "map.default", c.Map.Default, true)
		c.rules.codes = s.codeRules(at, c.Map.Codes)
	}
}

func (s *source) inboundFilter(at place, c *Inbound) {
	r := &c.rules
	r.events = setOf(c.Filter.Events)
	for _, e := range c.Filter.Events {
		if kind, event, both := strings.Cut(e, "^"); e == "" || both && (kind == "" || event == "") || strings.ToUpper(e) != e {
			s.Report(at, "filter.events", "channel.event", "%q is no event such as A01 or ADT^A01", e)
		}
	}
	r.facilities = map[string]bool{}
	for _, f := range c.Filter.Facilities {
		r.facilities[strings.ToUpper(f)] = true
	}
	seen := map[string]bool{byEvents: true, byFacilities: true}
	for i := range c.Filter.PassOver {
		o, field := &c.Filter.PassOver[i], "filter."+yamlset.Entry("pass-over", i)
		switch {
		case !plainName.MatchString(o.Name):
			s.Report(at, field+".name", "channel.name", "%q is not 2 to 40 small letters, digits and dashes", o.Name)
		case seen[o.Name]:
			s.Report(at, field+".name", "channel.twice", "the rule %q is there twice, or is the filter's own", o.Name)
		}
		seen[o.Name] = true
		if len(o.When)+len(o.Unless) == 0 {
			s.Report(at, field, "channel.required", "the rule has no condition: it would pass everything over")
		}
		r.over = append(r.over, overRule{o.Name, s.conditions(at, field+".when", o.When), s.conditions(at, field+".unless", o.Unless)})
	}
}

func (s *source) conditions(at place, field string, list map[string][]string) []condition {
	var out []condition
	for _, name := range slices.Sorted(maps.Keys(list)) {
		p, ok := s.anyPath(at, field, name)
		if len(list[name]) == 0 {
			s.Report(at, field, "channel.required", "%s has no values", name)
		}
		for _, v := range list[name] {
			if strings.Contains(strings.TrimSuffix(v, "*"), "*") {
				s.Report(at, field, "channel.value", "%q: a star stands at the end", v)
			}
		}
		if ok {
			out = append(out, condition{p, list[name]})
		}
	}
	return out
}

func (s *source) inboundSets(at place, c *Inbound, field string, list map[string]string, empty bool) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		p, ok := s.path(at, field, name)
		if p.Segment == "MSH" && (p.Field == 9 || p.Field == 12 || p.Field == 18) {
			s.Report(at, field, "channel.path", "%q says how the message is read, and is not a channel's to change", name)
			continue
		}
		rule := inSet{path: p, text: list[name], empty: empty}
		if from, is := strings.CutPrefix(rule.text, "="); is {
			q, known := s.anyPath(at, field, strings.TrimSpace(from))
			rule.from = &q
			ok = ok && known
		} else if empty && rule.text == "" {
			s.Report(at, field, "channel.required", "%s: a default has a value", name)
		}
		if ok {
			c.rules.sets = append(c.rules.sets, rule)
		}
	}
}

// anyPath is a place that is only looked at.
func (s *source) anyPath(at place, field, text string) (hl7v2.Path, bool) {
	p, err := hl7v2.ParsePath(text)
	if err != nil || p.Field > maxField || p.Component > maxField || p.Sub > maxField || p.Occurrence != 1 || p.Repetition != 1 {
		s.Report(at, field, "channel.path", "%q is not a place such as PV1-3.1", text)
		return p, false
	}
	return p, true
}
