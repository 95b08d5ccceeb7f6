package auditlog

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"concord/fault"
)

// Log is what is published.
type Log interface {
	// AuditCheckpoint is the newest signed checkpoint; nil before the first.
	AuditCheckpoint(ctx context.Context) ([]byte, error)
	// AuditCosigned is the newest checkpoint that a witness has co-signed.
	AuditCosigned(ctx context.Context) ([]byte, error)
	// AuditProof proves that leaf n lies in the tree of that size.
	AuditProof(ctx context.Context, size, n int64) ([][32]byte, error)
	// AuditGrowth proves that the tree of one size begins a larger one.
	AuditGrowth(ctx context.Context, from, size int64) ([][32]byte, error)
}

// New is the handler of everything under /audit-log. keys are the public keys
// (https://c2sp.org/signed-note), newest first.
func New(l Log, keys []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /audit-log/keys", func(w http.ResponseWriter, r *http.Request) {
		answer(w, []byte(strings.Join(keys, "\n")+"\n"), nil)
	})
	mux.HandleFunc("GET /audit-log/checkpoint", func(w http.ResponseWriter, r *http.Request) {
		signed, err := l.AuditCheckpoint(r.Context())
		if err == nil && signed == nil {
			err = fault.New(fault.NotFound, "audit.checkpoint", "no checkpoint has been signed yet")
		}
		answer(w, signed, err)
	})
	mux.HandleFunc("GET /audit-log/cosigned", func(w http.ResponseWriter, r *http.Request) {
		signed, err := l.AuditCosigned(r.Context())
		if err == nil && signed == nil {
			err = fault.New(fault.NotFound, "audit.cosigned", "no witness has co-signed a checkpoint yet")
		}
		answer(w, signed, err)
	})
	mux.HandleFunc("GET /audit-log/inclusion", func(w http.ResponseWriter, r *http.Request) {
		prove(w, r, "leaf", func(leaf, size int64) ([][32]byte, error) { return l.AuditProof(r.Context(), size, leaf) })
	})
	mux.HandleFunc("GET /audit-log/consistency", func(w http.ResponseWriter, r *http.Request) {
		prove(w, r, "from", func(from, size int64) ([][32]byte, error) { return l.AuditGrowth(r.Context(), from, size) })
	})
	return mux
}

// prove reads two whole numbers and answers hashes, one a line in base64.
func prove(w http.ResponseWriter, r *http.Request, first string, f func(n, size int64) ([][32]byte, error)) {
	n, err := whole(r.FormValue(first))
	size, serr := whole(r.FormValue("size"))
	if err != nil || serr != nil {
		answer(w, nil, fault.New(fault.Invalid, "audit.range", "give %s and size as whole numbers", first))
		return
	}
	hashes, err := f(n, size)
	var out []byte
	for _, h := range hashes {
		out = append(base64.StdEncoding.AppendEncode(out, h[:]), '\n')
	}
	answer(w, out, err)
}

func whole(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func answer(w http.ResponseWriter, text []byte, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		status := http.StatusInternalServerError
		switch fault.Of(err).Kind {
		case fault.Invalid:
			status = http.StatusBadRequest
		case fault.NotFound:
			status = http.StatusNotFound
		case fault.Busy:
			status = http.StatusServiceUnavailable
		}
		w.WriteHeader(status)
		text = []byte(fault.Of(err).Code + "\n")
	}
	w.Write(text) // who has gone away needs no answer
}
