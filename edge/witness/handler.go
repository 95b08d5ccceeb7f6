package witness

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"concord/fault"
)

// mostBody is how long a request may be: 63 hashes and a checkpoint.
const mostBody = 64 << 10

// Handler serves add-checkpoint and the witness's public key.
func (w *Witness) Handler(key string, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /key", func(rw http.ResponseWriter, r *http.Request) { answer(rw, http.StatusOK, key+"\n") })
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, mostBody))
		if err != nil {
			answer(rw, http.StatusRequestEntityTooLarge, "")
			return
		}
		req, err := parseRequest(body)
		if err != nil {
			answer(rw, http.StatusBadRequest, fault.Of(err).Text+"\n")
			return
		}
		line, err := w.add(req)
		tell(rw, log, req, line, err)
	})
	return mux
}

// tell answers and writes to the log what an operator must look at.
func tell(rw http.ResponseWriter, log *slog.Logger, req *request, line []byte, err error) {
	var no *refusal
	switch {
	case err == nil:
		log.Info("co-signed", "log", req.origin, "size", req.size)
		answer(rw, http.StatusOK, string(line))
	case errors.As(err, &no) && no.size >= 0:
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		if req.size < no.size {
			log.Error("a log was set back", "log", req.origin, "seen", no.size, "now", req.size)
		}
		answer(rw, no.status, strconv.FormatInt(no.size, 10)+"\n")
	case errors.As(err, &no):
		if no.status == http.StatusConflict || no.status == http.StatusUnprocessableEntity {
			log.Error("a log does not go on from what was seen of it", "log", req.origin, "size", req.size, "status", no.status)
		}
		answer(rw, no.status, "")
	default:
		log.Error("not co-signed", "log", req.origin, "error", err)
		answer(rw, http.StatusServiceUnavailable, "")
	}
}

func answer(rw http.ResponseWriter, status int, text string) {
	if rw.Header().Get("Content-Type") == "" {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	io.WriteString(rw, text) // who has gone away needs no answer
}
