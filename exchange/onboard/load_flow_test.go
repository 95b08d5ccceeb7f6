package onboard

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestRowsOfAPatientKeepTheirOrder: however the rows of patients are mixed and
// however few go in one transaction, each is in once, and those of a patient in the
// order of the source.
func TestRowsOfAPatientKeepTheirOrder(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	alerts := "key,patient,kind,text,status\n"
	const rows = 90
	for i := range rows {
		alerts += fmt.Sprintf("A%d,L%d,alert,Note %03d,active\n", i, i*i/3%4+1, i)
	}
	dir := folder(t, "", map[string]string{
		"patients.csv": people + "L1,ONE,Ada,1961-04-30,F,\nL2,TWO,Bob,1962-02-02,M,\nL3,THREE,Cyd,1963-03-03,M,\nL4,FOUR,Dee,1964-04-04,F,\n",
		"alerts.csv":   alerts,
	})
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, dir, Options{})
	e := loaderOf(t, d, "R1K")
	l, err := s.Load(ctx, x, e, LoadOptions{Batch: 4})
	if err != nil || l.Classes["alerts"].Created != rows || l.Classes["alerts"].Rows != rows {
		t.Fatalf("%+v, %v", l, err)
	}
	last := map[string]string{}
	for _, v := range find(t, e, "Flag", nil) { // in the order of each record
		who, text := v.StrAt("subject.reference"), v.StrAt("code.text")
		if text <= last[who] {
			t.Errorf("%q comes after %q", text, last[who])
		}
		last[who] = text
	}
	if len(last) < 3 {
		t.Errorf("only %d patients have alerts", len(last))
	}
}

// TestRefusedRowsAreOnRecord: the rows that the progress counts as refused are in
// their files, wherever the load was stopped.
func TestRefusedRowsAreOnRecord(t *testing.T) {
	d := openDesk(t)
	rows := people + "L0,ONE,Ada,1961-01-01,F,\n"
	const pairs = 12
	for i := range pairs { // each merged into the other, and between them one that can be loaded
		rows += fmt.Sprintf("M%d,ONE,Ada,1961-01-01,F,L0\nL%da,ROUND,Eve,1968-08-%02d,F,L%db\nL%db,ROUND,Fay,1969-09-%02d,F,L%da\n", i, i, i+1, i, i, i+1, i)
	}
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": rows}), Options{})
	e := loaderOf(t, d, "R1K")
	for try := 0; ; try++ {
		ctx, stop := context.WithCancel(context.Background())
		var looks atomic.Int64
		s2, now := *s, s.Now
		s2.Now = func() time.Time { // the clock is looked at when a transaction begins
			if looks.Add(1) > 8 {
				stop()
			}
			return now()
		}
		_, err := s2.Load(ctx, x, e, LoadOptions{Batch: 2})
		stop()
		l, failed := x.Loading()
		if failed != nil {
			t.Fatal(failed)
		}
		counted := l.Classes["patients"].Refused["onboard.merged"]
		if lines := refusedLines(t, x); lines < counted {
			t.Fatalf("%d rows are counted as refused, %d are on record", counted, lines)
		}
		if err == nil {
			if counted != 2*pairs || try == 0 {
				t.Errorf("%d refused, stopped %d times", counted, try)
			}
			return
		}
		if try == 50 {
			t.Fatal("the load never ends")
		}
	}
}

func refusedLines(t *testing.T, x *Extract) (n int64) {
	t.Helper()
	files, err := filepath.Glob(x.path("refused", "load", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), refusedColumns()[0]) {
			t.Errorf("%s has no header", filepath.Base(f))
		}
		n += int64(bytes.Count(text, []byte("\n"))) - 1
	}
	return n
}
