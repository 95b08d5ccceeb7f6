package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"concord/fault"
)

// The control socket lets a command work beside a running server on the same
// data folder: who may open the folder's files may open the socket. A command
// is sent as JSON, its output comes back as it is written, and the last line
// says how it ended.
const controlSocket = "concord.sock"

// request is one command for the server at the socket.
type request struct {
	Command     string   `json:"command"` // token, replay, export, verify, where
	Client      string   `json:"client,omitempty"`
	Org         string   `json:"org,omitempty"`
	Scope       string   `json:"scope,omitempty"`
	Lenient     bool     `json:"lenient,omitempty"`
	Certificate string   `json:"certificate,omitempty"` // thumbprint
	Hours       int      `json:"hours,omitempty"`
	Feed        string   `json:"feed,omitempty"`
	Feeds       string   `json:"-"` // settings file, for a command that works alone
	Types       []string `json:"types,omitempty"`
	Checkpoints [][]byte `json:"checkpoints,omitempty"`
	WitnessKeys []string `json:"witnessKeys,omitempty"`
	Rules       []byte   `json:"rules,omitempty"`
	Patient     string   `json:"patient,omitempty"`
	Resource    string   `json:"resource,omitempty"`
	JSON        bool     `json:"json,omitempty"`

	Pack map[string][]byte `json:"pack,omitempty"` // files of an org pack

	Channels *feedRequest `json:"channels,omitempty"`
	Link     *linkRequest `json:"link,omitempty"`

	Extract string  `json:"extract,omitempty"`
	Most    int     `json:"most,omitempty"`
	Minutes float64 `json:"minutes,omitempty"`
	Rest    float64 `json:"rest,omitempty"`
	Factor  float64 `json:"factor,omitempty"`
	AsSent  string  `json:"asSent,omitempty"`

	Kind  string `json:"kind,omitempty"` // of a decision on a code
	Code  string `json:"code,omitempty"`
	Verb  string `json:"verb,omitempty"`
	To    string `json:"to,omitempty"`
	Why   string `json:"why,omitempty"`
	Owner string `json:"owner,omitempty"`
	Until string `json:"until,omitempty"`
	Sure  bool   `json:"sure,omitempty"`
	All   bool   `json:"all,omitempty"`
	FHIR  bool   `json:"fhir,omitempty"`
	Text  []byte `json:"text,omitempty"` // of a file of decisions

	Do       string `json:"do,omitempty"` // of a joining or its runbook
	Step     string `json:"step,omitempty"`
	Words    string `json:"words,omitempty"`
	Book     []byte `json:"book,omitempty"`     // text of a runbook
	Metadata []byte `json:"metadata,omitempty"` // of an app
}

const endMark = "\x00concord-end "

// controlPath is the socket of a data folder. Socket paths are short on every
// system, so a deep folder gets one in the temporary folder, named by a link.
func controlPath(dir string) string {
	path := filepath.Join(dir, controlSocket)
	if len(path) < 100 {
		return path
	}
	if rel, err := filepath.Rel(mustGetwd(), path); err == nil && len(rel) < 100 {
		return rel
	}
	return path
}

func mustGetwd() string {
	wd, err := os.Getwd()
	if err != nil {
		return "/"
	}
	return wd
}

func listenControl(dir string) (net.Listener, error) {
	path := controlPath(dir)
	os.Remove(path) // left by a crash; the store's lock says that nobody serves
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// serveControl answers commands until ctx ends.
func (s *server) serveControl(ctx context.Context) error {
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req request
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		out := bufio.NewWriter(flushing{w})
		err := s.command(r.Context(), req, out)
		fmt.Fprintf(out, "%s%d %s", endMark, exitCodeOf(err), sayError(err))
		out.Flush()
	})}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	err := srv.Serve(s.control)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	http.NewResponseController(f.ResponseWriter).Flush()
	return n, err
}

