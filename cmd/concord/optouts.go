package main

import (
	"bufio"
	"os"
	"strings"
	"sync"
	"time"

	"concord/fault"
	"concord/standard/uk"
)

// optOutEvery is how often the file is looked at for a change.
const optOutEvery = 10 * time.Second

// optOutFile is the file of National Data Opt-outs, which the list that the national
// service returns takes the place of while the server runs. A file that has become
// unreadable, or holds a line that is no NHS number, answers nothing: everybody then
// counts as opted out, until it is put right.
type optOutFile struct {
	name string
	now  func() time.Time

	mu      sync.Mutex
	looked  time.Time
	changed time.Time // the file's own time when it was read
	size    int64
	out     map[string]bool
	failure error
}

// ask tells whether a number has opted out. Errors: those of read.
func (f *optOutFile) ask(nhs string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked) >= optOutEvery {
		f.looked = now
		st, err := os.Stat(f.name)
		switch {
		case err != nil:
			f.failure = err
		case f.failure != nil || !st.ModTime().Equal(f.changed) || st.Size() != f.size:
			f.failure = f.take()
		}
	}
	return f.out[nhs], f.failure
}

// read reads the file for the first time. Errors: Invalid "cli.opt-outs", those of
// the file.
func (f *optOutFile) read() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked = f.now()
	f.failure = f.take()
	return f.failure
}

func (f *optOutFile) take() error {
	file, err := os.Open(f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return err
	}
	out := map[string]bool{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSuffix(strings.TrimSpace(lines.Text()), ",")
		if text == "" {
			continue
		}
		number, err := uk.ParseNHSNumber(text)
		if err != nil {
			return fault.New(fault.Invalid, "cli.opt-outs", "line %d of the file of opt-outs is no NHS number", n)
		}
		out[string(number)] = true
	}
	if err := lines.Err(); err != nil {
		return err
	}
	f.out, f.changed, f.size = out, st.ModTime(), st.Size()
	return nil
}
