package webui

import (
	"slices"
	"strings"

	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record/account"
)

// packOf is the org pack of an organisation that runs, nil if it has none.
func (s *Site) packOf(org string) *pack.Pack {
	if s.Packs == nil || org == "" {
		return nil
	}
	if k := pack.Find(s.Packs(), org); k != nil {
		return k.Pack
	}
	return nil
}

// letterhead is what printed pages are headed with for people who are signed in at
// a site: the site's, else the organisation's own; nil if its pack has neither.
func (s *Site) letterhead(org, site string) []string {
	p := s.packOf(org)
	if p == nil {
		return nil
	}
	if l := p.LetterheadOf(site); l != nil {
		return l.Lines
	}
	return nil
}

// packTitles are the titles that an organisation's pack knows, to be granted by its
// administrator: a pack grants nothing by itself.
type packTitles struct {
	Short   string
	Options []packTitle
}

type packTitle struct{ Value, Words string }

func (s *Site) packTitles(orgs []Org) []packTitles {
	var out []packTitles
	for _, o := range orgs {
		p := s.packOf(o.Code)
		if p == nil || len(p.Roles) == 0 {
			continue
		}
		t := packTitles{Short: o.Short}
		for _, r := range p.Roles {
			words := r.Title + " (" + r.Code
			if len(r.Activities) > 0 {
				words += ", and " + strings.Join(r.Activities, ", ")
			}
			t.Options = append(t.Options, packTitle{o.Code + "/" + r.Title, words + ")"})
		}
		out = append(out, t)
	}
	return out
}

// pickJobRole puts the job role that was chosen into a profile: of the national list
// by its code, or a title of the profile's organisation as "ORG/TITLE", which brings
// its activities. What may be granted is decided by the Office all the same. Errors:
// Invalid "webui.title" in the field jobrole.
func (s *Site) pickJobRole(p *account.Profile, picked string) error {
	org, title, ofPack := strings.Cut(picked, "/")
	if !ofPack {
		p.JobRole = picked
		return nil
	}
	if org != p.Org {
		return fault.New(fault.Invalid, "webui.title", "choose a title of the same organisation").In("jobrole")
	}
	if known := s.packOf(org); known != nil {
		for _, r := range known.Roles {
			if r.Title != title {
				continue
			}
			p.JobRole = r.Code
			for _, a := range r.Activities {
				if !slices.Contains(p.Activities, a) {
					p.Activities = append(p.Activities, a)
				}
			}
			return nil
		}
	}
	return fault.New(fault.Invalid, "webui.title", "the organisation's pack no longer has this title").In("jobrole")
}
