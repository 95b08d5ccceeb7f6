package pack_test

import (
	"context"
	"io/fs"
	"net/url"
	"testing"
	"time"

	"concord/demo/packs"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

func openDesk(t *testing.T) *record.Desk {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

func operator(d *record.Desk, org string) *record.Errand {
	return d.For(access.Requester{ID: "operator", Role: access.Operator, Org: org}, access.Reason{Purpose: access.Integrity})
}

func read(t *testing.T, code string) *pack.Pack {
	t.Helper()
	dir, err := fs.Sub(packs.FS, code)
	if err != nil {
		t.Fatal(err)
	}
	files, err := pack.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// count is how many resources a search finds.
func count(t *testing.T, e *record.Errand, typ, query string) int {
	t.Helper()
	form, err := url.ParseQuery(query + "&_count=1000")
	if err != nil {
		t.Fatal(err)
	}
	found, err := e.Search(context.Background(), record.Asked{Types: []string{typ}, Form: form})
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Matches)
}

func TestApply(t *testing.T) {
	ctx := context.Background()
	e := operator(openDesk(t), "RV3")
	next := read(t, "RV3")
	changes, err := pack.Apply(ctx, e, next)
	if err != nil || len(changes) < 15 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	if n := count(t, e, "Location", "status=active"); n != 2+1+14 {
		t.Errorf("%d places, not two sites, a ward and 14 beds", n)
	}
	if n := count(t, e, "HealthcareService", "active=true"); n != 2 {
		t.Errorf("%d clinics", n)
	}
	if changes, err = pack.Apply(ctx, e, read(t, "RV3")); err != nil || len(changes) != 0 {
		t.Errorf("the same pack changes %v, %v", changes, err)
	}

	// A ward loses a bed, and a clinic goes: both stay, inactive.
	next = read(t, "RV3")
	next.Wards[0].Beds = []string{"Bay 1/Bed 1-4", "Bay 2/Bed 1-4", "Side room 1-5"}
	next.Clinics = next.Clinics[:1]
	if changes, err = pack.Apply(ctx, e, next); err != nil || len(changes) != 2 {
		t.Fatalf("%v, %v", changes, err)
	}
	if a, b := count(t, e, "Location", "status=active"), count(t, e, "Location", "status=inactive"); a != 16 || b != 1 {
		t.Errorf("%d places are active and %d not", a, b)
	}
	running, err := pack.Running(ctx, e)
	if err != nil || len(running) != 1 || running[0].Version != 2 {
		t.Fatalf("%v, %v", running, err)
	}
	if d := pack.Diff(running[0].Pack, next); len(d) != 0 {
		t.Errorf("what runs is not what was applied: %v", d)
	}
	if d := pack.Diff(running[0].Pack, read(t, "RV3")); len(d) != 2 {
		t.Errorf("the way back is %v", d)
	}
}

// TestOwners: a site or sender is of one organisation.
func TestOwners(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	for _, code := range []string{"RAS", "RV3"} {
		if _, err := pack.Apply(ctx, operator(d, code), read(t, code)); err != nil {
			t.Fatal(err)
		}
	}
	other := read(t, "RV3")
	other.Organisation.Code = "RV9"
	if _, err := pack.Apply(ctx, operator(d, "RV9"), other); fault.Of(err).Code != "pack.other-site" {
		t.Errorf("a site of two organisations: %v", err)
	}
	for i := range other.Sites {
		other.Sites[i].Code = "RV9X" + string(rune('1'+i))
	}
	if _, err := pack.Apply(ctx, operator(d, "RV9"), other); fault.Of(err).Code != "pack.other-feed" {
		t.Errorf("a feed of two organisations: %v", err)
	}
	running, err := pack.Running(ctx, operator(d, access.Domain))
	if err != nil || len(running) != 2 || running[0].Organisation.Code != "RAS" {
		t.Errorf("%d packs run, %v", len(running), err)
	}
}

// TestRefused: who may not write places does not apply a pack.
func TestRefused(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	for _, role := range []access.Role{access.Receptionist, access.Engineer, access.Administrator, access.Privacy} {
		e := d.For(access.Requester{ID: "x", Role: role, Org: "RV3"}, access.Reason{Purpose: access.Administration})
		if _, err := pack.Apply(ctx, e, read(t, "RV3")); !fault.Is(err, fault.Denied) {
			t.Errorf("%s applied a pack: %v", role, err)
		}
	}
}
