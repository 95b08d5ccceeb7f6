package webui

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"concord/care/chart"
	"concord/edge/transport"
	"concord/exchange/feed"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/audit"
	"concord/record/grant"
)

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate

// Door keeps what a browser holds of its session; login.Door is one.
type Door interface {
	Look(r *http.Request) (*account.Session, error)
	Secret(r *http.Request) string
	Ticket(r *http.Request) string
	Attempt(r *http.Request, note account.Note) account.Attempt
	Admit(w http.ResponseWriter, r *http.Request, step *account.Step) error
	SignOut(w http.ResponseWriter, r *http.Request) error
	Place() account.Place
}

// Desk gives errands; record.Desk is one.
type Desk interface {
	For(who access.Requester, why access.Reason) *record.Errand
}

// Org is one organisation as the deployment wants it shown. Tint and Ink are
// CSS colours such as "#ccdff1"; where they are empty the badge is neutral.
type Org struct {
	Code, Name, Short string
	Tint, Ink         string
	Sites             []Place
}

// Place is a site of an organisation.
type Place struct{ Code, Name string }

// FeedSetting is what the feeds page tells of a feed's configuration.
type FeedSetting struct {
	Feed   string
	Listen string   // address of its listener, or how it arrives
	Accept string   // "original", "enhanced" or "by message"
	Modes  []string // MSH-11 values that it accepts; empty = all
}

// Parsed is one field of a message for the parsed view.
type Parsed struct{ Path, Name, Value string }

// Options are what the pages need.
type Options struct {
	Desk     Desk
	Accounts *account.Register
	Door     Door
	Orgs     []Org
	Now      func() time.Time
	Zone     *time.Location
	Log      *slog.Logger
	Outside  Outside // nil = people sign in here only
	// Apps is the authorisation server of apps, Grants what people let them do;
	// nil = there are none.
	Apps   Apps
	Grants *grant.Registry
	// Pace holds each person to a rate of pages; nil = no limit.
	Pace *transport.Pace
	// PublicPace holds each address to a rate of the pages that need no session (the
	// timeline of a joining); nil = no limit.
	PublicPace *transport.Pace
	// Guard refuses requests that another site makes in a browser's name;
	// login.Guard is one.
	Guard func(next, refused http.Handler) http.Handler
	// Replay puts dead letters back; nil uses the Desk's own Requeue. It
	// returns how many were put back.
	Replay func(ctx context.Context, e *record.Errand, seqs []int64) (int, error)
	// Parse reads a message for the parsed view; nil leaves that view out.
	Parse func(raw []byte) ([]Parsed, error)
	// Feeds tells how feeds are set; nil shows none.
	Feeds func() []FeedSetting
	// Channels are the channels of each organisation that run; nil = there are
	// none.
	Channels func() []feed.Kept
	// Witnesses tells how it goes with the witnesses of the audit log; nil shows
	// none. BaseURL is what the server goes by in AuditEvents.
	Witnesses func(ctx context.Context) ([]audit.Standing, error)
	BaseURL   string
	// Demographics is asked by stewards about a number; nil = there is none.
	Demographics Demographics
	// Harmony is what stewards decide on of organisations that join; nil = there
	// are none.
	Harmony Harmony
	// Joining does the steps of organisations that join; nil = none does.
	Joining *course.Office
	// Packs are the org packs that run, kept in memory; nil = there are none.
	Packs func() []pack.Kept
	// Demo, when set, is a line of words on the sign-in page that tells
	// visitors of a demonstration whom they can sign in as.
	Demo string
}

// Site is the pages.
type Site struct {
	Options
	lens   chart.Lens
	assets *assets
	orgs   map[string]Org
	routes http.Handler // behind the guard
	// patterns are those of routes.
	patterns []string
}

// New makes the pages as one handler. Errors: an asset that cannot be read.
func New(o Options) (http.Handler, error) {
	s, err := newSite(o)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newSite(o Options) (*Site, error) {
	if o.Desk == nil || o.Accounts == nil || o.Door == nil || o.Guard == nil || o.Now == nil {
		return nil, errors.New("webui: Desk, Accounts, Door, Guard and Now are needed")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Site{Options: o, orgs: make(map[string]Org, len(o.Orgs))}
	for _, org := range o.Orgs {
		s.orgs[org.Code] = org
		for _, p := range org.Sites {
			s.orgs[p.Code] = org
		}
	}
	s.lens = chart.Lens{Zone: o.Zone, Orgs: s.organisation}
	var err error
	s.assets, err = loadAssets(orgStyles(o.Orgs))
	return s, err
}

// organisation names an organisation; one that the deployment does not know
// goes by its code.
func (s *Site) organisation(code string) chart.Organisation {
	if o, ok := s.orgs[code]; ok {
		return chart.Organisation{Code: o.Code, Name: o.Name, Short: o.Short}
	}
	if code == "" {
		return chart.Organisation{Name: "Organisation not given", Short: "Organisation not given"}
	}
	return chart.Organisation{Code: code, Name: "Organisation " + code, Short: code}
}

// at is the lens of one request.
func (s *Site) at() chart.Lens {
	l := s.lens
	l.Now = s.Now()
	return l
}
