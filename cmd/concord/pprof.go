package main

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"
)

// profiles serves Go's profiles until ctx ends (https://pkg.go.dev/net/http/pprof).
func profiles(ctx context.Context, addr string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	return srv.ListenAndServe()
}
