package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/note"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
)

// Sealed is a report as it was signed.
type Sealed struct {
	Text   []byte // the JSON
	Hash   string // its SHA-256 in hexadecimal
	Signed []byte // a signed note over Claim
}

// claimLine begins what is signed. The second line is an ODS code: no checkpoint
// of a log, whose second line is a number of leaves.
const claimLine = "concord/reconciliation"

// Claim is the text that is signed: whose report, of which load, with which hash.
func Claim(trust, load, hash string) string {
	return fmt.Sprintf("%s\norganisation %s\nload %s\nsha256 %s\n", claimLine, trust, load, hash)
}

// Entry is what the audit log says of a report that was sealed.
func Entry(trust, load, hash string) string {
	return fmt.Sprintf("onboard %s reconciliation %s sha256:%s", trust, load, hash)
}

// JSON is the report's text: the same report is the same bytes.
func (r *Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "reconcile.write", "the report cannot be written")
	}
	return append(text, '\n'), nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func sealedFile(load, ending string) string { return "sealed-" + load + ending }

// Seal signs the report of an extract's load: its hash goes into the audit log by
// enter, before anything is kept. Errors: Conflict "reconcile.not-loaded".
func Seal(ctx context.Context, s *onboard.Stage, x *onboard.Extract, sign func(text string) ([]byte, error), enter func(ctx context.Context, what string) error) (*Sealed, error) {
	unlock, err := s.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, err := Of(x)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fault.New(fault.Conflict, "reconcile.not-loaded", "the load has not been reconciled yet")
	}
	out := &Sealed{}
	if out.Text, err = r.JSON(); err != nil {
		return nil, err
	}
	out.Hash = hashOf(out.Text)
	if out.Signed, err = sign(Claim(r.Trust, r.Load, out.Hash)); err != nil {
		return nil, err
	}
	if err := enter(ctx, Entry(r.Trust, r.Load, out.Hash)); err != nil {
		return nil, err
	}
	return out, errors.Join(x.Save(sealedFile(r.Load, ".json"), out.Text), x.Save(sealedFile(r.Load, ".sig"), out.Signed))
}

// SealedOf is the signed report of a load, nil if there is none.
func SealedOf(x *onboard.Extract, load string) (*Sealed, error) {
	text, err := os.ReadFile(x.Folder(sealedFile(load, ".json")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	signed, err2 := os.ReadFile(x.Folder(sealedFile(load, ".sig")))
	if err := errors.Join(err, err2); err != nil {
		return nil, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	return &Sealed{text, hashOf(text), signed}, nil
}

// Verify holds a signed report against its signature, the audit log and the
// record: it is made again from the load id, and must be the same bytes. entered
// tells whether the audit log has an entry. It gives what is wrong, in words.
func Verify(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, opt Options, known note.Verifiers, entered func(ctx context.Context, what string) (bool, error)) ([]string, error) {
	unlock, err := s.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	l, err := x.Loading()
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fault.New(fault.Conflict, "reconcile.not-loaded", "the extract is not loaded")
	}
	sealed, err := SealedOf(x, l.Load)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return []string{"the report of load " + l.Load + " is not signed"}, nil
	}
	var wrong []string
	if n, err := note.Open(sealed.Signed, known); err != nil {
		wrong = append(wrong, "the signature is of no known key")
	} else if n.Text != Claim(x.Trust, l.Load, sealed.Hash) {
		wrong = append(wrong, "the signature is of another report")
	}
	if ok, err := entered(ctx, Entry(x.Trust, l.Load, sealed.Hash)); err != nil {
		return nil, err
	} else if !ok {
		wrong = append(wrong, "the audit log has no entry of this report")
	}
	if form := formOf(sealed.Text); form != Format {
		return append(wrong, fmt.Sprintf("the report is of the form %q, and this version makes %q: verify it with the version that signed it", form, Format)), nil
	}
	again, err := remade(ctx, s, x, e, opt, sealed)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, sealed.Text) {
		wrong = append(wrong, "the report that is made again from the load is another: "+where(sealed.Text, again))
	}
	return wrong, nil
}

// formOf is the form that a report says it has.
func formOf(text []byte) string {
	var r struct{ Format string }
	json.Unmarshal(text, &r)
	return r.Format
}

// remade makes the report again, with what people had said when it was signed.
func remade(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, opt Options, sealed *Sealed) ([]byte, error) {
	var then Report
	if err := json.Unmarshal(sealed.Text, &then); err != nil {
		return nil, nil
	}
	var b basis
	if _, err := x.ReadJSON(basisFile(then.Load), &b); err != nil {
		return nil, err
	}
	r, err := compute(ctx, s, x, e, opt, b)
	if err != nil {
		return nil, err
	}
	r.Checked, r.Accepted = then.Checked, then.Accepted
	r.judge()
	return r.JSON()
}

// where names the first line in which two reports differ, by its number: its
// words may be a key.
func where(a, b []byte) string {
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			return fmt.Sprintf("line %d", i+1)
		}
	}
	return fmt.Sprintf("line %d", min(len(x), len(y))+1)
}
