package uk_test

import (
	"slices"
	"testing"

	"concord/standard/uk"
)

// TestRBACTable: codes are unique and in order, and what they refer to exists.
func TestRBACTable(t *testing.T) {
	last := ""
	for _, a := range uk.Activities() {
		if a.Code <= last || a.Title == "" {
			t.Errorf("activity %s after %s", a.Code, last)
		}
		last = a.Code
		for _, i := range a.Includes {
			if _, ok := uk.FindActivity(i); !ok {
				t.Errorf("%s includes %s, which is not known", a.Code, i)
			}
		}
	}
	last = ""
	for _, r := range uk.JobRoles() {
		if r.Code <= last || r.Title == "" {
			t.Errorf("role %s after %s", r.Code, last)
		}
		last = r.Code
		for _, b := range r.Baseline {
			if _, ok := uk.FindActivity(b); !ok {
				t.Errorf("%s has %s, which is not known", r.Code, b)
			}
		}
	}
}

func TestMayDo(t *testing.T) {
	for _, c := range []struct {
		role    string
		granted []string
		want    []string
	}{
		{"R8009", nil, []string{"B0820", "B0825"}},
		{"R8000", []string{"B0083"}, []string{"B0083", "B0380", "B0820", "B0825"}},
		{"R9999", nil, nil},
		{"", []string{"B0825", "B9999"}, []string{"B0820", "B0825", "B9999"}},
	} {
		if got := uk.MayDo(c.role, c.granted); !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %v, want %v", c.role, c.granted, got, c.want)
		}
	}
}
