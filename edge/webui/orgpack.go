package webui

import "concord/exchange/onboard/pack"

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
