package feed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/record"
	"concord/standard/hl7v2"
)

// TestOrder: whatever outages, restarts of the engine and bad answers come, each
// live destination gets of each patient every change, in the order of the
// changes (as each first came), nothing is missing, and nothing of the dead one
// is lost.
func TestOrder(t *testing.T) {
	rounds := 0
	rapid.Check(t, func(rt *rapid.T) {
		if rounds++; rounds > 12 { // each takes a second of real time
			return
		}
		patients := rapid.IntRange(1, 6).Draw(rt, "patients")
		steps := rapid.SliceOfN(rapid.IntRange(0, 19), 20, 60).Draw(rt, "steps")
		share := rapid.IntRange(0, 30).Draw(rt, "bad answers in a hundred")
		orderRound(t, patients, steps, share)
	})
}

func orderRound(t *testing.T, patients int, steps []int, share int) {
	s := newStage(t)
	live := []*legacy{newLegacy(t), newLegacy(t)}
	for i, l := range live {
		l.behave = unreliable(share, uint64(i))
	}
	set := setOf(map[string]string{"one": live[0].addr, "two": live[1].addr, "three": dead}, ", refused: hold")
	s.apply(strings.ReplaceAll(set, "attempts: 3", "attempts: 1000")) // bad answers come in a row by chance: nothing is to be returned for it
	s.run()
	ids, visits, done := make([]string, patients), make([]string, patients), make([]int, patients)
	for i := range patients {
		ids[i] = s.patient(i)
		visits[i] = s.visit(ids[i], "", 0)
	}
	isDown := make([]bool, 2)
	for _, step := range steps {
		switch {
		case step == 0: // the engine stops and starts; test/journey kills it
			s.halt()
			s.run()
		case step == 1 || step == 2:
			if i := step - 1; isDown[i] {
				live[i].up()
			} else {
				live[i].down()
			}
			isDown[step-1] = !isDown[step-1]
		default:
			i := step % patients
			done[i]++
			s.visit(ids[i], visits[i], done[i])
		}
	}
	for i, down := range isDown {
		if down {
			live[i].up()
		}
	}
	total := int64(2 * patients)
	for _, n := range done {
		total += int64(n)
	}
	for _, name := range []string{"one", "two"} {
		s.eventually("everything sent to "+name, func() bool { return s.states(name)[record.Sent] == total })
	}
	if st := s.states("three"); st[record.Waiting] != total {
		t.Fatalf("for the dead destination %v is kept, of %d", st, total)
	}
	for _, l := range live {
		inOrder(t, l, patients, done)
	}
}

// inOrder holds what came against what was written.
func inOrder(t *testing.T, l *legacy, patients int, done []int) {
	byPatient := map[string][]string{}
	for _, r := range l.once() {
		byPatient[r.number] = append(byPatient[r.number], r.trigger+r.step)
	}
	for i := range patients {
		want := []string{"A28", "A010"}
		for k := 1; k <= done[i]; k++ {
			want = append(want, fmt.Sprint("A08", k))
		}
		if got := byPatient[fmt.Sprintf("%07dT", i)]; !slices.Equal(got, want) {
			t.Fatalf("of patient %d came %v, not %v", i, got, want)
		}
	}
	// What comes twice comes twice running: a repetition never brings an older
	// state of a patient back.
	last, seen := map[string]string{}, map[string]bool{}
	for _, r := range l.all() {
		if last[r.number] == r.control {
			continue
		}
		if seen[r.control] {
			t.Fatalf("%s came again after another of the same patient", r.control)
		}
		last[r.number], seen[r.control] = r.control, true
	}
}

// unreliable answers wrongly now and then, never with a refusal.
func unreliable(share int, seed uint64) func(int, *hl7v2.Message) []byte {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 7))
	return func(_ int, m *hl7v2.Message) []byte {
		mu.Lock()
		dice, kind := r.IntN(100), r.IntN(3)
		mu.Unlock()
		if dice >= share {
			return nil
		}
		switch kind {
		case 0:
			return ack(m, "AA")[:30]
		case 1:
			return []byte("\x0bMSH|^~\\&|||||||ACK|1|P|2.4\rMSA|AA|other\r\x1c\r")
		}
		time.Sleep(10 * time.Millisecond)
		return nil
	}
}
