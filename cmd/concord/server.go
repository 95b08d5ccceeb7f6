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
	"sync"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"concord/edge/auditlog"
	"concord/edge/fhirapi"
	"concord/edge/ops"
	"concord/edge/smart"
	"concord/edge/transport"
	"concord/exchange/intake"
	"concord/fault"
	"concord/record/account"
)

// server is the listeners of one house.
type server struct {
	house    *house
	opts     listen
	http     *http.Server
	httpSock net.Listener
	mllpSock []net.Listener
	control  net.Listener
	cert     *transport.Certificate // nil = no TLS
	tls      *tls.Config            // of HTTP
	started  time.Time
	refused  *transport.Refused // tokens and assertions, for the audit log
	later    *fhirapi.Async     // asynchronous requests
}

func newServer(h *house, l listen) (*server, error) {
	s := &server{house: h, opts: l, started: time.Now(), refused: tellsRefused(h), later: fhirapi.NewAsync()}
	mllp, err := s.secure()
	if err != nil {
		return nil, err
	}
	if h.witnesses, err = l.witnesses(); err != nil {
		return nil, err
	}
	h.witnessEvery = l.Every
	if h.addresses, err = addressesOf(l.Destination); err != nil {
		return nil, err
	}
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
			sock = tls.NewListener(sock, mllp)
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
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: fhirapi.MaxHeader,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// secure reads what the listeners need for TLS, and gives that of MLLP.
func (s *server) secure() (mllp *tls.Config, err error) {
	l := s.opts
	if l.TLSCert == "" {
		return nil, nil
	}
	if s.cert, err = transport.OpenCertificate(l.TLSCert, l.TLSKey, time.Now, s.house.log); err != nil {
		return nil, err
	}
	if s.tls, err = s.cert.Config(l.ClientCA, false); err != nil {
		return nil, err
	}
	return s.cert.Config(l.MLLPClientCA, true)
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
	apps := s.apps()
	pages, err := s.pages(apps)
	if err != nil {
		return nil, err
	}
	metrics := ops.New(func(ctx context.Context) error { return h.ready(ctx) }, append(h.gauges(), s.certificateGauge()...))
	fhirBase := ""
	if s.opts.BaseURL != "" {
		fhirBase = s.opts.BaseURL + "/fhir"
	}
	var fhir http.Handler = gzhttp.GzipHandler(fhirapi.New(fhirapi.Options{
		Desk: h.desk, Auth: h.grants, Apps: true, Base: fhirBase, Version: version, Now: time.Now, Log: h.log,
		Validator: h.validator, Pace: transport.NewPace(s.opts.ClientRate, time.Now), Refused: s.refused, Async: s.later, Staff: h.accounts.Names, Orgs: organisationName,
	}))
	mux := http.NewServeMux()
	for _, p := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(p, metrics.Handler())
	}
	fhir = apps.Cross(fhir)
	mux.Handle("/fhir", metrics.Timed("fhir", fhir))
	mux.Handle("/fhir/", metrics.Timed("fhir", fhir))
	protocol := metrics.Timed("smart", apps.Handler())
	for _, p := range smart.Patterns() {
		mux.Handle(p, protocol)
	}
	mux.Handle("/audit-log/", metrics.Timed("audit-log", auditlog.New(h.desk, h.audit.public)))
	mux.Handle("/", metrics.Timed("pages", pages))
	return fhirapi.Meant(mux), nil
}

// run serves until ctx ends, then stops gracefully: no new work, what is at
// hand is finished. started, if given, is called once everything listens.
func (s *server) run(ctx context.Context, started func()) error {
	var wg sync.WaitGroup
	applied, stopApplying := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { s.house.desk.Work(applied, s.house.owner()) })
	if err := s.house.firstPacks(ctx); err != nil {
		stopApplying()
		wg.Wait()
		return err
	}
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
	if s.opts.PProf != "" {
		serve(func() error { return profiles(inner, s.opts.PProf) })
	}
	s.house.serves = true
	wg.Go(func() { s.house.apply(applied) })
	wg.Go(func() { s.house.sequence(applied) })
	wg.Go(func() { s.house.watch(applied) })
	wg.Go(func() { s.house.feeds.Run(applied) })
	wg.Go(func() { s.house.names(applied) })
	wg.Go(func() { s.house.watchJoined(applied) })
	wg.Go(func() {
		s.refused.Run(applied, func(err error) {
			s.house.log.Error("refused tokens could not be audited", "code", fault.Of(err).Code)
		})
	})
	if s.house.shared {
		wg.Go(func() { s.house.followPacks(applied, followEvery) })
	}
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
	s.later.End(quiet)
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
