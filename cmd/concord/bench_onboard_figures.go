package main

import (
	"fmt"
	"io"
	"syscall"
	"time"

	"concord/exchange/onboard"
)

// onboarding is what was measured. Memory is of the whole process, the store's
// caches included.
type onboarding struct {
	Live     int              `json:"live"`
	Patients int              `json:"patients"`
	Rows     int64            `json:"rows"`
	Refused  int64            `json:"refused"`
	Stage    float64          `json:"stageSeconds"`
	Profile  float64          `json:"profileSeconds"`
	Match    float64          `json:"matchSeconds"`
	Load     float64          `json:"loadSeconds,omitempty"`
	Undo     float64          `json:"undoSeconds,omitempty"`
	LoadCPU  float64          `json:"loadProcessorSeconds,omitempty"`
	UndoCPU  float64          `json:"undoProcessorSeconds,omitempty"`
	Loaded   int64            `json:"loaded,omitempty"`
	Removed  int64            `json:"removed,omitempty"`
	Kept     int              `json:"kept,omitempty"`
	Peak     int64            `json:"peakMemory"`
	By       map[string]int64 `json:"by"`
	Waiting  onboard.Waiting  `json:"waiting"`
	// Of live traffic, if there was any: what it felt, and what the load and the
	// undo were held to.
	Phases    []*livePhase   `json:"phases,omitempty"`
	LoadPaced *onboard.Paced `json:"loadPaced,omitempty"`
	UndoPaced *onboard.Paced `json:"undoPaced,omitempty"`
}

// processorTime is what this process has used, in seconds.
func processorTime() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

func (o *onboarding) print(w io.Writer) {
	fmt.Fprintf(w, "%d entries live, %d patients and %d rows in the extract, %d refused; %.0f MB at most\n", o.Live, o.Patients, o.Rows, o.Refused, float64(o.Peak)/1e6)
	line := func(what string, n int64, took float64) {
		fmt.Fprintf(w, "%8.1f s  %9.0f/s  %s\n", took, float64(n)/max(took, 1e-9), what)
	}
	line("stage, rows", o.Rows, o.Stage)
	line("profile, rows", o.Rows, o.Profile)
	line("match before load, patients", int64(o.Patients), o.Match)
	if o.Loaded > 0 {
		line("load, rows", o.Loaded, o.Load)
		line("undo, rows", o.Removed, o.Undo)
		fmt.Fprintf(w, "processor time: %.0f µs a row loaded, %.0f µs a row undone\n", 1e6*o.LoadCPU/float64(o.Loaded), 1e6*o.UndoCPU/float64(max(1, o.Removed)))
	}
	tellPaced(w, o.LoadPaced)
	tellPaced(w, o.UndoPaced)
	fmt.Fprintf(w, "certain %d, possible %d, new %d, conflict %d\n", o.By["certain"], o.By["possible"], o.By["new"], o.By["conflict"])
}
