package witness

import (
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
)

// head is the state of a tree.
type head struct {
	size int64
	root tlog.Hash
}

// request is the body of add-checkpoint, taken apart.
type request struct {
	old        int64
	proof      tlog.TreeProof
	checkpoint []byte
	origin     string
	head
}

// mostProof is how many lines a proof may have, says the protocol.
const mostProof = 63

func malformed() error {
	return fault.New(fault.Invalid, "witness.request", "the request is not as https://c2sp.org/tlog-witness has it")
}

// parseRequest reads the body of add-checkpoint
// (https://c2sp.org/tlog-witness#add-checkpoint). Errors: Invalid
// "witness.request".
func parseRequest(body []byte) (*request, error) {
	top, checkpoint, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(top, "\n")
	if !ok || len(lines)-1 > mostProof {
		return nil, malformed()
	}
	r := &request{checkpoint: []byte(checkpoint)}
	old, ok := strings.CutPrefix(lines[0], "old ")
	if r.old, ok = wholeNumber(old, ok); !ok {
		return nil, malformed()
	}
	for _, line := range lines[1:] {
		h, ok := hashOf(line)
		if !ok {
			return nil, malformed()
		}
		r.proof = append(r.proof, h)
	}
	var err error
	r.origin, r.head, err = parseCheckpoint(r.checkpoint)
	return r, err
}

// parseNote gives the text that the signatures of a note are of.
func parseNote(signed []byte) (string, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return "", malformed()
	}
	return text + "\n", nil
}

// parseCheckpoint reads a signed checkpoint without looking at its signatures
// (https://c2sp.org/tlog-checkpoint). Errors: Invalid "witness.request".
func parseCheckpoint(signed []byte) (origin string, h head, err error) {
	text, err := parseNote(signed)
	if err != nil {
		return "", h, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return "", h, malformed()
	}
	size, ok := wholeNumber(lines[1], true)
	root, ok2 := hashOf(lines[2])
	if !ok || !ok2 {
		return "", h, malformed()
	}
	return lines[0], head{size, root}, nil
}

// wholeNumber reads a decimal without leading zeroes.
func wholeNumber(s string, ok bool) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, ok && err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

func hashOf(s string) (h tlog.Hash, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != tlog.HashSize {
		return h, false
	}
	return tlog.Hash(b), true
}
