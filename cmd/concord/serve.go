package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/klauspost/compress/gzhttp"

	"concord/edge/fhirapi"
	"concord/edge/ops"
	"concord/exchange/intake"
	"concord/fault"
	"concord/record/account"
	"concord/standard/uk"
)

type serveCmd struct {
	where
	listen
}

// listen says where the server listens and how.
type listen struct {
	HTTP     string   `help:"Address of pages and FHIR." default:"127.0.0.1:8080" placeholder:"ADDR"`
	MLLP     []string `help:"Addresses of MLLP listeners; with =TRUST, messages that name no known organisation in MSH-4 are that trust's. 'none' for no listener." default:"127.0.0.1:2575" placeholder:"ADDR[=TRUST]"`
	BaseURL  string   `help:"Public base URL, when it differs from the request's host." placeholder:"URL"`
	TLSCert  string   `help:"TLS certificate of HTTP and MLLP." type:"path" placeholder:"FILE"`
	TLSKey   string   `help:"TLS key of HTTP and MLLP." type:"path" placeholder:"FILE"`
	MLLPTLS  bool     `help:"Serve MLLP over TLS, with the same certificate." name:"mllp-tls"`
	Insecure bool     `help:"Allow listening beyond this machine without TLS."`
	Feeds    string   `help:"Settings of feeds (YAML)." type:"path" placeholder:"FILE"`
	Demo     string   `kong:"-"` // line on the sign-in page of a demonstration
	LogJSON  bool     `help:"Write logs as JSON." name:"log-json"`
}

func (c *serveCmd) Run(ctx context.Context) error {
	h, s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
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
	h, err := openHouse(ctx, c.where, feeds, c.logger())
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

// check refuses to open a port beyond this machine in the clear.
func (l listen) check() error {
	if (l.TLSCert == "") != (l.TLSKey == "") {
		return fault.New(fault.Invalid, "cli.tls", "--tls-cert and --tls-key go together")
	}
	if l.MLLPTLS && l.TLSCert == "" {
		return fault.New(fault.Invalid, "cli.tls", "--mllp-tls needs --tls-cert and --tls-key")
	}
	if !l.Insecure && l.TLSCert == "" && !loopback(l.HTTP) {
		return fault.New(fault.Invalid, "cli.insecure", "%s is reachable from other machines: give --tls-cert and --tls-key, or say --insecure", l.HTTP)
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

// server is the listeners of one house.
type server struct {
	house    *house
	opts     listen
	http     *http.Server
	httpSock net.Listener
	mllpSock []net.Listener
	control  net.Listener
	tls      *tls.Config
	started  time.Time
}

func newServer(h *house, l listen) (*server, error) {
	s := &server{house: h, opts: l, started: time.Now()}
	if l.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(l.TLSCert, l.TLSKey)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "cli.tls", "the certificate or key cannot be used")
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	var err error
	if s.httpSock, err = net.Listen("tcp", l.HTTP); err != nil {
		return nil, err
	}
	for _, m := range l.mllp() {
		sock, err := net.Listen("tcp", m.addr)
		if err != nil {
			s.closeSockets()
			return nil, err
		}
		if l.MLLPTLS {
			sock = tls.NewListener(sock, s.tls)
		}
		s.mllpSock = append(s.mllpSock, sock)
	}
	if s.control, err = listenControl(h.dir); err != nil {
		s.closeSockets()
		return nil, err
	}
	handler, err := s.routes()
	if err != nil {
		s.closeSockets()
		return nil, err
	}
	s.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

func (s *server) closeSockets() {
	for _, l := range append([]net.Listener{s.httpSock, s.control}, s.mllpSock...) {
		if l != nil {
			l.Close()
		}
	}
}

func (s *server) baseURL() string {
	if s.opts.BaseURL != "" {
		return s.opts.BaseURL
	}
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + s.httpSock.Addr().String()
}

func (s *server) routes() (http.Handler, error) {
	h := s.house
	pages, err := s.pages()
	if err != nil {
		return nil, err
	}
	metrics := ops.New(func(ctx context.Context) error { return h.ready(ctx) }, h.gauges())
	fhirBase := ""
	if s.opts.BaseURL != "" {
		fhirBase = s.opts.BaseURL + "/fhir"
	}
	fhir := gzhttp.GzipHandler(fhirapi.New(fhirapi.Options{
		Desk: h.desk, Auth: h.accounts, Base: fhirBase, Version: version, Now: time.Now, Log: h.log,
	}))
	mux := http.NewServeMux()
	for _, p := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(p, metrics.Handler())
	}
	mux.Handle("/fhir", metrics.Timed("fhir", fhir))
	mux.Handle("/fhir/", metrics.Timed("fhir", fhir))
	mux.Handle("/", metrics.Timed("pages", pages))
	return mux, nil
}

// run serves until ctx ends, then stops gracefully: no new work, what is at
// hand is finished. started, if given, is called once everything listens.
func (s *server) run(ctx context.Context, started func()) error {
	var wg sync.WaitGroup
	failed := make(chan error, 3)
	serve := func(f func() error) {
		wg.Go(func() {
			if err := f(); err != nil && !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		})
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	serve(func() error {
		if s.tls != nil {
			return s.http.Serve(tls.NewListener(s.httpSock, s.tls))
		}
		return s.http.Serve(s.httpSock)
	})
	for i, m := range s.opts.mllp() {
		l := &intake.Listener{Receiver: s.house.receiver.At(m.trust), Log: s.house.log}
		serve(func() error { return l.Serve(inner, s.mllpSock[i]) })
	}
	serve(func() error { return s.serveControl(inner) })
	applied, stopApplying := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { s.house.applier.Run(applied) })
	s.announce()
	if started != nil {
		started()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.house.log.Info("stopping")
	stop()
	quiet, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	shutdown := s.http.Shutdown(quiet)
	stopApplying()
	wg.Wait()
	return errors.Join(err, shutdown)
}

func (s *server) announce() {
	fmt.Fprintf(os.Stdout, "Concord %s\n  pages  %s/\n  FHIR   %s/fhir\n", version, s.baseURL(), s.baseURL())
	for _, l := range s.mllpSock {
		fmt.Fprintf(os.Stdout, "  MLLP   %s\n", l.Addr())
	}
	s.house.log.Info("listening", "http", s.httpSock.Addr().String(), "data", s.house.dir)
}

// firstCode prints the one-time code that makes the first administrator.
func (s *server) firstCode(ctx context.Context, out io.Writer) error {
	code, err := s.house.accounts.FirstCode(ctx)
	if err != nil || code == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "No account exists yet. Set up the first administrator at %s/set-up with this code, good for %d hours:\n  %s\n",
		s.baseURL(), int(account.CodeLife.Hours()), code)
	return err
}
