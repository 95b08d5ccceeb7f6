package uk

import "time"

// RTTDifference names what two accounts of one pathway do not agree on.
type RTTDifference string

// The differences, as a reconciliation asks for them one by one.
const (
	RTTClockMissing RTTDifference = "clock"  // one has a clock and the other none
	RTTStartDiffers RTTDifference = "start"  // the day the current clock started
	RTTStateDiffers RTTDifference = "status" // running or stopped, and by which status
	RTTWaitDiffers  RTTDifference = "weeks"  // whole weeks waited on the day of comparison
)

// CompareRTT holds the current clocks of two accounts of one pathway against
// each other, as of a day. Nil = they agree.
func CompareRTT(a, b RTTPathway, on time.Time) []RTTDifference {
	x, xok := a.Current()
	y, yok := b.Current()
	switch {
	case !xok && !yok:
		if a.Status != b.Status {
			return []RTTDifference{RTTStateDiffers}
		}
		return nil
	case xok != yok:
		return []RTTDifference{RTTClockMissing}
	}
	var out []RTTDifference
	if !x.Start.Equal(y.Start) {
		out = append(out, RTTStartDiffers)
	}
	if x.StoppedBy != y.StoppedBy || a.Status != b.Status {
		out = append(out, RTTStateDiffers)
	}
	if x.Weeks(on) != y.Weeks(on) {
		out = append(out, RTTWaitDiffers)
	}
	return out
}
