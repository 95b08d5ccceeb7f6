package webui

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/record/access"
)

// frame is what stands around a page's body.
type frame struct {
	Title  string // of the page; a record's page puts the family name before it
	Nav    string // which link of the top bar is current
	Query  string // in the search box
	Forms  bool   // the page has a form with components that need script
	Record *recordFrame

	// Filled by dress.
	User    *user
	Asset   func(name string) string
	SiteTop []navLink
}

// user is who is signed in, for the top bar.
type user struct {
	Name, Role, Org string
	KeysOff         bool
	Finds           bool
	Roles           bool   // has several to choose from
	Provider        string // identity provider that they sign in with, ""
	Lock            int    // seconds after which the page covers itself
}

type navLink struct {
	Key, Name, To string
	Here          bool
}

// dress fills in what every page has.
func (s *Site) dress(f *frame, v *visit) {
	f.Asset = s.assets.url
	if v == nil || v.session == nil {
		return
	}
	a := v.session.Account
	f.User = &user{Name: a.Display, Role: a.Role.Title(), KeysOff: a.Single, Finds: v.may(access.FindPeople),
		Roles: len(v.session.Choices(s.Now())) > 1, Provider: a.Provider, Lock: int(s.Accounts.Idle().Seconds())}
	if a.Org != "" {
		f.User.Org = s.organisation(a.Org).Short
		if site := s.siteName(a.Org, a.Site); site != "" {
			f.User.Org = site
		}
	}
	for _, l := range []struct {
		link navLink
		act  access.Action
	}{
		{navLink{Key: "find", Name: "Patients", To: "/"}, access.FindPeople},
		{navLink{Key: "review", Name: "Identity review", To: "/mpi/review"}, access.Links},
		{navLink{Key: "feeds", Name: "Feeds", To: "/feeds"}, access.WatchFeeds},
		{navLink{Key: "onboard", Name: "Joining", To: "/onboard"}, access.WatchTotals},
		{navLink{Key: "privacy", Name: "Privacy", To: "/privacy"}, access.Review},
		{navLink{Key: "accounts", Name: "Accounts", To: "/admin/accounts"}, access.Accounts},
	} {
		if v.may(l.act) && (l.act != access.WatchTotals || s.Joining != nil) {
			l.link.Here = f.Nav == l.link.Key
			f.SiteTop = append(f.SiteTop, l.link)
		}
	}
	switch {
	case a.Role == access.Patient:
		f.SiteTop = append(f.SiteTop, navLink{Key: "looked", Name: "Who has looked", To: "/me/looked", Here: f.Nav == "looked"})
	case v.may(access.ReadAudit):
		f.SiteTop = append(f.SiteTop, navLink{Key: "audit", Name: "Audit log", To: "/audit", Here: f.Nav == "audit"})
	}
}

func (s *Site) siteName(org, site string) string {
	for _, p := range s.orgs[org].Sites {
		if p.Code == site {
			return p.Name
		}
	}
	return ""
}

// docTitle begins with the family name, so that tabs can be told apart.
func (f *frame) docTitle() string {
	if f.Record == nil {
		return f.Title + " – Concord"
	}
	t := f.Record.Banner.Short + " – " + f.Title
	if f.Record.AsAt != "" {
		t += " as at " + f.Record.AsAtText
	}
	return t + " – Concord"
}

// recordFrame is the frame of a page within a record.
type recordFrame struct {
	Banner   *chart.Banner
	Section  string // which link of the list is current
	AsAt     string // YYYY-MM-DD, "" = now
	AsAtText string
	Today    string               // YYYY-MM-DD
	Apps     bool                 // apps can be opened for the patient
	Seals    string               // organisation of whose items the reader may say who sees them, "" = none
	PrintBy  string               // who prints, and when
	Head     []string             // letterhead of the site at which they are signed in, of printed pages
	Trusts   []chart.Organisation // that know the patient
	Sources  []chart.Organisation // that the page's items come from, with those

	Kept       int       // items that are withheld and may be known to be there
	Restricted bool      // the patient is restricted
	Claimed    bool      // the record is open by a claim
	Glass      string    // time left while the glass is broken, "" = it is not
	GlassUntil time.Time // when that ends
}

// url is the address of a page of this record, as-at date kept. Pairs of
// names and values follow the page.
func (f *recordFrame) url(page string, pairs ...string) string {
	q := url.Values{}
	if f.AsAt != "" {
		q.Set("asat", f.AsAt)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	to := "/p/" + url.PathEscape(f.Banner.ID) + "/" + page
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// source is the address of the page that tells where an item came from.
func (f *recordFrame) source(ref string) string { return f.url("item/" + ref) }

// test is the address of one test's page.
func (f *recordFrame) test(key string) string { return f.url("results/" + url.PathEscape(key)) }

// marks is the address of the page on which who may see an item is said; "" when
// that is not for the reader.
func (f *recordFrame) marks(org, ref string) string {
	if f.Seals == "" || f.Seals != org || f.AsAt != "" {
		return ""
	}
	return f.url("marks/" + ref)
}

// document is the address of a document; encounter that of an encounter.
func (f *recordFrame) document(ref string) string {
	return f.url("documents/" + strings.Replace(ref, "/", "~", 1))
}

func (f *recordFrame) encounter(ref string) string {
	return f.url("encounters/" + strings.TrimPrefix(ref, "Encounter/"))
}

// event is where a row of the timeline leads.
func (f *recordFrame) event(e chart.Event) string {
	switch e.Type {
	case "Encounter":
		return f.encounter(e.Ref)
	case "DocumentReference", "DiagnosticReport", "Composition":
		return f.document(e.Ref)
	}
	return f.source(e.Ref)
}

// sections is the list of a record's pages with the key that opens each.
func (f *recordFrame) sections() []navLink {
	all := []navLink{
		{Key: "s", Name: "Summary", To: ""},
		{Key: "t", Name: "Timeline", To: "timeline"},
		{Key: "o", Name: "Observations", To: "obs"},
		{Key: "r", Name: "Results", To: "results"},
		{Key: "m", Name: "Medicines", To: "medicines"},
		{Key: "a", Name: "Allergies", To: "allergies"},
		{Key: "p", Name: "Problems", To: "problems"},
		{Key: "d", Name: "Documents", To: "documents"},
		{Key: "e", Name: "Encounters", To: "encounters"},
		{Key: "b", Name: "Appointments", To: "appointments"},
		{Key: "i", Name: "Demographics", To: "demographics"},
	}
	if f.Apps {
		all = append(all[:len(all)-1:len(all)-1], navLink{Key: "l", Name: "Apps", To: "apps"}, all[len(all)-1])
	}
	if !f.Banner.Clinical {
		all = all[len(all)-1:]
	}
	for n := range all {
		all[n].Here = f.Section == all[n].To
	}
	return all
}

// nobodySays words an empty section by who was asked.
func (f *recordFrame) nobodySays(what string) string {
	n := len(f.Trusts)
	if n == 1 {
		return "No " + what + " recorded by " + f.Trusts[0].Short + ", the only organisation that knows this patient."
	}
	return "No " + what + " recorded by any of the " + strconv.Itoa(n) + " organisations that know this patient."
}

func sentenceOf(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
