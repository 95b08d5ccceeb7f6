package pack

// Pack is what an organisation is.
type Pack struct {
	Organisation Organisation `yaml:"organisation"`
	Sites        []Site       `yaml:"sites,omitempty"`
	Wards        []Ward       `yaml:"wards,omitempty"`
	Specialties  []Specialty  `yaml:"specialties,omitempty"`
	Clinics      []Clinic     `yaml:"clinics,omitempty"`
	Consultants  []Consultant `yaml:"consultants,omitempty"`
	Numbering    []Numbering  `yaml:"numbering,omitempty"`
	Roles        []Role       `yaml:"roles,omitempty"`
	Teams        []Team       `yaml:"teams,omitempty"`
	Letterheads  []Letterhead `yaml:"letterheads,omitempty"`
	Feeds        []Feed       `yaml:"feeds,omitempty"`
	Returns      []Return     `yaml:"returns,omitempty"`
}

// Organisation is the data controller.
type Organisation struct {
	Code string `yaml:"code"` // ODS
	Name string `yaml:"name"`
	Kind string `yaml:"kind"` // acute, community, mental-health, ambulance, commissioner
	// PrivacyOfficer is the account that alerts about access go to: every
	// organisation that looks has one.
	PrivacyOfficer string `yaml:"privacy-officer"`
}

// Site is a hospital or centre.
type Site struct {
	Code     string `yaml:"code"` // ODS
	Name     string `yaml:"name"`
	Postcode string `yaml:"postcode,omitempty"`
}

// Ward is a ward as its feeds call it.
type Ward struct {
	Code      string `yaml:"code"` // PL.1 of its feeds
	Name      string `yaml:"name"`
	Site      string `yaml:"site"`
	Specialty string `yaml:"specialty,omitempty"` // treatment function code
	// Beds are "Side room 1", "Bay A/1" or a run of them, "Bay A/Bed 1-6": room
	// and bed as the feeds call them (PL.2, PL.3).
	Beds []string `yaml:"beds,omitempty"`
}

// Specialty is a treatment function (main list of the NHS Data Dictionary).
type Specialty struct {
	Code string `yaml:"code"` // three digits
	Name string `yaml:"name"`
}

// Clinic is a clinic as it is booked.
type Clinic struct {
	Code       string   `yaml:"code"`
	Name       string   `yaml:"name"`
	Site       string   `yaml:"site"`
	Specialty  string   `yaml:"specialty"`
	Consultant string   `yaml:"consultant,omitempty"`
	Sessions   []string `yaml:"sessions,omitempty"` // "mon 09:00-12:30"
	Slot       int      `yaml:"slot,omitempty"`     // minutes
}

// Consultant leads a service.
type Consultant struct {
	Code        string   `yaml:"code"` // CONSULTANT CODE, "C" and seven digits
	Name        string   `yaml:"name"`
	GMC         string   `yaml:"gmc,omitempty"` // seven digits
	Specialties []string `yaml:"specialties"`
}

// Numbering is a system of identifiers that the organisation gives out.
type Numbering struct {
	Kind    string `yaml:"kind"`    // hospital-number, visit-number, …
	Pattern string `yaml:"pattern"` // regular expression of the whole value
	Example string `yaml:"example"` // made up
}

// Role is a position that the organisation grants, by its national codes.
type Role struct {
	Title      string   `yaml:"title"`
	Code       string   `yaml:"code"`                 // R code
	Activities []string `yaml:"activities,omitempty"` // B codes beyond the baseline
}

// Team is a workgroup: a relationship of a team to a patient is its members'.
type Team struct {
	Code string `yaml:"code"`
	Name string `yaml:"name"`
}

// Letterhead heads the letters of a site, or of all.
type Letterhead struct {
	Name  string   `yaml:"name"`
	Site  string   `yaml:"site,omitempty"`
	Lines []string `yaml:"lines"`
}

// LetterheadOf is the letterhead of a site, else the organisation's own without a
// site, "" of site; nil if it has neither.
func (p *Pack) LetterheadOf(site string) *Letterhead {
	var own *Letterhead
	for i := range p.Letterheads {
		switch l := &p.Letterheads[i]; {
		case l.Site == site && site != "":
			return l
		case l.Site == "" && own == nil:
			own = l
		}
	}
	return own
}

// Feed is one sending system (docs/operate/settings.md).
type Feed struct {
	Name     string   `yaml:"name"`
	Sender   string   `yaml:"sender"`   // MSH-3
	Facility string   `yaml:"facility"` // MSH-4
	Ack      string   `yaml:"ack,omitempty"`
	Accept   []string `yaml:"accept,omitempty"`
}

// Return is a statutory return that the organisation owes.
type Return struct {
	Name  string `yaml:"name"`  // cds, ecds, rtt, dm01, kh03, cancer, csds, mhsds
	Every string `yaml:"every"` // day, week, month, quarter
}

// Title is the return's name in full.
func (r Return) Title() string {
	return map[string]string{"cds": "Commissioning data sets", "ecds": "Emergency care data set", "rtt": "Referral to treatment waiting times",
		"dm01": "Diagnostics waiting times and activity", "kh03": "Bed availability and occupancy", "cancer": "Cancer waiting times",
		"csds": "Community services data set", "mhsds": "Mental health services data set"}[r.Name]
}
