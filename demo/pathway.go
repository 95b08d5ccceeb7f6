package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"concord/fault"
)

// Pathway is one hospital story, to be lived by many people.
//
// A file holds one pathway:
//
//	pathway: hip-fracture       # its name
//	title: Fall, hip fracture, repair and rehabilitation
//	who: {age: 70-98, sex: female, trusts: 2}   # whom it may befall; all optional
//	cast: kamala-nair           # instead: the one person of the cast who lives it
//	share: 4                    # how often, beside the other pathways
//	begins: 1-14                # how many days ago day 0 was, drawn for each person
//	steps:
//	  - at: d0 18:40            # when
//	    send: ADT^A04           # what: a trigger event, or FHIR
//	    ward: emergency         # where: a kind of ward, or clinic: a kind of clinic
//	    …                       # content, by kind of message: see Step
//
// Times are "d3 09:30" (day 3 of the story; units: d0, d-2w, d-6m, d-3y),
// "t+14 09:30" (counted from today, same units) or "now-40m", "now-3h".
// A step whose time has not come yet is not sent; only what a booking or plan
// is for may lie ahead. A step with a clinic falls on a working day: Saturday
// and Sunday move to Monday.
//
// Words in braces in texts are filled in: {name}, {title}, {family}, {age},
// {he}, {his}, {him}, {man}, {gp}, {practice}, {consultant}, {hospital},
// {trust}, {ward}, {nhs}, {number}, {kin}, {today}, and {d-3} for the date of
// a day of the story.
type Pathway struct {
	Name   string
	Title  string
	Who    Who
	Cast   string
	Share  int
	Begins Span
	Steps  []Step
}

// Who says whom a story may befall. Zero values say nothing.
type Who struct {
	Age    Span   `yaml:"age"`
	Sex    string `yaml:"sex"`
	Trusts int    `yaml:"trusts"` // at least so many know the person
	At     string `yaml:"at"`     // the home trust must be this one
}

// Span is "3" or "3-9", both ends included.
type Span struct{ Low, High int }

// UnmarshalYAML reads the span.
func (s *Span) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	low, high, two := strings.Cut(text, "-")
	if !two {
		high = low
	}
	if _, err := fmt.Sscanf(low+" "+high, "%d %d", &s.Low, &s.High); err != nil || s.Low > s.High || s.Low < 0 {
		return fmt.Errorf("%q is no span such as 3 or 3-9", text)
	}
	return nil
}

// Step is one message, or a run of them. Which of its members mean something
// depends on Send; check refuses the others' absence.
type Step struct {
	At   string `yaml:"at"`
	Send string `yaml:"send"`
	// Trust is home (the default), other (the second that knows the person),
	// or the ODS code of a trust or site.
	Trust string `yaml:"trust"`
	By    string `yaml:"by"` // FHIR: gp, else the trust
	As    string `yaml:"as"` // a second hospital number of the same patient at the trust, by this name

	Visit      string `yaml:"visit"` // names the visit among those of the story
	Ward       string `yaml:"ward"`
	Clinic     string `yaml:"clinic"`
	Class      string `yaml:"class"`      // inpatient, emergency, outpatient, day, preadmission
	Method     string `yaml:"method"`     // NHS admission method
	Service    string `yaml:"service"`    // treatment function code, where it is not the ward's
	Reason     string `yaml:"reason"`     // PV2-3
	Expected   string `yaml:"expected"`   // time of a planned admission, transfer or discharge
	Leaves     string `yaml:"leaves"`     // A09, A10: the place of a short absence
	Discharged string `yaml:"discharged"` // NHS discharge method
	To         string `yaml:"to"`         // where discharged to, in words
	Consultant int    `yaml:"consultant"` // 2 = the second of the service

	Allergies  []Allergy   `yaml:"allergies"`
	Diagnoses  []Diagnosis `yaml:"diagnoses"`
	Procedures []string    `yaml:"procedures"`

	Panels  []string           `yaml:"panels"`  // laboratory panels
	Values  map[string]float64 `yaml:"values"`  // by test; what is not named is unremarkable
	After   string             `yaml:"after"`   // how long the laboratory took, such as 70m
	Status  string             `yaml:"status"`  // F (default), P, C
	Order   string             `yaml:"order"`   // names an order, to be reported on
	Comment string             `yaml:"comment"` // the laboratory's, on the first panel

	Report       *Report       `yaml:"report"`
	Observations *Observations `yaml:"observations"`
	Document     *Document     `yaml:"document"`
	Appointment  *Appointment  `yaml:"appointment"`
	Request      *Request      `yaml:"request"`

	Medicines     []Medicine     `yaml:"medicines"`
	Problems      []Problem      `yaml:"problems"`
	Immunisations []Immunisation `yaml:"immunisations"`
	Alerts        []string       `yaml:"alerts"`
	Plan          *Plan          `yaml:"plan"`
}

// Allergy of an ADT message (AL1) or of a GP's record. To "none" says that
// there is none.
type Allergy struct {
	To       string `yaml:"to"`
	Kind     string `yaml:"kind"`     // drug, food, environment
	Severity string `yaml:"severity"` // severe, moderate, mild
	Reaction string `yaml:"reaction"`
	Since    string `yaml:"since"`
}

// Diagnosis of an ADT message (DG1).
type Diagnosis struct {
	Text string `yaml:"text"`
	Kind string `yaml:"kind"` // working (default) or final
}

// UnmarshalYAML takes a plain text as well.
func (d *Diagnosis) UnmarshalYAML(f func(any) error) error {
	if err := f(&d.Text); err == nil {
		return nil
	}
	type whole Diagnosis
	return f((*whole)(d))
}