func sayError(err error) string {
	if err == nil || errors.Is(err, errFindings) {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// command does a request in this process.
func (s *server) command(ctx context.Context, req request, out io.Writer) error {
	if req.Command == "where" {
		fmt.Fprintln(out, s.baseURL())
		return nil
	}
	return s.house.command(ctx, req, out)
}

func (h *house) command(ctx context.Context, req request, out io.Writer) error {
	switch req.Command {
	case "token":
		return h.token(ctx, req, out)
	case "replay":
		return h.replay(ctx, req, out)
	case "export":
		return h.export(ctx, req, out)
	case "verify":
		return h.verify(ctx, out, req)
	case "retain":
		return h.retain(ctx, req, out)
	case "org-list", "org-diff", "org-apply":
		return h.org(ctx, req, out)
	case "onboard-numbering":
		return h.numbering(ctx, req, out)
	case "onboard-match":
		return h.matchExtract(ctx, req, out)
	case "onboard-load", "onboard-undo":
		return h.loadExtract(ctx, req, out)
	case "onboard-step", "onboard-verify":
		return h.joiningStep(ctx, req, out)
	case "onboard-downtime":
		return h.enterDowntime(ctx, req, out)
	case "onboard-runbook":
		return h.runbook(ctx, req, out)
	case "explain":
		return h.explain(ctx, req, out)
	case "relabel":
		return h.relabel(ctx, out)
	}
	if req.Link != nil {
		return h.link(ctx, *req.Link, out)
	}
	if strings.HasPrefix(req.Command, "keys-") {
		return h.keys(ctx, req, out)
	}
	if strings.HasPrefix(req.Command, "feed-") {
		return h.feed(ctx, req, out)
	}
	if strings.HasPrefix(req.Command, "build-") {
		return h.buildCommand(ctx, req, out)
	}
	if strings.HasPrefix(req.Command, "review-") {
		return h.reviewCommand(ctx, req, out)
	}
	if strings.HasPrefix(req.Command, "app-") {
		return h.app(ctx, req, out)
	}
	return fault.New(fault.Invalid, "cli.command", "unknown command")
}

// perform does a request on a data folder: through the server that runs on it,
// else by opening it.
func perform(ctx context.Context, w where, req request, out io.Writer) error {
	dir, err := w.folder()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, storeFile)); err != nil && w.Database == "" && req.Command != "token" {
		return fault.New(fault.NotFound, "cli.data", "there is no store in %s", dir)
	}
	settings, err := readFeeds(req.Feeds)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, w, settings, quietLog())
	if fault.Of(err) != nil && fault.Of(err).Code == "store.locked" {
		return askServer(ctx, dir, req, out)
	}
	if err != nil {
		return err
	}
	defer h.close()
	if req.Command != "verify" { // which looks, and vouches for nothing
		defer h.vouched(ctx)
	}
	if req.Command != "replay" {
		return h.command(ctx, req, out)
	}
	applying, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.applier.Run(applying)
	}()
	err = h.command(ctx, req, out)
	stop()
	<-done
	return err
}

// askServer sends a request to the control socket.
func askServer(ctx context.Context, dir string, req request, out io.Writer) error {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", controlPath(dir))
	}}}
	body, err := json.Marshal(req)
	if err != nil {
		return err
	}
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://concord/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := client.Do(hr)
	if err != nil {
		return fault.New(fault.Conflict, "cli.busy", "another process uses %s and does not answer", dir)
	}
	defer res.Body.Close()
	return relay(res.Body, out)
}

// relay copies a server's output up to its end mark, which says how it ended.
func relay(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := r.ReadString('\n')
		if rest, ok := strings.CutPrefix(line, endMark); ok {
			return ended(rest)
		}
		if _, werr := io.WriteString(out, line); werr != nil {
			return werr
		}
		if err != nil {
			return fault.New(fault.Internal, "cli.cut", "the server's answer was cut off")
		}
	}
}

func ended(rest string) error {
	code, text, _ := strings.Cut(rest, " ")
	switch code {
	case "0":
		return nil
	case "1":
		return errFindings
	case "2":
		return fault.New(fault.Invalid, "cli.server", "%s", text)
	}
	return errors.New(text)
}
