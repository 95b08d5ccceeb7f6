package record

import (
	"context"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Explained tells why one requester may or may not read one resource, or a
// patient's clinical content in general.
type Explained struct {
	access.Explanation
	User      string            `json:"user"`
	Role      access.Role       `json:"as"`
	Org       string            `json:"org"`
	Patient   string            `json:"patient"` // the person's id
	Resource  string            `json:"resource,omitempty"`
	Relations []access.Relation `json:"relations"` // all that stand, whoever they tie
	Taken     []access.Taken    `json:"taken"`     // by the user, for this patient
	Seals     []StandingTold    `json:"seals"`     // standing seals on the resource, else of the patient
}

// Explain tells why a user may read a resource ("Observation/id"; "" = a
// clinical resource of another organisation without a label) of a patient, as
// things stand now. The patient is an id or an NHS number. It shows nothing of the
// resource. Errors: Denied, NotFound "record.unknown", Invalid "access.explain",
// "record.whose-number".
func (e *Errand) Explain(ctx context.Context, user access.Requester, why access.Reason, patient, ref string) (*Explained, error) {
	out := &Explained{User: user.ID, Role: user.Role, Org: user.Org, Resource: ref, Relations: []access.Relation{}, Taken: []access.Taken{}, Seals: []StandingTold{}}
	other := e.desk.For(user, why) // before the snapshot: what workgroups do is read on one of its own
	err := e.read(ctx, access.Explain, "", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"explain " + user.ID}
		id, err := e.desk.idOf(ctx, r, patient)
		if err != nil {
			return err
		}
		t.what = append(t.what, "Patient/"+id)
		if ref != "" {
			t.what = append(t.what, ref)
		}
		n, err := e.desk.whose(ctx, r, id, time.Time{})
		if err != nil {
			return err
		}
		out.Patient = e.desk.ids.person(n.person)
		t.records = []string{e.desk.ids.encodePK(n.person)}
		eyes, err := other.sight(ctx, r, access.Verdict{}, v.change)
		if err != nil {
			return err
		}
		typ, target, err := eyes.explained(ctx, n, ref)
		if err != nil {
			return err
		}
		out.Explanation = e.desk.policies.Explain(user, why, access.Read, typ, target)
		h, err := eyes.humanNamed(ctx, n)
		if err != nil {
			return err
		}
		for rel := range h.all.relations() {
			if rel.Until.IsZero() || eyes.now.Before(rel.Until) {
				out.Relations = append(out.Relations, *rel)
			}
		}
		out.Taken = append(out.Taken, h.taken...)
		out.Seals, err = eyes.sealsTold(ctx, h, ref)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Relations = e.desk.tied(out.Relations)
	return out, nil
}

// tied are relations by the workgroups that are responsible, without the places
// themselves: a clinic's name can say what somebody is treated for.
func (d *Desk) tied(relations []access.Relation) []access.Relation {
	out := []access.Relation{}
	for _, r := range relations {
		var duties *access.Duties
		if d.duties != nil {
			duties = d.duties(r.Org)
		}
		out = append(out, duties.Tied(r)...)
	}
	return out
}

// explained finds what is to be explained. Facts of the patient are read also
// for requesters for whom they would not be looked at.
func (s *sight) explained(ctx context.Context, n named, ref string) (string, access.Target, error) {
	h, err := s.humanNamed(ctx, n)
	if err != nil {
		return "", access.Target{}, err
	}
	if ref == "" {
		return "Observation", access.Target{Kind: access.Clinical, Origin: access.Other, Facts: h.facts}, nil
	}
	r, ok := fhir.ParseReference(ref)
	if !ok || r.Base != "" || fhir.R4().Number(r.Type) == 0 {
		return "", access.Target{}, fault.New(fault.Invalid, "access.explain", "a resource is named as Type/id").In("resource")
	}
	k, err := s.desk.locate(ctx, s.r, r.Type, r.ID)
	if err != nil {
		return "", access.Target{}, err
	}
	doc, err := s.r.Get(ctx, k)
	if err != nil {
		return "", access.Target{}, unknown(r.Type)
	}
	theirs, err := s.human(ctx, k.PK)
	if err != nil {
		return "", access.Target{}, err
	}
	if access.KindOf(r.Type) != access.Directory && theirs != h {
		return "", access.Target{}, fault.New(fault.Invalid, "access.explain", "the resource is not of that patient").In("resource")
	}
	t, err := s.target(ctx, doc, r.Type, false)
	if t.Kind != access.Directory {
		t.Facts = h.facts
	}
	return r.Type, t, err
}
