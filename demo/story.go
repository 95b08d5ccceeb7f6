package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// Message is one HL7 v2 message on its way to a trust's feed.
type Message struct {
	Trust string
	At    time.Time // when it was sent, as the message says
	Text  string
}

// Parcel is one FHIR transaction Bundle of an organisation.
type Parcel struct {
	Org    string // ODS code of who writes it
	At     time.Time
	Bundle *fhir.Value
}

// Life is all that the systems say about one person.
type Life struct {
	Person   *Person
	Messages []Message // in order of time within a trust
	Parcels  []Parcel  // to be sent once the messages are in the record
}

// teller tells one story of one person.
type teller struct {
	person *Person
	path   *Pathway
	cal    calendar
	nth    int // which story of the person's life
	draw   draw
	beds   *beds
	life   *Life
	visits map[string]*visit
	order  []string // of visits, for their numbers
	step   int      // at work, from 1
	late   int      // minutes by which this person's story runs later
}

// visit is what the systems know of one visit.
type visit struct {
	number     string
	class      string
	place      place
	bed        bed
	service    string
	consultant staff
	admitted   time.Time
	method     string
	left       *lie // where they lay before the last transfer
}

// lie is a bed on a ward.
type lie struct {
	place place
	bed   bed
}

// tell adds a story to a life. Errors: Invalid "demo.story" for a step that
// the person cannot live, such as at a trust that does not know them.
func (t *teller) tell() error {
	for i := range t.path.Steps {
		t.step = i + 1
		s := &t.path.Steps[i]
		if err := t.one(s); err != nil {
			return fault.New(fault.Invalid, "demo.story", "%s: step %d (%s): %s", t.path.Name, t.step, s.At, err)
		}
	}
	return nil
}

// when is the time of a step for this person.
func (t *teller) when(s *Step, text string) time.Time {
	at := t.cal.at(text)
	if s.Clinic != "" {
		at = workday(at)
	}
	if !strings.HasPrefix(text, "now") {
		at = at.Add(time.Duration(t.late) * time.Minute)
	}
	return at
}

// scene is one step set in its time and place.
type scene struct {
	*teller
	step  *Step
	at    time.Time
	trust string
	part  int // of a step that sends several messages
}

func (t *teller) one(s *Step) error {
	sc := &scene{teller: t, step: s, at: t.when(s, s.At)}
	var err error
	if sc.trust, err = t.trustFor(s); err != nil {
		return err
	}
	if s.Observations != nil {
		return sc.observations()
	}
	if sc.at.After(t.cal.now) {
		return nil
	}
	switch {
	case s.Send == "FHIR":
		return sc.parcel()
	case s.Send == "ADT^A40":
		return sc.merge()
	case strings.HasPrefix(s.Send, "ADT"):
		return sc.movement()
	case s.Send == "ORU^R01" && s.Report != nil:
		return sc.report()
	case s.Send == "ORU^R01":
		return sc.results()
	case s.Send == "MDM^T02":
		return sc.document()
	case s.Send == "ORM^O01" || s.Send == "ORR^O02":
		return sc.request()
	}
	return sc.booking()
}

// trustFor says at which trust a step happens.
func (t *teller) trustFor(s *Step) (string, error) {
	trust := ""
	switch s.Trust {
	case "", "home":
		trust = t.person.Entries[0].Trust
	case "other":
		if len(t.person.Entries) < 2 {
			return "", fmt.Errorf("trust: no second trust knows this person")
		}
		trust = t.person.Entries[1].Trust
	default:
		trust = trustOf(s.Trust)
	}
	if t.person.Number(trust) == "" {
		return "", fmt.Errorf("trust: %s does not know this person", trust)
	}
	return trust, nil
}

// label names the visit that a step belongs to.
func (sc *scene) label() string {
	switch s := sc.step; {
	case s.Visit != "":
		return s.Visit
	case s.Clinic != "":
		return s.Clinic + sc.at.Format(" 2006-01-02")
	case s.Ward == "emergency":
		return "emergency"
	}
	return "stay"
}

// known is the visit of a step if it has begun, else nil.
func (sc *scene) known() *visit { return sc.visits[sc.trust+"|"+sc.label()] }

// open is the visit of a step, begun if need be.
func (sc *scene) open() (*visit, error) {
	key := sc.trust + "|" + sc.label()
	v := sc.visits[key]
	s := sc.step
	if v == nil {
		if s.Ward == "" && s.Clinic == "" {
			return nil, fmt.Errorf("ward: the visit %q has not begun", sc.label())
		}
		sc.order = append(sc.order, key)
		v = &visit{number: sc.number("V", len(sc.order)), admitted: sc.at}
		sc.visits[key] = v
	}
	kind := s.Ward
	if kind == "" {
		kind = s.Clinic
	}
	if kind != "" {
		p, ok := placeAt(kind, sc.trust)
		if !ok {
			return nil, fmt.Errorf("ward: %s has no %s", sc.trust, kind)
		}
		v.place = p
		if v.service = p.service; s.Service != "" {
			v.service = s.Service
		}
		which := s.Consultant
		if which == 0 {
			which = sc.person.Index
		}
		v.consultant = consultant(sc.trust, v.service, which)
	}
	switch {
	case s.Class != "":
		v.class = s.Class
	case v.class != "":
	case v.place.clinic:
		v.class = "outpatient"
	case s.Ward == "emergency":
		v.class = "emergency"
	case strings.HasPrefix(s.Ward, "day-"):
		v.class = "day"
	default:
		v.class = "inpatient"
	}
	if s.Method != "" {
		v.method = s.Method
	}
	return v, nil
}

// number makes a number of the person's own within a trust.
func (t *teller) number(letter string, n int) string {
	return letter + strconv.Itoa(10000+t.person.Index) + strconv.Itoa(t.nth) + pad(n, 2)
}

// control is MSH-10: the same for the same part of the same story.
func (sc *scene) control() string {
	c := sc.trust + strings.ToUpper(strconv.FormatInt(int64(sc.person.Index), 36)) + "-" + strconv.Itoa(sc.nth) + pad(sc.teller.step, 2)
	if sc.part > 0 {
		c += pad(sc.part, 3)
	}
	return c
}

// classCode is PV1-2 (table 0004).
func classCode(class string) string {
	return map[string]string{"inpatient": "I", "emergency": "E", "outpatient": "O", "day": "D", "preadmission": "P"}[class]
}

// until is when a bed is given up: at the next move or the end of the visit;
// far off when neither has come. A move that is cancelled is none.
func (sc *scene) until() time.Time {
	var moved time.Time
	for i := sc.teller.step; i < len(sc.path.Steps); i++ {
		s := &sc.path.Steps[i]
		next := scene{teller: sc.teller, step: s, at: sc.when(s, s.At)}
		trust, err := sc.trustFor(s)
		if err != nil || trust != sc.trust || next.label() != sc.label() || next.at.After(sc.cal.now) {
			continue
		}
		switch s.Send {
		case "ADT^A12":
			moved = time.Time{}
		case "ADT^A02", "ADT^A03", "ADT^A11", "ADT^A23":
			if !moved.IsZero() {
				return moved
			}
			moved = next.at
		}
	}
	if !moved.IsZero() {
		return moved
	}
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
}
