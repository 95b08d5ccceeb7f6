package intake

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// mapOrder: ORM O01. Each order becomes a ServiceRequest, keyed by the
// placer's number.
func mapOrder(s *source, m *Mapped) error {
	visitRef := s.mentionVisit(m)
	seen := map[string]bool{}
	for _, o := range s.orders() {
		d, err := s.serviceRequest(o, visitRef)
		if err != nil {
			return err
		}
		if seen[d.Key] { // several services under one number
			d.Key += "|" + key(whole(o.obr.f(4), 1))
		}
		seen[d.Key] = true
		m.Drafts = append(m.Drafts, d)
	}
	if len(s.all("ORC"))+len(s.all("OBR")) == 0 {
		return fault.New(fault.Invalid, "intake.order-number", "an order message has no ORC segment").In("ORC")
	}
	return nil
}

// mapOrderResponse: ORR O02 tells what became of an order. A response to an
// order that was never heard of creates it, as far as it is known.
func mapOrderResponse(s *source, m *Mapped) error {
	s.first("MSA").skipAll()
	return mapOrder(s, m)
}

// skipAll marks a segment that serves the exchange, not the record.
func (s *segment) skipAll() {
	if s != nil {
		s.read = [2]uint64{^uint64(0), ^uint64(0)}
	}
}

// order is an ORC with its detail.
type order struct {
	orc, obr *segment
	group    []*segment
}

func (s *source) orders() []order {
	var all []order
	for _, g := range s.segments {
		n := len(all)
		switch g.ID() {
		case "ORC":
			all = append(all, order{orc: g})
		case "OBR", "RQD", "RQ1", "RXO", "ODS", "ODT":
			if n == 0 || all[n-1].obr != nil {
				all = append(all, order{})
			}
			if g.ID() == "OBR" {
				g.skip(1)
				all[len(all)-1].obr = g
			}
		case "NTE", "TQ1":
			if n > 0 {
				all[n-1].group = append(all[n-1].group, g)
			}
		}
	}
	return all
}

// orderKey is the placer's number, else the filler's.
func orderKey(placer, filler string) string {
	if placer != "" {
		return key("order", placer)
	}
	return key("filler", filler)
}

func (s *source) serviceRequest(o order, visitRef *fhir.Value) (Draft, error) {
	orc, obr := o.orc, o.obr
	placer := orDefault(orc.f(2).Component(1).String(), obr.f(2).Component(1).String())
	filler := orDefault(orc.f(3).Component(1).String(), obr.f(3).Component(1).String())
	if placer == "" && filler == "" {
		return Draft{}, fault.New(fault.Invalid, "intake.order-number", "an order has neither a placer's nor a filler's number").In("ORC-2")
	}
	var code *fhir.Value
	if f := obr.f(4); f.Valued() {
		code = s.ours(s.concept(f), crosswalk.Orders)
	}
	requester := firstOf(s.practitioners(orc.f(12)))
	if requester == nil {
		requester = firstOf(s.practitioners(obr.f(16)))
	} else {
		obr.skip(16)
	}
	authored := s.dateTime(orc.f(9))
	wanted := s.dateTime(obr.f(6))
	for _, f := range []string{orc.f(7).Component(4).Raw(), obr.f(27).Component(4).Raw()} {
		if wanted == "" {
			wanted = s.dateTimeText(f)
		}
	}
	var reasons []any
	for _, r := range obr.f(31).Reps() {
		reasons = append(reasons, s.concept(r))
	}
	if f := obr.f(13); f.Valued() {
		reasons = append(reasons, fhir.Obj("text", f.Text()))
	}
	var group *fhir.Value
	if id := orc.f(4).Component(1).String(); id != "" {
		group = s.local("placer-group", id)
	}
	return s.draft("ServiceRequest", orderKey(placer, filler), foldOrder,
		"identifier", fhir.Arr(s.local(uk.PlacerOrder, placer), s.local(uk.FillerOrder, filler)),
		"requisition", group,
		"status", orderStatus(orc.str(1), orc.str(5)),
		"intent", "order",
		"category", fhir.Arr(s.orderCategory(obr)),
		"priority", s.priority(o),
		"code", code,
		"subject", patientRef(),
		"encounter", visitRef,
		"occurrenceDateTime", wanted,
		"authoredOn", authored,
		"requester", requester,
		"reasonCode", fhir.Arr(reasons...),
		"note", s.notes(o.group),
	), nil
}

func (s *source) orderCategory(obr *segment) *fhir.Value {
	if code := obr.str(24); code != "" {
		return fhir.Concept(tableSystem("0074"), strings.ToUpper(code), "", "")
	}
	return nil
}

// priority is the sixth component of ORC-7 or OBR-27, OBR-5, or TQ1-9.
func (s *source) priority(o order) string {
	codes := []string{o.orc.f(7).Component(6).String(), o.obr.f(27).Component(6).String(), o.obr.str(5)}
	for _, g := range o.group {
		if g.ID() == "TQ1" {
			g.skip(1)
			codes = append(codes, g.str(9))
		}
	}
	for _, code := range codes {
		switch strings.ToUpper(code) {
		case "S":
			return "stat"
		case "A":
			return "asap"
		case "R":
			return "routine"
		case "U", "P", "T":
			return "urgent"
		}
	}
	return ""
}

// orderStatus reads the order control (table 0119) and, where that leaves it
// open, the order status (table 0038).
func orderStatus(control, status string) string {
	switch strings.ToUpper(control) {
	case "CA", "OC", "CR", "DC", "OD", "DR", "UA", "UF":
		return "revoked"
	case "HD", "OH", "HR":
		return "on-hold"
	case "DE":
		return enteredInError
	}
	switch strings.ToUpper(status) {
	case "CM":
		return "completed"
	case "CA", "DC", "RP":
		return "revoked"
	case "HD":
		return "on-hold"
	case "ER":
		return enteredInError
	}
	return "active"
}

// completeOrder closes the order of a final report, if it is known.
func (s *source) completeOrder(m *Mapped, r report, status string) {
	if r.placer == "" || status != "final" && status != "corrected" {
		return
	}
	m.add(s.draft("ServiceRequest", orderKey(r.placer, ""), foldCompleted,
		"identifier", fhir.Arr(s.local(uk.PlacerOrder, r.placer), s.local(uk.FillerOrder, r.filler)),
		"status", "completed",
		"intent", "order",
		"subject", patientRef(),
	), true)
}
