package cosigning

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/record/audit"
)

// Witness is one partner's witness.
type Witness struct {
	URL string // add-checkpoint lies below it
	Key note.Verifier
}

// ParseWitness reads URL=KEY, the key as https://c2sp.org/signed-note writes
// it. Errors: Invalid "witness.setting", "audit.witness-key".
func ParseWitness(text string) (Witness, error) {
	address, key, ok := strings.Cut(text, "=")
	u, err := url.Parse(address)
	if !ok || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" {
		return Witness{}, fault.New(fault.Invalid, "witness.setting", "a witness is given as its URL, = and its key")
	}
	v, err := audit.WitnessKey(key)
	return Witness{strings.TrimSuffix(address, "/"), v}, err
}

// mostAnswer is how long an answer may be; cosignatures are a few lines.
const mostAnswer = 64 << 10

// ask shows a checkpoint to a witness and gives the signature lines that it
// answers. seen is the size that it co-signed last as far as we know; it says
// if that is not so. Errors: Busy "witness.unreachable"; Denied
// "witness.refused"; Conflict "witness.forked" when it has seen another tree of
// that size or one that ours does not go on from, "witness.ahead" when it has
// seen a larger one.
func (a *Asker) ask(ctx context.Context, w Witness, signed []byte, head audit.Head, seen int64) ([]byte, error) {
	for range 3 {
		if seen > head.Size {
			return nil, fault.New(fault.Conflict, "witness.ahead", "the witness has co-signed a larger tree than this log has: it was set back")
		}
		res, text, err := a.post(ctx, w, signed, seen, head.Size)
		if err != nil {
			return nil, err
		}
		switch res.StatusCode {
		case http.StatusOK:
			return text, nil
		case http.StatusConflict:
			size, ok := sizeIn(res, text)
			if !ok || size == seen {
				return nil, fault.New(fault.Conflict, "witness.forked", "the witness has co-signed another tree of this size")
			}
			seen = size
		case http.StatusUnprocessableEntity:
			return nil, fault.New(fault.Conflict, "witness.forked", "the log does not go on from the tree that the witness has co-signed")
		case http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest:
			return nil, fault.New(fault.Denied, "witness.refused", "the witness does not know this log or its key (status %d)", res.StatusCode)
		default:
			return nil, fault.New(fault.Busy, "witness.unreachable", "the witness answers with status %d", res.StatusCode)
		}
	}
	return nil, fault.New(fault.Busy, "witness.unreachable", "the witness is being asked by another process too")
}

// sizeIn reads the size that a 409 tells.
func sizeIn(res *http.Response, text []byte) (int64, bool) {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	size, err := strconv.ParseInt(strings.TrimSuffix(string(text), "\n"), 10, 64)
	return size, kind == "text/x.tlog.size" && err == nil && size >= 0
}

// post sends one request: https://c2sp.org/tlog-witness#add-checkpoint.
func (a *Asker) post(ctx context.Context, w Witness, signed []byte, seen, size int64) (*http.Response, []byte, error) {
	var body bytes.Buffer
	body.WriteString("old " + strconv.FormatInt(seen, 10) + "\n")
	if seen > 0 && seen < size {
		proof, err := a.Log.AuditGrowth(ctx, seen, size)
		if err != nil {
			return nil, nil, err
		}
		for _, h := range proof {
			body.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
	}
	body.WriteString("\n")
	body.Write(signed)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/add-checkpoint", &body)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "witness.setting", "the witness's URL cannot be used")
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := a.Client.Do(req)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Busy, "witness.unreachable", "the witness does not answer")
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Busy, "witness.unreachable", "the witness's answer was cut off")
	}
	return res, text, nil
}
