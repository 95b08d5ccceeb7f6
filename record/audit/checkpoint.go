package audit

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// space is where the small keys of the log lie.
const space, checkpointKey = "audit", "checkpoint"

// Head is the state of the tree: how many leaves, and their root.
type Head struct {
	Size int64
	Root tlog.Hash
}

// Sign gives a signed checkpoint of a head.
type Sign func(Head) ([]byte, error)

// Signer signs checkpoints in the name of an origin, which tells logs apart:
// https://c2sp.org/tlog-checkpoint.
func Signer(origin string, key note.Signer) Sign {
	return func(h Head) ([]byte, error) {
		signed, err := note.Sign(&note.Note{Text: checkpointText(origin, h)}, key)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "audit.sign", "the checkpoint cannot be signed")
		}
		return signed, nil
	}
}

func checkpointText(origin string, h Head) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}

// parseCheckpoint reads the text of a checkpoint. Errors: Invalid
// "audit.checkpoint".
func parseCheckpoint(text string) (origin string, h Head, err error) {
	bad := fault.New(fault.Invalid, "audit.checkpoint", "the checkpoint cannot be read")
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" || lines[len(lines)-1] != "" {
		return "", h, bad
	}
	h.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || h.Size < 0 || strconv.FormatInt(h.Size, 10) != lines[1] {
		return "", h, bad
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", h, bad
	}
	copy(h.Root[:], root)
	return lines[0], h, nil
}

// OpenCheckpoint reads a signed checkpoint that at least one of the verifiers
// vouches for. Errors: Denied "audit.signature"; Invalid "audit.checkpoint".
func OpenCheckpoint(signed []byte, known note.Verifiers) (Head, error) {
	n, err := note.Open(signed, known)
	if err != nil {
		return Head{}, fault.Wrap(err, fault.Denied, "audit.signature", "the checkpoint bears no signature of a known key")
	}
	_, h, err := parseCheckpoint(n.Text)
	return h, err
}

// Checkpoint is the newest signed checkpoint as it is published; nil before the
// first.
func Checkpoint(ctx context.Context, r store.Reader) ([]byte, error) {
	return r.GetKey(ctx, space, checkpointKey)
}

// Prove gives the hashes that show that leaf n lies in the tree of that size
// (https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1). Errors: Invalid
// "audit.range".
func Prove(ctx context.Context, r store.Reader, size, n int64) (tlog.RecordProof, error) {
	if err := within(ctx, r, n, size-1, size); err != nil {
		return nil, err
	}
	return tlog.ProveRecord(size, n, reader{ctx, r})
}

// ProveGrowth gives the hashes that show that the tree of one size is the
// beginning of a larger one
// (https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2). Errors: Invalid
// "audit.range".
func ProveGrowth(ctx context.Context, r store.Reader, from, size int64) (tlog.TreeProof, error) {
	if err := within(ctx, r, from-1, size-1, size); err != nil {
		return nil, err
	}
	return tlog.ProveTree(size, from, reader{ctx, r})
}

// within holds 0 <= n <= most and size against the tree.
func within(ctx context.Context, r store.Reader, n, most, size int64) error {
	count, err := r.LogHashCount(ctx, Log)
	if err != nil {
		return err
	}
	if n < 0 || n > most || size > treeSize(count) {
		return fault.New(fault.Invalid, "audit.range", "the tree has no such leaves")
	}
	return nil
}
