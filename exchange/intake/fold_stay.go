package intake

import "concord/standard/fhir"

// stay is an Encounter whose state is being changed. Its state is three
// things: the status with the statuses before it, the places with their
// times, and the period.
type stay struct {
	stayDetails
	enc    *fhir.Value
	class  *fhir.Value // as the message has it
	status string
	phases []phase // statuses that are over, oldest first
	places []placement
	start  string
	end    string
}

// phase is one entry of Encounter.statusHistory.
type phase struct{ status, start, end string }

// placement is one entry of Encounter.location. Its status is planned, active,
// reserved or completed.
type placement struct {
	location, physical *fhir.Value
	status, start, end string
}

// stateChange is what an event does to a stay. Each trigger has one. Only one
// that revives changes the state of a visit that was entered in error.
type stateChange struct {
	do      func(*stay)
	revives bool
}

// foldStay brings an Encounter up to date with the details of a message and
// the state change of its trigger. An older event changes no state: it only
// fills gaps, and the admission time counts as one.
func foldStay(change stateChange, d stayDetails) Fold {
	return func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
		if stale(old, c) {
			if old.Path("period.start") == nil && d.admitted != "" {
				in = in.With("period", period(d.admitted, old.StrAt("period.end")))
				old = old.Without("period")
			}
			return fillGaps(old, in.Without("status"), c)
		}
		st := openStay(old, in, d)
		if st.status != enteredInError || change.revives {
			change.do(st)
		}
		out := st.close()
		if repeats(old, out, c) {
			return nil, nil
		}
		return out.With("meta", in.Get("meta")), nil
	}
}

// Statuses of an Encounter (https://hl7.org/fhir/R4/valueset-encounter-status.html).
const (
	planned        = "planned"
	arrived        = "arrived"
	inProgress     = "in-progress"
	finished       = "finished"
	cancelled      = "cancelled"
	enteredInError = "entered-in-error"
	unknown        = "unknown"
)

// openStay takes the stored Encounter apart and lays the message's details
// over it.
func openStay(old, in *fhir.Value, d stayDetails) *stay {
	st := &stay{stayDetails: d, enc: in.Without("status"), class: in.Get("class")}
	if old == nil {
		return st
	}
	st.enc = overlay(old, in)
	st.status = old.StrAt("status")
	if st.status == unknown {
		st.status = ""
	}
	st.start, st.end = old.StrAt("period.start"), old.StrAt("period.end")
	for p := range old.Get("statusHistory").Each() {
		st.phases = append(st.phases, phase{p.StrAt("status"), p.StrAt("period.start"), p.StrAt("period.end")})
	}
	for l := range old.Get("location").Each() {
		st.places = append(st.places, placement{l.Get("location"), l.Get("physicalType"),
			l.StrAt("status"), l.StrAt("period.start"), l.StrAt("period.end")})
	}
	return st
}

// overlay lays the details of a message over the stored Encounter: what it
// values replaces, what it leaves out stays. A change of class is kept in
// classHistory by reclass, not here.
func overlay(old, in *fhir.Value) *fhir.Value {
	out := old
	for name, v := range in.Members() {
		switch name {
		case "status", "class", "meta":
			continue
		case "identifier":
			v = unionBy(old.Get(name), v, true, "system")
		case "extension":
			v = unionBy(old.Get(name), v, true, "url")
		case "hospitalization":
			merged := old.Get(name)
			for n, part := range v.Members() {
				merged = orObject(merged).With(n, part)
			}
			v = merged
		}
		out = out.With(name, v)
	}
	return out
}

func orObject(v *fhir.Value) *fhir.Value {
	if v == nil {
		return fhir.Obj()
	}
	return v
}

// close puts the Encounter together again, its members in the order of the
// specification.
func (st *stay) close() *fhir.Value {
	var history, locations []any
	for _, p := range st.phases {
		history = append(history, fhir.Obj("status", p.status, "period", period(p.start, p.end)))
	}
	for _, p := range st.places {
		locations = append(locations, fhir.Obj("location", p.location, "status", p.status,
			"physicalType", p.physical, "period", period(p.start, p.end)))
	}
	if st.status == "" {
		st.status = unknown
	}
	set := map[string]*fhir.Value{
		"status": fhir.Of(st.status), "statusHistory": fhir.Arr(history...),
		"location": fhir.Arr(locations...), "period": fhir.Of(period(st.start, st.end)),
	}
	var pairs []any
	for _, name := range encounterMembers() {
		v, ok := set[name]
		if !ok {
			v = st.enc.Get(name)
		}
		pairs = append(pairs, name, v)
	}
	return fhir.Obj(pairs...)
}

func encounterMembers() []string {
	return []string{"resourceType", "id", "meta", "text", "extension", "identifier", "status", "statusHistory", "class",
		"classHistory", "type", "serviceType", "priority", "subject", "participant", "appointment", "period", "reasonCode",
		"diagnosis", "hospitalization", "location", "serviceProvider", "partOf"}
}
