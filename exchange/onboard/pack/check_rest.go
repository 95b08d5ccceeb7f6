package pack

import (
	"regexp"

	"concord/standard/uk"
)

// rest holds the sections that refer to little else against their rules.
func (s *source) rest(sites map[string]bool) {
	p := s.pack
	seen := map[string]map[string]bool{}
	once := func(at place, section, field, value string) {
		if seen[section] == nil {
			seen[section] = map[string]bool{}
		}
		s.once(at, field, value, seen[section])
	}
	for i := range p.Numbering {
		at := s.At("numbering", i)
		s.numbering(at, &p.Numbering[i])
		once(at, "numbering", "kind", p.Numbering[i].Kind)
	}
	for i := range p.Roles {
		at := s.At("roles", i)
		s.role(at, &p.Roles[i])
		once(at, "roles", "title", p.Roles[i].Title)
	}
	for i, x := range p.Teams {
		at := s.At("teams", i)
		s.need(at, map[string]string{"code": x.Code, "name": x.Name})
		once(at, "teams", "code", x.Code)
	}
	for i, x := range p.Letterheads {
		at := s.At("letterheads", i)
		s.need(at, map[string]string{"name": x.Name})
		s.known(at, "site", x.Site, "sites", sites)
		if len(x.Lines) == 0 || len(x.Lines) > 12 {
			s.Report(at, "lines", "pack.letterhead", "a letterhead has 1 to 12 lines")
		}
		once(at, "letterheads", "name", x.Name)
	}
	for i, x := range p.Feeds {
		at := s.At("feeds", i)
		s.need(at, map[string]string{"name": x.Name, "sender": x.Sender, "facility": x.Facility})
		s.among(at, "ack", x.Ack, "original", "enhanced")
		once(at, "feeds", "name", x.Name)
		once(at, "senders", "sender", x.Sender+" at "+x.Facility)
	}
	for i, x := range p.Returns {
		at := s.At("returns", i)
		s.need(at, map[string]string{"name": x.Name, "every": x.Every})
		s.among(at, "name", x.Name, "cds", "ecds", "rtt", "dm01", "kh03", "cancer", "csds", "mhsds")
		s.among(at, "every", x.Every, "day", "week", "month", "quarter")
		once(at, "returns", "name", x.Name)
	}
}

func (s *source) numbering(at place, x *Numbering) {
	s.need(at, map[string]string{"kind": x.Kind, "pattern": x.Pattern, "example": x.Example})
	s.among(at, "kind", x.Kind, string(uk.HospitalNumber), string(uk.VisitNumber), string(uk.PlacerOrder), string(uk.FillerOrder),
		string(uk.DocumentNumber), string(uk.Appointment))
	if x.Pattern == "" {
		return
	}
	re, err := regexp.Compile("^(?:" + x.Pattern + ")$")
	switch {
	case err != nil:
		s.Report(at, "pattern", "pack.pattern", "the pattern is no regular expression")
	case x.Example != "" && !re.MatchString(x.Example):
		s.Report(at, "example", "pack.pattern", "the example does not fit the pattern")
	}
}

func (s *source) role(at place, x *Role) {
	s.need(at, map[string]string{"code": x.Code, "title": x.Title})
	if _, ok := uk.FindJobRole(x.Code); x.Code != "" && !ok {
		s.Report(at, "code", "pack.role", "%q is no job role that is understood", x.Code)
	}
	for _, a := range x.Activities {
		if _, ok := uk.FindActivity(a); !ok {
			s.Report(at, "activities", "pack.role", "%q is no activity that is understood", a)
		}
	}
}
