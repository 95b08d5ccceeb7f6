package ops

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gauge is one number that is read when metrics are asked for.
type Gauge struct {
	Name, Help string
	Labels     map[string]string
	Counter    bool
	Read       func() float64
}

// Ops answers the operator's tools.
type Ops struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	ready    func(context.Context) error
}

// New makes the endpoints; ready tells whether the server can work.
func New(ready func(context.Context) error, gauges []Gauge) *Ops {
	o := &Ops{registry: prometheus.NewRegistry(), ready: ready}
	o.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "concord_http_request_seconds", Help: "Time to answer, by surface, method and status class.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"surface", "method", "status"})
	o.registry.MustRegister(o.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, g := range gauges {
		o.registry.MustRegister(collectorOf(g))
	}
	return o
}

func collectorOf(g Gauge) prometheus.Collector {
	if g.Counter {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: g.Name, Help: g.Help, ConstLabels: g.Labels}, g.Read)
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.Name, Help: g.Help, ConstLabels: g.Labels}, g.Read)
}

// Handler serves the three endpoints.
func (o *Ops) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if err := o.ready(ctx); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{}))
	return mux
}

// Timed counts and times the requests of one surface.
func (o *Ops) Timed(surface string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		s := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(s, r)
		o.duration.WithLabelValues(surface, method(r.Method), strconv.Itoa(s.code/100)+"xx").Observe(time.Since(start).Seconds())
	})
}

// method keeps the label's values few, whatever a client sends.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead:
		return m
	}
	return "other"
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
