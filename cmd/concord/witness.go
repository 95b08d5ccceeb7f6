package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"concord/edge/ops"
	"concord/edge/witness"
	"concord/exchange/cosigning"
	"concord/fault"
	"concord/record/audit"
)

// witnessFile holds the private key of a witness.
const witnessFile = "witness.key"

type witnessCmd struct {
	Dir      string   `help:"Folder of the witness's key and of what it has seen." required:"" placeholder:"DIR"`
	Name     string   `help:"Name of the witness in its key, such as trust.example/witness; needed at the first start." placeholder:"NAME"`
	Log      []string `help:"Public keys of the logs that are witnessed: the lines of their /audit-log/keys." placeholder:"KEY"`
	HTTP     string   `help:"Address to listen on." default:"127.0.0.1:8090" placeholder:"ADDR"`
	TLSCert  string   `help:"TLS certificate." placeholder:"FILE"`
	TLSKey   string   `help:"TLS key." placeholder:"FILE"`
	Insecure bool     `help:"Allow listening beyond this machine without TLS."`
}

// Run serves until it is stopped. Without logs it prints the key alone.
func (c *witnessCmd) Run(ctx context.Context) error {
	if !c.Insecure && c.TLSCert == "" && !loopback(c.HTTP) {
		return fault.New(fault.Invalid, "cli.insecure", "%s is reachable from other machines: give --tls-cert and --tls-key, or say --insecure", c.HTTP)
	}
	private, public, err := witnessKey(c.Dir, c.Name)
	if err != nil {
		return err
	}
	signer, err := cosigned.NewSignerForCosignatureV1(private)
	if err != nil {
		return fault.Wrap(err, fault.Conflict, "cli.witness-key", "%s is damaged", witnessFile)
	}
	var logs []note.Verifier
	for _, key := range c.Log {
		v, err := note.NewVerifier(strings.TrimSpace(key))
		if err != nil {
			return fault.New(fault.Invalid, "cli.log-key", "a log's key cannot be read: it is a line of its /audit-log/keys")
		}
		logs = append(logs, v)
	}
	sock, err := net.Listen("tcp", c.HTTP)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	w := witness.New(c.Dir, signer, logs)
	srv := &http.Server{Handler: w.Handler(public, log), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	fmt.Fprintf(os.Stdout, "Witness\n  listens  %s\n  key      %s\n", sock.Addr(), public)
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if c.TLSCert != "" {
		err = srv.ServeTLS(sock, c.TLSCert, c.TLSKey)
	} else {
		err = srv.Serve(sock)
	}
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// witnessKey reads the witness's key, or makes it under a name, and gives the
// public one as logs are told it.
func witnessKey(dir, name string) (private, public string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", err
	}
	path := filepath.Join(dir, witnessFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if name == "" {
			return "", "", fault.New(fault.Invalid, "cli.witness-name", "the witness needs a --name at its first start")
		}
		private, plain, err := note.GenerateKey(nil, name)
		if err != nil {
			return "", "", fault.New(fault.Invalid, "cli.witness-name", "that cannot be the name of a key")
		}
		if text, err = keyFile(private, plain); err != nil {
			return "", "", err
		}
		if err := writeSecret(path, text); err != nil {
			return "", "", err
		}
	} else if err != nil {
		return "", "", err
	}
	private, public, ok := strings.Cut(strings.TrimSuffix(string(text), "\n"), "\n")
	if !ok {
		return "", "", fault.New(fault.Conflict, "cli.witness-key", "%s is damaged", witnessFile)
	}
	return private, public, nil
}

func keyFile(private, plain string) ([]byte, error) {
	public, err := cosigned.VKeyToCosignatureV1(plain)
	return []byte(private + "\n" + public + "\n"), err
}

// witnesses reads the flags.
func (l listen) witnesses() ([]cosigning.Witness, error) {
	if l.Every < time.Second && len(l.Witness) > 0 {
		return nil, fault.New(fault.Invalid, "cli.witness-every", "--witness-every is a second or more")
	}
	var out []cosigning.Witness
	for _, text := range l.Witness {
		w, err := cosigning.ParseWitness(text)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// askWitnesses shows the checkpoints to the witnesses until ctx ends.
func (h *house) askWitnesses(ctx context.Context) {
	a := &cosigning.Asker{Log: h.desk, Known: h.audit.known, Witnesses: h.witnesses, Client: &http.Client{Timeout: 30 * time.Second},
		Now: time.Now, Every: h.witnessEvery}
	a.Run(ctx, func(err error) { h.log.Error("the audit log is not co-signed", "error", err) })
}

// witnessGauges tell how it goes with each witness, whichever process asks.
func (h *house) witnessGauges() []ops.Gauge {
	var out []ops.Gauge
	for _, w := range h.witnesses {
		labels := map[string]string{"witness": w.Key.Name()}
		read := func(f func(audit.Standing) float64) func() float64 {
			return func() float64 {
				all, err := h.desk.Witnesses(context.Background())
				if err != nil {
					return -1
				}
				for _, s := range all {
					if s.Name == w.Key.Name() {
						return f(s)
					}
				}
				return 0
			}
		}
		out = append(out,
			ops.Gauge{Name: "concord_audit_witness_size", Help: "Entries of the newest audit checkpoint that a witness has co-signed.", Labels: labels,
				Read: read(func(s audit.Standing) float64 { return float64(s.Size) })},
			ops.Gauge{Name: "concord_audit_witness_problem", Help: "1 while the last attempt to have a checkpoint co-signed failed, 2 when the witness has seen another log.", Labels: labels,
				Read: read(problemOf)},
			ops.Gauge{Name: "concord_audit_witness_failures_total", Help: "Attempts to have a checkpoint co-signed that failed.", Labels: labels, Counter: true,
				Read: read(func(s audit.Standing) float64 { return float64(s.Failures) })})
	}
	return out
}

func problemOf(s audit.Standing) float64 {
	switch s.Problem {
	case "":
		return 0
	case "witness.forked", "witness.ahead":
		return 2
	}
	return 1
}
