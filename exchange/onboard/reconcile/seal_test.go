package reconcile

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
)

// keys are a signer of the kind that signs checkpoints, and its verifier.
func keys(t *testing.T) (note.Signer, note.Verifiers) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "concord/audit/test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

// TestSealedReportHolds: a signed report is made again byte by byte from the load
// id, whatever was changed in the record since; what was tampered with, or is not
// in the log, does not hold.
func TestSealedReportHolds(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	l := s.loaded(x)
	r := s.run(x)
	doctor := access.Requester{ID: "dr.kaur", Name: "Dr Kaur"}
	if err := Check(s.stage, x, r.Sample[0].N, true, "", doctor, time.Now()); err != nil {
		t.Fatal(err)
	}
	signer, known := keys(t)
	log := map[string]bool{}
	sign := func(text string) ([]byte, error) { return note.Sign(&note.Note{Text: text}, signer) }
	enter := func(_ context.Context, what string) error { log[what] = true; return nil }
	entered := func(_ context.Context, what string) (bool, error) { return log[what], nil }
	sealed, err := Seal(s.ctx, s.stage, x, sign, enter)
	if err != nil || !strings.Contains(string(sealed.Text), `"by": "dr.kaur"`) {
		t.Fatalf("%v", err)
	}
	if _, err := audit.OpenCheckpoint(sealed.Signed, known); err == nil {
		t.Error("a signed report is taken for a checkpoint of the audit log")
	}
	holds := func(want ...string) {
		t.Helper()
		wrong, err := Verify(s.ctx, s.stage, x, s.load, s.opt, known, entered)
		if err != nil || len(wrong) != len(want) {
			t.Fatalf("wrong: %q, %v", wrong, err)
		}
		for i := range want {
			if !strings.Contains(wrong[i], want[i]) {
				t.Errorf("wrong: %q, not %q", wrong[i], want[i])
			}
		}
	}
	holds()
	feed := s.errand("pas", "R1K")
	for _, typ := range []string{"Patient", "MedicationStatement", "Task"} { // life goes on
		it := s.find(feed, typ, l.Load)[0]
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		s.transact(feed, record.Op{Kind: record.Update, Type: typ, ID: it.ID, Resource: v.With("language", "en-GB").Without("meta")})
	}
	s.opt.Pack = nil
	if err := Check(s.stage, x, r.Sample[1].N, false, "another dose", doctor, time.Now()); err != nil {
		t.Fatal(err)
	}
	holds()
	file := x.Folder(sealedFile(l.Load, ".json"))
	text := strings.Replace(string(sealed.Text), `"go": false`, `"go": true`, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil || text == string(sealed.Text) {
		t.Fatal("nothing is tampered with", err)
	}
	holds("another report", "no entry", "line")
	if err := os.WriteFile(file, sealed.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	holds()
	_, stranger := keys(t)
	if wrong, err := Verify(s.ctx, s.stage, x, s.load, s.opt, stranger, entered); err != nil || len(wrong) != 1 {
		t.Errorf("a stranger's key: %v %v", wrong, err)
	}
	clear(log)
	holds("no entry")
}

// TestSealNeedsTheLog: without its audit entry no report is signed.
func TestSealNeedsTheLog(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	l := s.loaded(x)
	s.run(x)
	full := fault.New(fault.Busy, "audit.unavailable", "the disk is full")
	if _, err := Seal(s.ctx, s.stage, x, func(string) ([]byte, error) { return []byte("signed"), nil }, func(context.Context, string) error { return full }); err == nil {
		t.Error("it is signed")
	}
	if got, err := SealedOf(x, l.Load); got != nil || err != nil {
		t.Errorf("%v %v", got, err)
	}
}

// TestSample: the load id decides the sample; each class is in it; the last word
// on a row counts; nobody takes on what must be whole, nor more than there was.
func TestSample(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	s.loaded(x)
	r := s.run(x)
	classes := map[string]bool{}
	for _, row := range r.Sample {
		classes[row.Class] = true
	}
	if len(classes) != 8 || !strings.Contains(r.Sample[0].Why, "severe allergy, in hospital now") || r.Sample[0].Key != "L1" {
		t.Errorf("%+v", r.Sample)
	}
	if again := s.run(x); s.text(again) != s.text(r) {
		t.Error("the same load gives another report")
	}
	doctor := access.Requester{ID: "dr.kaur", Name: "Dr Kaur"}
	for _, row := range r.Sample {
		if err := Check(s.stage, x, row.N, row.N != 2, "dose", doctor, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for n, words := range map[int]string{0: "x", len(r.Sample) + 1: "x", 1: ""} {
		if err := Check(s.stage, x, n, false, words, doctor, time.Now()); err == nil {
			t.Errorf("row %d is checked with %q", n, words)
		}
	}
	now, err := Of(x)
	if err != nil || block(now, BlockUnchecked) != nil || block(now, BlockDisagreed).Rows != 1 {
		t.Fatalf("%+v %v", now.Blocks, err)
	}
	if err := Check(s.stage, x, 2, true, "", doctor, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, b := range now.Blocks {
		err := Accept(s.stage, x, b.Code, "the wards know", doctor, time.Now())
		if b.Code != BlockDisagreed && (err == nil) != b.Acceptable {
			t.Errorf("%s: %v", b.Code, err)
		}
	}
	if err := Accept(s.stage, x, BlockAlerts, "the wards know", doctor, time.Now()); err == nil {
		t.Error("what does not stand there is taken on")
	}
	if now, err = Of(x); err != nil || !now.Go {
		t.Errorf("%+v %v", now.Blocks, err)
	}
	now.Beds.Shared++
	now.judge()
	if now.Go {
		t.Error("more than was taken on is taken on")
	}
}

// TestReportSaysNothingOfPatients: no value of a patient is in a report.
func TestReportSaysNothingOfPatients(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	for name, text := range files {
		files[name] = strings.NewReplacer("EXAMPLE", "CANARY", "Ada", "CANARY", "1961-04-30", "1911-11-11", "Penicillin", "CANARY", "High Street", "CANARY", "131.0", "131.77", "Amlodipine", "CANARY").Replace(text)
	}
	x := s.staged(s.folder(files))
	s.loaded(x)
	text := s.text(s.run(x))
	for _, canary := range []string{"CANARY", "1911", "131.77", "HA1", "5 mg"} {
		if strings.Contains(text, canary) {
			t.Errorf("%s is in the report", canary)
		}
	}
}

// TestPDF: the same report is the same paper, and for who may not know the
// patients it has no hospital number.
func TestPDF(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	s.loaded(x)
	r := s.run(x)
	one, err := r.PDF(nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := r.PDF(nil)
	if err != nil || !bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("%PDF-")) || bytes.Count(one, []byte("/Type /Page\n")) < 1 {
		t.Errorf("%d and %d bytes, %v", len(one), len(two), err)
	}
	for _, row := range r.Masked().Sample {
		if row.Key == "L1" || row.Patient != "" {
			t.Errorf("%+v", row)
		}
	}
}
