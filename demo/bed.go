package demo

import (
	"strconv"
	"time"
)

// bed is a place to lie.
type bed struct{ bay, name string }

// spell is the time for which a bed is taken.
type spell struct{ from, to time.Time }

// beds keeps who lies where, so that no two lie in one bed.
type beds struct{ taken map[string][][]spell }

// take gives the first bed of a ward that is free for the whole time. Bays
// have six beds; after four bays come the side rooms. An emergency department
// has cubicles.
func (b *beds) take(ward string, cubicles bool, from, to time.Time) bed {
	list := b.taken[ward]
	n := 0
	for ; n < len(list); n++ {
		free := true
		for _, s := range list[n] {
			if from.Before(s.to) && s.from.Before(to) {
				free = false
				break
			}
		}
		if free {
			break
		}
	}
	if n == len(list) {
		list = append(list, nil)
	}
	list[n] = append(list[n], spell{from, to})
	b.taken[ward] = list
	if cubicles {
		return bed{"", "Cubicle " + strconv.Itoa(n+1)}
	}
	if n >= 24 {
		return bed{"", "Side room " + strconv.Itoa(n-23)}
	}
	return bed{"Bay " + strconv.Itoa(n/6+1), "Bed " + strconv.Itoa(n%6+1)}
}
