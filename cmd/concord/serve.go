package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"concord/exchange/intake"
	"concord/fault"
	"concord/record/account"
	"concord/standard/uk"
)

type serveCmd struct {
	where
	listen
	archiving
}

// listen says where the server listens and how.
type listen struct {
	HTTP         string        `help:"Address of pages and FHIR." default:"127.0.0.1:8080" placeholder:"ADDR"`
	MLLP         []string      `help:"Addresses of MLLP listeners; with =TRUST, messages that name no known organisation in MSH-4 are that trust's. 'none' for no listener." default:"127.0.0.1:2575" placeholder:"ADDR[=TRUST]"`
	BaseURL      string        `help:"Public base URL, when it differs from the request's host." placeholder:"URL"`
	TLSCert      string        `help:"TLS certificate of HTTP and MLLP." placeholder:"FILE"`
	TLSKey       string        `help:"TLS key of HTTP and MLLP." placeholder:"FILE"`
	MLLPTLS      bool          `help:"Serve MLLP over TLS, with the same certificate." name:"mllp-tls"`
	ClientCA     string        `help:"Authorities (PEM) of client certificates over HTTPS: a token may be bound to one." name:"client-ca" placeholder:"FILE"`
	MLLPClientCA string        `help:"Authorities (PEM) of the certificate that every sender over MLLP must show." name:"mllp-client-ca" placeholder:"FILE"`
	ClientRate   float64       `help:"Requests a second that one client may make, and five seconds' worth at once; 0 = any number." name:"client-rate" default:"3000"`
	UserRate     float64       `help:"Pages a second that one person may open, and five seconds' worth at once; 0 = any number." name:"user-rate" default:"20"`
	PublicRate   float64       `help:"Pages a second that one address may open without signing in (the timeline of a joining), and five seconds' worth at once; 0 = any number." name:"public-rate" default:"10"`
	KeysInside   bool          `help:"Fetch the keys of apps (jwks_uri) also from private and loopback addresses, where a trust's own services lie." name:"app-keys-inside"`
	Insecure     bool          `help:"Allow listening beyond this machine without TLS."`
	Destination  []string      `help:"Where a destination of the channels is on this server, when not where its file says." placeholder:"NAME=ADDR"`
	Feeds        string        `help:"Settings of feeds (YAML)." placeholder:"FILE"`
	Second       string        `help:"What organisations that say nothing of their own ask for beside a password: none, any (an authenticator app or a passkey) or passkey. Without it: any; in a demonstration none." name:"second-factor" enum:",none,any,passkey" default:"" placeholder:"CHOICE"`
	Witness      []string      `help:"Witnesses that co-sign the audit log's checkpoints: a partner's URL, = and its key." placeholder:"URL=KEY"`
	Every        time.Duration `help:"How often witnesses are asked while the audit log grows." default:"10s" name:"witness-every"`
	providers
	tracing
	Demo     string        `kong:"-"` // line on the sign-in page of a demonstration
	LockIdle time.Duration `help:"After how long without use a session at the pages locks." default:"15m" name:"lock-after"`
	PProf    string        `help:"Address of Go's profiles, on this machine only." name:"pprof" placeholder:"ADDR"`
	LogJSON  bool          `help:"Write logs as JSON." name:"log-json"`
}

func (c *serveCmd) Run(ctx context.Context) error {
	h, s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	end, err := c.archiving.begin(ctx, h)
	if err != nil {
		return err
	}
	defer func() {
		if err := end(); err != nil {
			h.log.Error("the archive was not ended well", "error", err)
		}
	}()
	if err := s.firstCode(ctx, os.Stdout); err != nil {
		return err
	}
	return s.run(ctx, nil)
}

func (c *serveCmd) open(ctx context.Context) (*house, *server, error) {
	feeds, err := readFeeds(c.Feeds)
	if err != nil {
		return nil, nil, err
	}
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	if c.BaseURL != "" { // what was stored before it was told
		c.Address = append(c.Address, c.BaseURL)
	}
	h, err := openHouse(ctx, c.where, feeds, c.logger(), c.signIn(account.SecondAny)...)
	if err != nil {
		return nil, nil, err
	}
	s, err := newServer(h, c.listen)
	if err != nil {
		h.close()
		return nil, nil, err
	}
	return h, s, nil
}

func (l listen) logger() *slog.Logger {
	if l.LogJSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// signIn is how the register of accounts is set up; otherwise is what is asked
// for beside a password unless the flag says so.
func (l listen) signIn(otherwise account.Second) []account.Option {
	if l.Second != "" {
		otherwise = account.Second(l.Second)
	}
	return []account.Option{account.AskFor(otherwise), account.LockIdle(l.LockIdle)}
}

// check refuses to open a port beyond this machine in the clear.
func (l listen) check() error {
	if l.LockIdle < time.Minute || l.LockIdle > account.IdleLimit {
		return fault.New(fault.Invalid, "cli.lock-after", "--lock-after is between a minute and %v", account.IdleLimit)
	}
	if (l.TLSCert == "") != (l.TLSKey == "") {
		return fault.New(fault.Invalid, "cli.tls", "--tls-cert and --tls-key go together")
	}
	if l.ClientCA != "" && l.TLSCert == "" || l.MLLPClientCA != "" && !l.MLLPTLS {
		return fault.New(fault.Invalid, "cli.tls", "client certificates need TLS: --client-ca goes with --tls-cert, --mllp-client-ca with --mllp-tls")
	}
	if l.ClientRate < 0 || l.UserRate < 0 || l.PublicRate < 0 {
		return fault.New(fault.Invalid, "cli.rate", "--client-rate, --user-rate and --public-rate are 0 or more")
	}
	if l.MLLPTLS && l.TLSCert == "" {
		return fault.New(fault.Invalid, "cli.tls", "--mllp-tls needs --tls-cert and --tls-key")
	}
	if !l.Insecure && l.TLSCert == "" && !loopback(l.HTTP) {
		return fault.New(fault.Invalid, "cli.insecure", "%s is reachable from other machines: give --tls-cert and --tls-key, or say --insecure", l.HTTP)
	}
	if l.PProf != "" && !loopback(l.PProf) {
		return fault.New(fault.Invalid, "cli.insecure", "--pprof listens on this machine only")
	}
	for _, m := range l.mllp() {
		if !l.Insecure && !l.MLLPTLS && !loopback(m.addr) {
			return fault.New(fault.Invalid, "cli.insecure", "%s is reachable from other machines: give --mllp-tls, or say --insecure", m.addr)
		}
		if m.trust != "" && !uk.ODSCode(m.trust) {
			return fault.New(fault.Invalid, "cli.mllp", "%s is no ODS code", m.trust)
		}
	}
	return nil
}

// mllpAddress is one MLLP listener.
type mllpAddress struct{ addr, trust string }

func (l listen) mllp() []mllpAddress {
	var out []mllpAddress
	for _, s := range l.MLLP {
		if s == "" || s == "none" {
			continue
		}
		addr, trust, _ := strings.Cut(s, "=")
		out = append(out, mllpAddress{addr, trust})
	}
	return out
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func readFeeds(path string) ([]intake.FeedSetting, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Feeds []intake.FeedSetting `yaml:"feeds"`
	}
	if err := yaml.UnmarshalWithOptions(b, &doc, yaml.Strict()); err != nil {
		return nil, fault.New(fault.Invalid, "cli.feeds", "%s: %s", path, yaml.FormatError(err, false, false))
	}
	return doc.Feeds, nil
}
