// Command concord is the shared record in one binary: server, demonstration,
// and the tools that work on its data. Wiring happens here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // Europe/London, wherever the binary runs

	"github.com/alecthomas/kong"

	"concord/fault"
)

// Exit codes: done, something was found wrong, misused, failed.
const (
	exitDone     = 0
	exitFindings = 1
	exitMisuse   = 2
	exitFailed   = 3
)

// version is set by the build.
var version = "development"

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Serve pages, FHIR and MLLP."`
	Demo     demoCmd     `cmd:"" help:"Serve with made-up people, sent in through the front door."`
	Import   importCmd   `cmd:"" help:"Import FHIR R4 Bundles and NDJSON (files, folders, .gz)."`
	Send     sendCmd     `cmd:"" help:"Send HL7 v2 messages to an MLLP port."`
	Replay   replayCmd   `cmd:"" help:"Send parked messages through the mapping again."`
	Export   exportCmd   `cmd:"" help:"Write every resource as NDJSON."`
	Token    tokenCmd    `cmd:"" help:"Issue a bearer token for a script; prints the token alone."`
	App      appCmd      `cmd:"" help:"SMART apps: register, approve, refuse."`
	Verify   verifyCmd   `cmd:"" help:"Check store, index, links and audit log."`
	Retain   retainCmd   `cmd:"" help:"Remove payloads of old audit entries by a file of rules."`
	Rotate   rotateCmd   `cmd:"" name:"rotate-audit-key" help:"Make a new key for signing checkpoints of the audit log."`
	Keys     keysCmd     `cmd:"" help:"Keys under which bodies are encrypted at rest."`
	Witness  witnessCmd  `cmd:"" help:"Co-sign the audit logs of other organisations, as their witness."`
	Backup   backupCmd   `cmd:"" help:"Copy the store and its secret, also beside a running server."`
	Restore  restoreCmd  `cmd:"" help:"Make a data folder from a backup, or from an archive as of a moment."`
	Migrate  migrateCmd  `cmd:"" help:"Move a store between SQLite and PostgreSQL, and prove the copy equal."`
	Link     linkCmd     `cmd:"" help:"Find which records are of one person."`
	Org      orgCmd      `cmd:"" help:"Organisations as files: check, compare with what runs, apply."`
	Feed     feedCmd     `cmd:"" help:"Channels to other systems: test, apply, watch, pause, search, send again; the register of legacy systems."`
	Onboard  onboardCmd  `cmd:"" help:"Bring a joining trust's extract in: stage, profile, match before it is loaded."`
	Access   accessCmd   `cmd:"" help:"Who may see what, and why."`
	Bench    benchCmd    `cmd:"" help:"Measure."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	JoinDemo joinDemoCmd `cmd:"" name:"join-demo" help:"Serve with made-up people: two trusts join two that are live, step by step."`
}

// findings is the error of a command that did its work and found something
// wrong.
var errFindings = errors.New("findings")

// Garbage is collected less often than Go would by itself while the process is
// small: memory is plentiful, the cores are shared with the store.
const (
	gcPercent   = 300
	memoryLimit = 184 << 20
)

func main() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parser, err := kong.New(&c, kong.Name("concord"), kong.DefaultEnvars("CONCORD"),
		kong.Description("Concord: one shared patient record for an integrated care system."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	k, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "concord:", err)
		os.Exit(exitMisuse)
	}
	os.Exit(exitCode(k.Run(ctx)))
}

// exitCode maps an error to the exit code and says it on standard error.
func exitCode(err error) int {
	code := exitCodeOf(err)
	if code > exitFindings {
		fmt.Fprintln(os.Stderr, "concord:", err)
	}
	return code
}

// exitCodeOf is the exit code of an error: misuse when other words or another
// file would help, failed when only the machine's state would.
func exitCodeOf(err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return exitDone
	}
	if errors.Is(err, errFindings) {
		return exitFindings
	}
	if errors.Is(err, fs.ErrNotExist) {
		return exitMisuse // a file that the command names
	}
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.Unsupported, fault.NotFound, fault.Conflict, fault.Unauthenticated, fault.Denied, fault.TooCostly:
		return exitMisuse
	}
	return exitFailed
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("concord", version)
	return nil
}