// Report is words from imaging or microbiology.
type Report struct {
	Kind       string   `yaml:"kind"` // imaging, microbiology
	Title      string   `yaml:"title"`
	Text       string   `yaml:"text"`
	Impression string   `yaml:"impression"`
	Abnormal   bool     `yaml:"abnormal"`
	Further    []string `yaml:"further"` // microbiology: sensitivities, one a line
}

// Observations are sets of vital signs, one or a run of them.
type Observations struct {
	Every  string   `yaml:"every"`  // 30m, 4h; without it one set at each point
	Until  string   `yaml:"until"`  // a time; without it the last point
	Scale2 bool     `yaml:"scale2"` // oxygen target of 88–92 % was prescribed
	Course []Vitals `yaml:"course"` // between its points values move evenly
}

// Vitals is one point of a course. What is not measured is left out.
type Vitals struct {
	At          string  `yaml:"at"`
	Respiration float64 `yaml:"rr"`
	Saturation  float64 `yaml:"spo2"`
	Oxygen      float64 `yaml:"o2"` // L/min, 0 = air
	Systolic    float64 `yaml:"sbp"`
	Diastolic   float64 `yaml:"dbp"`
	Pulse       float64 `yaml:"pulse"`
	Temperature float64 `yaml:"temp"`
	Conscious   string  `yaml:"acvpu"` // A (default), C, V, P, U
	Weight      float64 `yaml:"weight"`
	Height      float64 `yaml:"height"`
}

// Document is a letter or summary.
type Document struct {
	Kind  string `yaml:"kind"` // letter, discharge, operation, note, referral
	Title string `yaml:"title"`
	Text  string `yaml:"text"`
}

// Appointment is a booking and what becomes of it.
type Appointment struct {
	Name    string `yaml:"name"` // by which later steps speak of it
	For     string `yaml:"for"`
	Minutes int    `yaml:"minutes"`
	What    string `yaml:"what"`
	Why     string `yaml:"why"` // of a cancellation
	Note    string `yaml:"note"`
}

// Request is an order.
type Request struct {
	Code     string `yaml:"code"` // a laboratory panel, or free
	Text     string `yaml:"text"`
	Question string `yaml:"question"`
	Priority string `yaml:"priority"` // S stat, U urgent, R routine
	Kind     string `yaml:"kind"`     // LAB, RAD, …
	Cancel   bool   `yaml:"cancel"`
}

// Medicine is a prescription, or a medicine reported as taken.
type Medicine struct {
	Name     string `yaml:"name"`
	Dose     string `yaml:"dose"` // "500 mg"
	Route    string `yaml:"route"`
	How      string `yaml:"how"` // "twice a day"
	For      string `yaml:"for"`
	Since    string `yaml:"since"`
	Until    string `yaml:"until"`
	Status   string `yaml:"status"` // active (default), stopped, completed, on-hold
	Reported bool   `yaml:"reported"`
	AsNeeded bool   `yaml:"as_needed"`
	Why      string `yaml:"why"` // of a change
}

// Problem is an entry of a problem list.
type Problem struct {
	Text     string `yaml:"text"`
	Since    string `yaml:"since"`
	Until    string `yaml:"until"`
	Severity string `yaml:"severity"`
}

// Immunisation that was given.
type Immunisation struct {
	Name string `yaml:"name"`
	On   string `yaml:"on"`
}

// Plan is a care plan.
type Plan struct {
	Title   string   `yaml:"title"`
	Text    string   `yaml:"text"`
	Actions []string `yaml:"actions"`
}

//go:embed pathways/*.yaml
var stories embed.FS

// Pathways reads the stories that come with Concord. Errors are those of
// ParsePathway: a test keeps them away.
func Pathways() ([]*Pathway, error) { return ReadPathways(stories) }

// ReadPathways reads every .yaml file below pathways/.
func ReadPathways(files fs.FS) ([]*Pathway, error) {
	names, err := fs.Glob(files, "pathways/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*Pathway
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		p, err := ParsePathway(path.Base(name), b)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ParsePathway reads one pathway and checks it. Errors: Invalid
// "demo.pathway", naming file, step and field.
func ParsePathway(file string, text []byte) (*Pathway, error) {
	wrong := func(step int, at string, err error) error {
		where := file
		if step > 0 {
			where += fmt.Sprintf(": step %d", step)
			if at != "" {
				where += " (" + at + ")"
			}
		}
		return fault.New(fault.Invalid, "demo.pathway", "%s: %s", where, strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	var doc struct {
		Pathway string     `yaml:"pathway"`
		Title   string     `yaml:"title"`
		Who     Who        `yaml:"who"`
		Cast    string     `yaml:"cast"`
		Share   int        `yaml:"share"`
		Begins  Span       `yaml:"begins"`
		Steps   []ast.Node `yaml:"steps"`
	}
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.Strict()); err != nil {
		return nil, wrong(0, "", err)
	}
	p := &Pathway{Name: doc.Pathway, Title: doc.Title, Who: doc.Who, Cast: doc.Cast, Share: doc.Share, Begins: doc.Begins}
	for i, node := range doc.Steps {
		var s Step
		if err := yaml.NodeToValue(node, &s, yaml.Strict()); err != nil {
			return nil, wrong(i+1, s.At, err)
		}
		if err := s.check(); err != nil {
			return nil, wrong(i+1, s.At, err)
		}
		p.Steps = append(p.Steps, s)
	}
	if err := p.check(); err != nil {
		return nil, wrong(0, "", err)
	}
	return p, nil
}
