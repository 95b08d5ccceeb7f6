package onboard

import (
	"context"
	"slices"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Survivors are, of the patients whom the source merged into others, those in whom
// they ended. What is filed under one and what under the other is of one person: a
// source that merges two numbers files rows of the one under the other from then on.
type Survivors map[string]string

// Of follows a patient to the one in whom it ended; one that was merged into nobody,
// or whose merges go round, stays.
func (s Survivors) Of(patient string) string {
	at := patient
	for range len(s) + 1 {
		next, merged := s[at]
		if !merged {
			return at
		}
		at = next
	}
	return patient
}

// ended are, by the patient in whom they ended, all who did, that one included, in
// order.
func (s Survivors) ended() map[string][]string {
	out := map[string][]string{}
	for from := range s {
		end := s.Of(from)
		if out[end] == nil {
			out[end] = []string{end}
		}
		if from != end {
			out[end] = append(out[end], from)
		}
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// Survivors reads those of an extract, each patient by the name that is given for a
// key.
func (x *Extract) Survivors(name func(key string) string) (Survivors, error) {
	out := Survivors{}
	for row, err := range x.Rows("patients") {
		if err != nil {
			return nil, err
		}
		if into := row.At("merged_into"); into != "" {
			out[name(row.Key())] = name(into)
		}
	}
	return out, nil
}

func asKey(key string) string { return key }

// readMerges reads whom the source has merged, for a delta.
func (ld *loader) readMerges() (err error) {
	if ld.delta != nil {
		ld.merges, err = ld.extract.Survivors(asKey)
		ld.merged = ld.merges.ended()
	}
	return err
}

// filedUnder leaves a row that changed where the record has it, when the source has
// filed it under the number meanwhile into which it merged that one: the patient of a
// stored resource never changes, and both are one person.
func (ld *loader) filedUnder(ctx context.Context, r loadRow, it *record.Item) (loadRow, error) {
	at := ld.at.column("patient")
	if at < 0 || len(ld.merges) == 0 {
		return r, nil
	}
	others := ld.merged[ld.merges.Of(string(r.fields[at]))]
	if len(others) < 2 {
		return r, nil
	}
	v, err := it.Full()
	if err != nil {
		return r, err
	}
	is, was := aboutWhom(r.op.Resource), aboutWhom(v)
	if is == was || !strings.HasPrefix(was, "Patient/") {
		return r, nil
	}
	for _, other := range others {
		id, err := ld.patient(ctx, other)
		if err != nil {
			return r, err
		}
		if "Patient/"+id == was {
			r.op.Resource = fhir.Relink(r.op.Resource, func(ref string) string {
				if ref == is {
					return was
				}
				return ref
			})
			break
		}
	}
	return r, nil
}

// aboutWhom is the reference to the patient of a resource of a load.
func aboutWhom(v *fhir.Value) string {
	for _, path := range []string{"subject.reference", "patient.reference", "for.reference", "participant.0.actor.reference"} {
		if ref := v.StrAt(path); ref != "" {
			return ref
		}
	}
	return ""
}
