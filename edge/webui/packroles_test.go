package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"concord/exchange/onboard/pack"
	"concord/record/access"
)

// TestTitlesOfThePack: the titles of an organisation's pack are offered to its
// administrator before the national list, and bring their code and activities when
// one is granted; a pack grants nothing by itself, and nobody grants elsewhere by a
// title.
func TestTitlesOfThePack(t *testing.T) {
	s := newStage(t)
	s.packs = []pack.Kept{{Pack: s.packOf("RAS")}, {Pack: s.packOf("RQM")}}
	b := s.trustAdmin("adm.hillingdon", "RAS")
	const path = "/admin/accounts/registrar"
	page := b.get(path)
	page.has(t, `value="RAS/Ward manager"`, "Ward manager (R8002, and B0083)", "National list")
	page.lacks(t, `value="RQM/`)
	if strings.Index(page.body, `value="RAS/Consultant"`) > strings.Index(page.body, `value="R8000"`) {
		t.Error("the national list is offered first")
	}
	before, err := s.accounts.Get(s.ctx, "registrar")
	s.must(err)
	for title, want := range map[string]int{"RQM/Ward manager": http.StatusUnprocessableEntity, "RAS/Emperor": http.StatusUnprocessableEntity} {
		if r := b.post(path+"/profiles", "role", "clinician", "jobrole", title, "org", "RAS"); r.status != want {
			t.Errorf("%s: %d", title, r.status)
		}
	}
	if r := b.post(path+"/profiles", "role", "clinician", "jobrole", "RQM/Ward manager", "org", "RQM"); r.status != http.StatusForbidden {
		t.Errorf("granted in another trust: %d", r.status)
	}
	r := b.post(path+"/profiles", "role", "clinician", "jobrole", "RAS/Ward manager", "org", "RAS", "from", "2024-01-01", "to", "2023-12-31")
	r.has(t, `value="RAS/Ward manager" selected`)
	if now, err := s.accounts.Get(s.ctx, "registrar"); err != nil || len(now.Profiles) != len(before.Profiles) {
		t.Fatalf("something was granted: %v", err)
	}
	if r := b.post(path+"/profiles", "role", "clinician", "jobrole", "RAS/Ward manager", "org", "RAS", "activity", "B0083"); !strings.HasSuffix(r.to, "done=granted") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	now, err := s.accounts.Get(s.ctx, "registrar")
	s.must(err)
	p := now.Profiles[len(now.Profiles)-1]
	if p.JobRole != "R8002" || len(p.Activities) != 1 || p.Activities[0] != "B0083" || p.Org != "RAS" || p.Role != access.Clinician {
		t.Errorf("granted %+v", p)
	}
}
