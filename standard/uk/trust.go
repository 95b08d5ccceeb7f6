package uk

import "slices"

// Trust is one NHS trust of the domain.
type Trust struct {
	Code  string // ODS
	Name  string
	Short string // how staff say it
	Sites []Site
}

// Site is one hospital of a trust.
type Site struct{ Code, Name, Postcode string }

// Trusts gives the four trusts of the domain with their sites (ODS; see
// domain notes 4.1), in the order of their codes.
func Trusts() []Trust { return slices.Clone(trusts) }

var trusts = []Trust{
	{"R1K", "London North West University Healthcare NHS Trust", "London North West", []Site{
		{"R1K01", "Northwick Park Hospital", "HA1 3UJ"},
		{"R1K02", "Central Middlesex Hospital", "NW10 7NS"},
		{"R1K04", "Ealing Hospital", "UB1 3HW"},
	}},
	{"RAS", "The Hillingdon Hospitals NHS Foundation Trust", "Hillingdon", []Site{
		{"RAS01", "Hillingdon Hospital", "UB8 3NN"},
		{"RAS02", "Mount Vernon Hospital", ""},
	}},
	{"RQM", "Chelsea and Westminster Hospital NHS Foundation Trust", "Chelsea and Westminster", []Site{
		{"RQM01", "Chelsea and Westminster Hospital", "SW10 9NH"},
		{"RQM91", "West Middlesex University Hospital", "TW7 6AF"},
	}},
	{"RYJ", "Imperial College Healthcare NHS Trust", "Imperial", []Site{
		{"RYJ01", "St Mary's Hospital", "W2 1NY"},
		{"RYJ02", "Charing Cross Hospital", ""},
		{"RYJ03", "Hammersmith Hospital", "W12 0HS"},
		{"RYJ04", "Queen Charlotte's Hospital", "W12 0HS"},
	}},
}

// IsTrust tells the code of one of the four trusts.
func IsTrust(code string) bool {
	return slices.ContainsFunc(trusts, func(t Trust) bool { return t.Code == code })
}

// TrustByCode finds a trust by its ODS code or by the code of one of its
// sites.
func TrustByCode(code string) (Trust, bool) {
	for _, t := range trusts {
		if t.Code == code {
			return t, true
		}
		for _, s := range t.Sites {
			if s.Code == code {
				return t, true
			}
		}
	}
	return Trust{}, false
}

// SiteByCode finds a site.
func SiteByCode(code string) (Site, bool) {
	if !ODSCode(code) {
		return Site{}, false
	}
	for _, t := range trusts {
		for _, s := range t.Sites {
			if s.Code == code {
				return s, true
			}
		}
	}
	return Site{}, false
}

// ODSCode tells whether s has the shape of an ODS code: three to ten capital
// letters and digits, one letter at least. Whether it exists is another matter.
func ODSCode(s string) bool {
	if len(s) < 3 || len(s) > 10 {
		return false
	}
	letter := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			letter = true
		case c < '0' || c > '9':
			return false
		}
	}
	return letter
}

// TrustCode tells the shape of an NHS trust's code: R and two more.
func TrustCode(s string) bool { return len(s) == 3 && s[0] == 'R' && ODSCode(s) }
