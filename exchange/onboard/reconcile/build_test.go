package reconcile

import (
	"io/fs"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/demo/packs"
	"concord/exchange/onboard"
	"concord/exchange/onboard/harmonise"
)

// mappingOf is what the demonstration's trust has decided on its codes.
func (s *scene) mappingOf(x *onboard.Extract) *onboard.Mapping {
	s.t.Helper()
	read := func(org string, domain bool) *harmonise.Catalogue {
		dir, err := fs.Sub(packs.FS, org+"/catalogue")
		if err != nil {
			s.t.Fatal(err)
		}
		files, err := harmonise.Files(dir)
		if err != nil {
			s.t.Fatal(err)
		}
		c, problems := harmonise.Read(org, files, domain)
		if len(problems) > 0 {
			s.t.Fatal(problems)
		}
		return c
	}
	text, err := packs.FS.ReadFile(x.Trust + "/catalogue/build.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := harmonise.ParseDecisions(text)
	if err != nil {
		s.t.Fatal(err)
	}
	used, err := s.stage.Codes(s.ctx, x)
	if err != nil {
		s.t.Fatal(err)
	}
	b := harmonise.New(x.Trust, harmonise.Inputs{Catalogue: read(x.Trust, false), Domain: harmonise.NewDomain(read("QRV", true).Entries, harmonise.FromPack(s.opt.Pack)), Decisions: d, Used: used,
		Now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)})
	return b.Mapping()
}

// TestReconcileByABuild: what a load brought in under the domain's codes and
// units is held against the rows as the source sent them, and all is equal; beds
// and slots are looked up under the domain's places.
func TestReconcileByABuild(t *testing.T) {
	s := newScene(t, "R1K")
	dir, _ := s.madeUp(extract.Options{Trust: "R1K", Patients: 300, Seed: 7, Own: true})
	x := s.staged(dir)
	if _, err := s.stage.Load(s.ctx, x, s.load, onboard.LoadOptions{Mapping: s.mappingOf(x)}); err != nil {
		t.Fatal(err)
	}
	r := s.run(x)
	for _, c := range r.Classes {
		if c.Differ != 0 || c.Absent != 0 || c.Extra != 0 || c.SourceHash != c.RecordHash || c.Class == "results" && c.Equal == 0 {
			t.Errorf("%+v", c)
		}
	}
	if r.Appointments.InSlot == 0 || r.Appointments.Out["clinic"] > 0 {
		t.Errorf("%+v", r.Appointments)
	}
	for _, d := range r.Differences {
		if d.What == OutOfSlot && d.Code == "not-offered" {
			t.Errorf("a clinic of the domain is not found: %+v", d)
		}
	}
}
