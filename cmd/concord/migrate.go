package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/postgres"
	"concord/store/sqlite"
)

type migrateCmd struct {
	From     string `help:"Engine that holds the data now." enum:"sqlite,postgres" required:""`
	To       string `help:"Engine that is to hold them, and is empty." enum:"sqlite,postgres" required:""`
	Data     string `help:"Data folder: the embedded store, and in either case the secret." placeholder:"DIR"`
	Database string `help:"The PostgreSQL: postgres://…" placeholder:"URL"`
}

// Run copies a whole store and proves the copy equal.
func (c *migrateCmd) Run(ctx context.Context) error {
	if c.From == c.To {
		return fault.New(fault.Invalid, "cli.migrate", "--from and --to name the same engine")
	}
	if c.Database == "" {
		return fault.New(fault.Invalid, "cli.database", "name the PostgreSQL with --database URL")
	}
	dir, err := where{Data: c.Data, Database: c.Database}.folder()
	if err != nil {
		return err
	}
	from, to, err := c.open(ctx, dir)
	if err != nil {
		return err
	}
	defer from.Close()
	defer to.Close()
	source, target := from.(store.Transfer), to.(store.Transfer)
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if err := transfer(ctx, source, target, key, os.Stderr); err != nil {
		return err
	}
	if err := prove(ctx, source, target, key, os.Stdout); err != nil {
		return err
	}
	fmt.Println(c.advice(dir))
	return nil
}

// advice says how to go on: two stores with one secret are one too many.
func (c *migrateCmd) advice(dir string) string {
	if c.To == "postgres" {
		return fmt.Sprintf("Serve with --data %s --database URL from now on. Move %s away, so that nobody serves the old store by mistake; %s stays.",
			dir, filepath.Join(dir, storeFile), secretFile)
	}
	return fmt.Sprintf("Serve with --data %s from now on, without --database, and make sure that nobody serves the PostgreSQL store.", dir)
}

// open opens both stores. The secret and, of a store in the folder, the lock
// must be had; a server that runs on the folder refuses.
func (c *migrateCmd) open(ctx context.Context, dir string) (from, to store.Engine, err error) {
	if _, err := os.Stat(filepath.Join(dir, secretFile)); err != nil {
		return nil, nil, fault.New(fault.NotFound, "cli.secret", "there is no %s in %s: both stores use the same secret", secretFile, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, storeFile)); err != nil && c.From == "sqlite" {
		return nil, nil, fault.New(fault.NotFound, "cli.data", "there is no store in %s", dir)
	}
	embedded, err := sqlite.Open(ctx, dir, sqlite.Options{Now: time.Now})
	if err != nil {
		return nil, nil, err
	}
	server, err := postgres.Open(ctx, c.Database, postgres.Options{Now: time.Now})
	if err != nil {
		return nil, nil, errors.Join(err, embedded.Close())
	}
	if c.From == "postgres" {
		return server, embedded, nil
	}
	return embedded, server, nil
}

// transfer copies the rows. The target keeps them only if what it then holds
// adds up to what was read from the source.
func transfer(ctx context.Context, from, to store.Transfer, key []byte, progress io.Writer) error {
	read := store.NewSummer(key)
	said := time.Now()
	rows := func(yield func(store.Row, error) bool) {
		for r, err := range store.Rows(ctx, from) {
			if err == nil {
				read.Add(r)
				if time.Since(said) > 2*time.Second {
					said = time.Now()
					fmt.Fprintf(progress, "%s: %d rows\n", r.Table.Name, rowsOf(read.Sums(), r.Table.Name))
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
	return to.Load(ctx, rows, key, func(kept []store.Sum) error {
		fmt.Fprintln(progress, "copied; comparing")
		if differences(read.Sums(), kept) == 0 {
			return nil
		}
		compare(progress, read.Sums(), kept)
		return fault.New(fault.Internal, "cli.migrate", "the target does not hold what was read from the source; it was left empty")
	})
}

func rowsOf(sums []store.Sum, table string) int64 {
	for _, s := range sums {
		if s.Table == table {
			return s.Rows
		}
	}
	return 0
}

// prove reads both stores anew and prints what each holds; a difference is a
// finding.
func prove(ctx context.Context, from, to store.Transfer, key []byte, out io.Writer) error {
	var sums [2][]store.Sum
	var errs [2]error
	var wg sync.WaitGroup
	for i, e := range [...]store.Transfer{from, to} {
		wg.Go(func() { sums[i], errs[i] = store.SumsOf(ctx, e, key) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	compare(out, sums[0], sums[1])
	if n := differences(sums[0], sums[1]); n > 0 {
		fmt.Fprintf(out, "%d tables differ: do not use the target\n", n)
		return errFindings
	}
	fmt.Fprintln(out, "every table is equal")
	return nil
}

func differences(a, b []store.Sum) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// compare prints both sides table by table.
func compare(out io.Writer, a, b []store.Sum) {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows\tdigest\trows\tdigest\t")
	for i := range a {
		verdict := "equal"
		if a[i] != b[i] {
			verdict = "DIFFERENT"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t%s\n", a[i].Table, a[i].Rows, a[i], b[i].Rows, b[i], verdict)
	}
	w.Flush()
}
