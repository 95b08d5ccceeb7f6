package pack

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"concord/standard/uk"
)

// check holds every entry against the rules.
func (s *source) check() {
	s.organisation()
	p := s.pack
	sites, specialties, consultants := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range p.Sites {
		s.site(s.At("sites", i), &p.Sites[i], sites)
	}
	for i := range p.Specialties {
		s.specialty(s.At("specialties", i), &p.Specialties[i], specialties)
	}
	for i := range p.Consultants {
		s.consultant(s.At("consultants", i), &p.Consultants[i], consultants, specialties)
	}
	codes := map[string]bool{}
	for i := range p.Wards {
		s.ward(s.At("wards", i), &p.Wards[i], codes, sites, specialties)
	}
	clinics := map[string]bool{}
	for i := range p.Clinics {
		s.clinic(s.At("clinics", i), &p.Clinics[i], clinics, sites, specialties, consultants)
	}
	s.rest(sites)
}

// need reports a field that is empty.
func (s *source) need(at place, fields map[string]string) {
	for _, f := range sortedKeys(fields) {
		if strings.TrimSpace(fields[f]) == "" {
			s.Report(at, f, "pack.required", "%s is missing", f)
		}
	}
}

// once reports a value that an entry before it has.
func (s *source) once(at place, field, value string, seen map[string]bool) {
	if value != "" && seen[value] {
		s.Report(at, field, "pack.twice", "%s %q is there twice", field, value)
	}
	seen[value] = true
}

// known reports a value that refers to nothing in the pack.
func (s *source) known(at place, field, value, section string, in map[string]bool) {
	if value != "" && !in[value] {
		s.Report(at, field, "pack.unknown", "%q is not among the %s of the pack", value, section)
	}
}

// among reports a value that is none of a closed list.
func (s *source) among(at place, field, value string, list ...string) {
	if value != "" && !slices.Contains(list, value) {
		s.Report(at, field, "pack.choice", "%q is none of %s", value, strings.Join(list, ", "))
	}
}

func (s *source) organisation() {
	o := &s.pack.Organisation
	at, described := s.Place("organisation")
	if files := s.Files(); !described && len(files) > 0 {
		at = place{File: files[0], Path: "organisation"}
	}
	s.need(at, map[string]string{"code": o.Code, "name": o.Name, "kind": o.Kind, "privacy-officer": o.PrivacyOfficer})
	if o.Code != "" && !uk.ODSCode(o.Code) {
		s.Report(at, "code", "pack.ods", "%q is no ODS code", o.Code)
	}
	s.among(at, "kind", o.Kind, "acute", "community", "mental-health", "ambulance", "commissioner")
	if len(s.pack.Sites) == 0 {
		s.Report(at, "", "pack.required", "the pack has no sites")
	}
}

var postcode = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$`)

func (s *source) site(at place, x *Site, seen map[string]bool) {
	s.need(at, map[string]string{"code": x.Code, "name": x.Name})
	s.once(at, "code", x.Code, seen)
	if x.Code != "" && !uk.ODSCode(x.Code) {
		s.Report(at, "code", "pack.ods", "%q is no ODS code", x.Code)
	}
	if t, ok := uk.TrustByCode(x.Code); ok && t.Code != s.pack.Organisation.Code {
		s.Report(at, "code", "pack.other-site", "%s is a site of %s", x.Code, t.Code)
	}
	if x.Postcode != "" && !postcode.MatchString(x.Postcode) {
		s.Report(at, "postcode", "pack.postcode", "%q is no postcode", x.Postcode)
	}
}

var treatmentFunction = regexp.MustCompile(`^[1-9][0-9]{2}$`)

func (s *source) specialty(at place, x *Specialty, seen map[string]bool) {
	s.need(at, map[string]string{"code": x.Code, "name": x.Name})
	s.once(at, "code", x.Code, seen)
	if x.Code != "" && !treatmentFunction.MatchString(x.Code) {
		s.Report(at, "code", "pack.specialty", "a treatment function has three digits")
	}
}

var (
	consultantCode = regexp.MustCompile(`^C[0-9]{7}$`)
	gmcNumber      = regexp.MustCompile(`^[0-9]{7}$`)
)

func (s *source) consultant(at place, x *Consultant, seen, specialties map[string]bool) {
	s.need(at, map[string]string{"code": x.Code, "name": x.Name})
	s.once(at, "code", x.Code, seen)
	if x.Code != "" && !consultantCode.MatchString(x.Code) {
		s.Report(at, "code", "pack.consultant", "a consultant code is C and seven digits")
	}
	if x.GMC != "" && !gmcNumber.MatchString(x.GMC) {
		s.Report(at, "gmc", "pack.gmc", "a GMC number has seven digits")
	}
	if len(x.Specialties) == 0 {
		s.Report(at, "", "pack.required", "specialties is missing")
	}
	for _, code := range x.Specialties {
		s.known(at, "specialties", code, "specialties", specialties)
	}
}

func (s *source) ward(at place, x *Ward, seen, sites, specialties map[string]bool) {
	s.need(at, map[string]string{"code": x.Code, "name": x.Name, "site": x.Site})
	s.once(at, "code", x.Code, seen)
	s.known(at, "site", x.Site, "sites", sites)
	s.known(at, "specialty", x.Specialty, "specialties", specialties)
	beds := map[string]bool{}
	for _, b := range x.Beds {
		list, ok := bedsOf(b)
		if !ok {
			s.Report(at, "beds", "pack.bed", "%q is no bed such as Side room 1, Bay A/1 or Bay A/Bed 1-6", b)
			continue
		}
		for _, one := range list {
			s.once(at, "beds", one, beds)
		}
	}
}

var session = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun) ([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])$`)

func (s *source) clinic(at place, x *Clinic, seen, sites, specialties, consultants map[string]bool) {
	s.need(at, map[string]string{"code": x.Code, "name": x.Name, "site": x.Site, "specialty": x.Specialty})
	s.once(at, "code", x.Code, seen)
	s.known(at, "site", x.Site, "sites", sites)
	s.known(at, "specialty", x.Specialty, "specialties", specialties)
	s.known(at, "consultant", x.Consultant, "consultants", consultants)
	if x.Slot < 0 || x.Slot > 480 || len(x.Sessions) > 0 && x.Slot == 0 {
		s.Report(at, "slot", "pack.slot", "a slot is 1 to 480 minutes")
	}
	for _, text := range x.Sessions {
		m := session.FindStringSubmatch(text)
		if m == nil || m[2] >= m[3] || !isClock(m[2]) || !isClock(m[3]) {
			s.Report(at, "sessions", "pack.session", "%q is no session such as mon 09:00-12:30", text)
		}
	}
}

func isClock(text string) bool {
	_, err := time.Parse("15:04", text)
	return err == nil
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
