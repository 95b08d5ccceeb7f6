package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/store"
)

// Witness keys: a partner organisation co-signs a checkpoint when the tree that
// it vouches for goes on from what the partner has seen before.
const cosignedKey, standingsKey = "cosigned", "witnesses"

// WitnessKey reads the public key of a witness, cosignature/v1
// (https://c2sp.org/tlog-cosignature). Errors: Invalid "audit.witness-key".
func WitnessKey(vkey string) (note.Verifier, error) {
	v, err := cosigned.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "audit.witness-key", "the witness's key cannot be read")
	}
	return v, nil
}

// Cosign adds the signature lines that a witness has answered to a checkpoint,
// those alone that are its own. Errors: Denied "audit.signature".
func Cosign(signed, lines []byte, witness note.Verifier) ([]byte, error) {
	n, err := note.Open(append(bytes.Clone(signed), lines...), note.VerifierList(witness))
	if err != nil || len(n.Sigs) == 0 {
		return nil, fault.Wrap(err, fault.Denied, "audit.signature", "what the witness answered is not its signature of the checkpoint")
	}
	out := bytes.Clone(signed)
	for _, s := range n.Sigs {
		out = append(out, "— "+s.Name+" "+s.Base64+"\n"...)
	}
	return out, nil
}

// Standing is how it goes with one witness.
type Standing struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`              // of the newest tree that it co-signed
	At       time.Time `json:"at,omitzero"`       // when
	Problem  string    `json:"problem,omitempty"` // code of what went wrong the last time, "" = nothing
	Since    time.Time `json:"since,omitzero"`    // when that began
	Failures int64     `json:"failures"`          // since the witness is known
}

// KeepCosigned stores a checkpoint with its co-signatures and how it goes with
// the witnesses. nil leaves the checkpoint that is there.
func KeepCosigned(ctx context.Context, tx store.Tx, signed []byte, standings []Standing) error {
	if signed != nil {
		if err := tx.SetKey(ctx, space, store.KeyValue{Key: cosignedKey, Value: signed}); err != nil {
			return err
		}
	}
	text, err := json.Marshal(standings)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "audit.witnesses", "the standing of the witnesses cannot be written")
	}
	return tx.SetKey(ctx, space, store.KeyValue{Key: standingsKey, Value: text})
}

// Cosigned is the newest checkpoint that a witness has co-signed, nil before
// the first.
func Cosigned(ctx context.Context, r store.Keys) ([]byte, error) {
	return r.GetKey(ctx, space, cosignedKey)
}

// Standings tells how it goes with each witness, in the order of their names.
func Standings(ctx context.Context, r store.Keys) ([]Standing, error) {
	text, err := r.GetKey(ctx, space, standingsKey)
	if err != nil || text == nil {
		return nil, err
	}
	var out []Standing
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "audit.witnesses", "the standing of the witnesses cannot be read")
	}
	slices.SortFunc(out, func(a, b Standing) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
