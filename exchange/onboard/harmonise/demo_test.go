package harmonise

import (
	"io/fs"
	"testing"
	"time"

	"concord/demo/packs"
	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
)

func catalogueOf(t testing.TB, org string) *Catalogue {
	t.Helper()
	dir, err := fs.Sub(packs.FS, org+"/catalogue")
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Read(org, files, org == "QRV")
	if len(problems) > 0 {
		t.Fatalf("%s: %v", org, problems)
	}
	return c
}

func packOf(t testing.TB, org string) *pack.Pack {
	t.Helper()
	dir, err := fs.Sub(packs.FS, org)
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

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// usedOf makes each entry of a catalogue one that rows have.
func usedOf(c *Catalogue) *onboard.UsedCodes {
	u := &onboard.UsedCodes{Parts: 1}
	for _, e := range c.Entries {
		if e.Kind == Orders {
			continue
		}
		x := onboard.UsedCode{Kind: e.Kind, Code: e.Code, Rows: 10}
		if e.Kind == onboard.Results || e.Kind == onboard.Drugs || e.Kind == onboard.Alerts {
			x.Name = e.Name
		}
		if e.Unit != "" {
			x.Units = []onboard.Counted{{Value: e.Unit, Rows: 10}}
		}
		u.Codes = append(u.Codes, x)
	}
	units := map[string]bool{}
	for _, e := range c.Entries {
		if e.Unit != "" && !units[e.Unit] {
			units[e.Unit] = true
			u.Codes = append(u.Codes, onboard.UsedCode{Kind: onboard.Units, Code: e.Unit, Rows: 10})
		}
	}
	return u
}

// demoBuild is the build of a trust of the demonstration with some decisions.
func demoBuild(t testing.TB, org string, d *Decisions) *Build {
	t.Helper()
	c := catalogueOf(t, org)
	if d == nil {
		d = &Decisions{Org: org}
	}
	return New(org, Inputs{Catalogue: c, Domain: NewDomain(catalogueOf(t, "QRV").Entries, FromPack(packOf(t, org))), Decisions: d, Used: usedOf(c), Now: noon})
}
