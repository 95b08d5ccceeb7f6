package demo

import (
	"fmt"
	"slices"
	"time"

	"concord/standard/uk"
)

func (p *Pathway) check() error {
	switch {
	case p.Name == "":
		return fmt.Errorf("pathway: the story needs a name")
	case len(p.Steps) == 0:
		return fmt.Errorf("steps: the story has none")
	case p.Cast == "" && p.Share == 0:
		return fmt.Errorf("share: a story that is no single person's needs one")
	case p.Who.Sex != "" && p.Who.Sex != "male" && p.Who.Sex != "female":
		return fmt.Errorf("who.sex: male or female")
	}
	return nil
}

// check finds what is wrong with a step by itself. Its errors begin with the
// field.
func (s *Step) check() error {
	if _, err := parseMoment(s.At); err != nil {
		return fmt.Errorf("at: %w", err)
	}
	if s.Ward != "" && !knownPlace(s.Ward) {
		return fmt.Errorf("ward: no trust has a ward of the kind %q", s.Ward)
	}
	if s.Clinic != "" && !knownPlace(s.Clinic) {
		return fmt.Errorf("clinic: no trust has a clinic of the kind %q", s.Clinic)
	}
	switch s.Trust {
	case "", "home", "other":
	default:
		if _, ok := uk.TrustByCode(s.Trust); !ok {
			return fmt.Errorf("trust: home, other or the code of a trust or site, not %q", s.Trust)
		}
	}
	if s.Class != "" && classCode(s.Class) == "" {
		return fmt.Errorf("class: inpatient, emergency, outpatient, day or preadmission, not %q", s.Class)
	}
	if s.Service != "" && serviceName(s.Service) == "" {
		return fmt.Errorf("service: %q is not among the treatment functions of the demonstration", s.Service)
	}
	if s.Expected != "" {
		if _, err := parseMoment(s.Expected); err != nil {
			return fmt.Errorf("expected: %w", err)
		}
	}
	if s.Discharged != "" && dischargeText(s.Discharged) == "" {
		return fmt.Errorf("discharged: %q is no NHS discharge method", s.Discharged)
	}
	return s.checkContent()
}

func (s *Step) checkContent() error {
	switch s.Send {
	case "ADT^A01", "ADT^A02", "ADT^A03", "ADT^A04", "ADT^A05", "ADT^A06", "ADT^A07", "ADT^A08", "ADT^A09", "ADT^A10",
		"ADT^A11", "ADT^A12", "ADT^A13", "ADT^A14", "ADT^A15", "ADT^A16", "ADT^A23", "ADT^A25", "ADT^A26", "ADT^A27",
		"ADT^A28", "ADT^A31":
		return nil
	case "ADT^A40":
		return need("as", s.As != "")
	case "ORU^R01":
		return s.checkResult()
	case "MDM^T02":
		if s.Document == nil || s.Document.Text == "" || documentKind(s.Document.Kind) == "" {
			return fmt.Errorf("document: a letter needs text and a kind (letter, discharge, operation, note, referral)")
		}
		return nil
	case "SIU^S12", "SIU^S13", "SIU^S14", "SIU^S15", "SIU^S26":
		return s.checkAppointment()
	case "ORM^O01", "ORR^O02":
		if err := need("order", s.Order != ""); err != nil {
			return err
		}
		return need("request", s.Request != nil)
	case "FHIR":
		some := len(s.Medicines) + len(s.Problems) + len(s.Immunisations) + len(s.Allergies) + len(s.Alerts) + len(s.Procedures)
		return need("medicines, problems, immunisations, allergies, procedures, alerts or plan", some > 0 || s.Plan != nil)
	}
	return fmt.Errorf("send: %q is nothing that a pathway can send", s.Send)
}

func need(field string, there bool) error {
	if there {
		return nil
	}
	return fmt.Errorf("%s: is missing", field)
}

func (s *Step) checkResult() error {
	if len(s.Panels) == 0 && s.Report == nil && s.Observations == nil {
		return fmt.Errorf("panels: a result needs panels, a report or observations")
	}
	for _, code := range s.Panels {
		if _, ok := panelByCode(code); !ok {
			return fmt.Errorf("panels: the laboratory has no panel %q", code)
		}
	}
	for code := range s.Values {
		known := slices.ContainsFunc(s.Panels, func(name string) bool {
			p, _ := panelByCode(name)
			return analyteIn(p, code)
		})
		if !known {
			return fmt.Errorf("values: %q is in none of the panels", code)
		}
	}
	if s.After != "" {
		if _, err := time.ParseDuration(s.After); err != nil {
			return fmt.Errorf("after: %q is no length of time such as 70m", s.After)
		}
	}
	if r := s.Report; r != nil && (r.Kind != "imaging" && r.Kind != "microbiology" || r.Title == "" || r.Text == "") {
		return fmt.Errorf("report: needs a kind (imaging, microbiology), a title and a text")
	}
	return s.Observations.check()
}

func (o *Observations) check() error {
	if o == nil {
		return nil
	}
	if len(o.Course) == 0 {
		return fmt.Errorf("observations.course: is empty")
	}
	if o.Every != "" {
		if d, err := time.ParseDuration(o.Every); err != nil || d < 5*time.Minute {
			return fmt.Errorf("observations.every: %q is no length of time such as 4h", o.Every)
		}
	}
	if o.Until != "" {
		if _, err := parseMoment(o.Until); err != nil {
			return fmt.Errorf("observations.until: %w", err)
		}
	}
	for i := range o.Course {
		c := &o.Course[i]
		if c.At == "" && i > 0 {
			return fmt.Errorf("observations.course[%d].at: is missing", i)
		}
		if c.At != "" {
			if _, err := parseMoment(c.At); err != nil {
				return fmt.Errorf("observations.course[%d].at: %w", i, err)
			}
		}
		if c.Conscious != "" && acvpu(c.Conscious).code == "" {
			return fmt.Errorf("observations.course[%d].acvpu: one of A, C, V, P, U", i)
		}
	}
	return nil
}

func (s *Step) checkAppointment() error {
	a := s.Appointment
	switch {
	case a == nil || a.Name == "":
		return fmt.Errorf("appointment: needs a name")
	case s.Clinic == "":
		return fmt.Errorf("clinic: is missing")
	case a.For == "" && (s.Send == "SIU^S12" || s.Send == "SIU^S13"):
		return fmt.Errorf("appointment.for: is missing")
	case a.For != "":
		if _, err := parseMoment(a.For); err != nil {
			return fmt.Errorf("appointment.for: %w", err)
		}
	}
	return nil
}
