package pack

import (
	"strconv"
	"strings"
)

// maxRun is how many beds one run may have.
const maxRun = 200

// bedsOf reads "Side room 1", "Bay A/1" or "Bay A/Bed 1-6" as the beds that it
// stands for: room and bed with a slash between, or the bed alone.
func bedsOf(text string) ([]string, bool) {
	room, bed, inRoom := strings.Cut(text, "/")
	if !inRoom {
		room, bed = "", text
	}
	room, bed = strings.TrimSpace(room), strings.TrimSpace(bed)
	if bed == "" || inRoom && room == "" || strings.Contains(bed, "/") {
		return nil, false
	}
	head := ""
	if inRoom {
		head = room + "/"
	}
	low, high, run := strings.Cut(bed, "-")
	if !run {
		return []string{head + bed}, true
	}
	digits := strings.TrimRight(low, "0123456789")
	head, low = head+digits, low[len(digits):]
	from, err := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if err != nil || err2 != nil || to < from || to-from >= maxRun {
		return nil, false
	}
	var out []string
	for n := from; n <= to; n++ {
		out = append(out, head+strconv.Itoa(n))
	}
	return out, true
}

// beds are all beds of a ward, as "room/bed" or "bed".
func (w *Ward) beds() []string {
	var out []string
	for _, b := range w.Beds {
		list, _ := bedsOf(b)
		out = append(out, list...)
	}
	return out
}
