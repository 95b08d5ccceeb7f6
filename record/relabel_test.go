package record_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/store/dictionary"
)

// TestRelabel: what was written before its code was listed is given its label,
// also by a walk that was stopped and taken up; what has it, or is not sensitive,
// is not written anew, and a second walk writes nothing.
func TestRelabel(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	var gum, plain []string
	for i := range 7 {
		gum = append(gum, s.create(s.client("R1K"), strings.Replace(s.observation(p, "GUM1", ""), "http://example.org/canary", "urn:trust:catalogue", 1)).ID)
		plain = append(plain, s.create(s.client("R1K"), s.observation(p, fmt.Sprint("plain", i), "")).ID)
	}
	ownID := s.create(s.client("R1K"), strings.Replace(s.observation(p, "GUM1", ""), "http://example.org/canary", "urn:trust:catalogue", 1)).ID
	s.delete(s.client("R1K"), "Observation", ownID)
	own, err := access.LoadSensitive([]byte(`- {name: local-gum, label: STD, systems: ["urn:trust:catalogue"], codes: [GUM1]}`), "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.desk = s.deskWith(own)
	seen := func(ids []string) (n int) {
		for _, id := range ids {
			if _, err := s.client("RQM").Read(s.ctx, "Observation", id); err == nil {
				n++
			}
		}
		return n
	}
	if seen(gum) != len(gum) {
		t.Fatal("they have the label before")
	}
	operator := s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	stop := errors.New("stopped")
	first, err := operator.Relabel(s.ctx, 4, func(st record.Relabelling) error {
		if st.Labelled > 0 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || first.Labelled == 0 || first.Labelled == int64(len(gum)) || !first.Ended.IsZero() {
		t.Fatalf("%+v %v", first, err)
	}
	s.desk = s.deskWith(own) // as after a restart
	operator = s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	on := func(record.Relabelling) error { return nil }
	rest, err := operator.Relabel(s.ctx, 4, on)
	if err != nil || rest.Labelled != int64(len(gum)) || rest.Refused != 0 || rest.Ended.IsZero() || !rest.Started.Equal(first.Started) {
		t.Fatalf("%+v %v", rest, err)
	}
	if seen(gum) != 0 || seen(plain) != len(plain) {
		t.Errorf("another trust reads %d of %d, and %d of %d that are not sensitive", seen(gum), len(gum), seen(plain), len(plain))
	}
	it, err := s.client("R1K").Read(s.ctx, "Observation", gum[0])
	if err != nil || it.Version != 2 || it.Org != "R1K" {
		t.Errorf("whose it is: %s %v", it.JSON(), err)
	}
	if it, err = s.client("R1K").Read(s.ctx, "Observation", plain[0]); err != nil || it.Version != 1 {
		t.Errorf("what is not sensitive is written anew: %+v %v", it, err)
	}
	again, err := operator.Relabel(s.ctx, 0, on)
	if err != nil || again.Labelled != 0 || again.Looked != rest.Looked {
		t.Errorf("a second walk: %+v %v, after %+v", again, err, rest)
	}
	if _, err := s.client("R1K").Relabel(s.ctx, 0, on); err == nil {
		t.Error("a hospital's system relabels")
	}
	s.clean()
}

// deskWith is another desk on the store, with other sensitive codes.
func (s *stage) deskWith(codes *access.SensitiveCodes) *record.Desk {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now, Sensitive: codes})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}
