package uk_test

import (
	"fmt"
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
		{"", []string{"B0825", "B9999"}, []string{"B0820", "B0825"}},
		{"R0050", []string{"B9999", "b0083", "B0083 ", ""}, nil},
	} {
		if got := uk.MayDo(c.role, c.granted); !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %v, want %v", c.role, c.granted, got, c.want)
		}
	}
}

// TestNationalJobRoles: every code of the national list has its title; what is not
// understood brings nothing and is named, whatever it is.
func TestNationalJobRoles(t *testing.T) {
	n := 0
	for i := range 10_000 {
		code := fmt.Sprintf("R%04d", i)
		r, ok := uk.FindJobRole(code)
		if !ok {
			continue
		}
		understood := slices.ContainsFunc(uk.JobRoles(), func(x uk.JobRole) bool { return x.Code == code })
		if n++; r.Title == "" || r.Code != code || !understood && (len(r.Baseline) > 0 || len(uk.MayDo(code, nil)) > 0) {
			t.Errorf("%+v", r)
		}
		if told := len(uk.BringsNothing(code, nil)) > 0; told == understood {
			t.Errorf("%s: understood %v, told %v", code, understood, told)
		}
	}
	if n != 392 {
		t.Errorf("%d job roles", n)
	}
	if got := uk.BringsNothing("R0050", []string{"B0083", "B9999", "B9999"}); !slices.Equal(got, []string{"R0050 Consultant", "B9999"}) {
		t.Errorf("%v", got)
	}
	if got := uk.BringsNothing("R9999", nil); !slices.Equal(got, []string{"R9999"}) {
		t.Errorf("%v", got)
	}
	if got := uk.BringsNothing("", nil); got != nil {
		t.Errorf("%v", got)
	}
}
