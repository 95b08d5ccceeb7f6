package person

import (
	"sync"

	"concord/standard/match"
)

// Lately remembers by what the Patients are matched that were written a short while
// ago: those who arrive beside many others are compared with each of them, and need
// not read them. The zero value remembers nothing yet; nil remembers nothing.
type Lately struct {
	mu sync.Mutex
	of map[int64]late
}

// late is a Patient as a change left it.
type late struct {
	change  int64
	matcher *Matcher
	subject match.Subject
}

// mostLate bounds what is remembered: about 4 MB.
const mostLate = 8192

// Note remembers the Patient of a record as a change writes it.
func (l *Lately) Note(pk, change int64, m *Matcher, s *match.Subject) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= mostLate {
		l.of = make(map[int64]late, 1024)
	}
	l.of[pk] = late{change, m, *s}
}

// Forget is for a change that was not kept.
func (l *Lately) Forget(pk int64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.of, pk)
}

// know is the Patient of a record as a change wrote it, nil = not remembered.
func (l *Lately) know(pk, change int64, m *Matcher) *match.Subject {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if have, ok := l.of[pk]; ok && have.change == change && have.matcher == m {
		return &have.subject
	}
	return nil
}
