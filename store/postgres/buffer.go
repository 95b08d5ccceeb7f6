package postgres

import (
	"math"

	"concord/store"
)

// buffer holds what the open group has written and the server does not have
// yet. Lists grow in the order of writing, so that a failed Update is taken
// back by cutting them; the maps that find things in them are mended by undo.
type buffer struct {
	rows    []version
	idents  []identMove
	strs    []strMove
	posts   []postMove
	claims  []claim
	keys    []keySet
	links   []linkMove
	names   []nameRow
	entries []entry
	runs    []hashRun
	mails   []*mail
	records []recordMove
	counts  []count
	jobs    []newJob
	changes []changeRow
	undo    []func()

	latest  map[place]int         // of rows
	claimed map[uint64]store.Key  // of claims
	keyAt   map[spaceKey]int      // of keys
	linkAt  map[int64]standing    // the link that a record key has now
	mailAt  map[int64]int         // of mails
	mailed  map[mailKey]bool      // messages that came, for duplicates
	byIdent map[uint64][]identRef // of idents, as far as identsRead
	// identsRead is how many of idents byIdent knows.
	identsRead int
}

// sizes are places in the lists.
type sizes struct {
	rows, idents, strs, posts, claims, keys, links, names, entries, runs, mails, records, counts, jobs, changes, undo int
}

func (b *buffer) sizes() sizes {
	return sizes{
		len(b.rows), len(b.idents), len(b.strs), len(b.posts), len(b.claims), len(b.keys), len(b.links), len(b.names),
		len(b.entries), len(b.runs), len(b.mails), len(b.records), len(b.counts), len(b.jobs), len(b.changes), len(b.undo),
	}
}

// size is the number of rows that a commit will write, about.
func (b *buffer) size() int { return len(b.rows) + len(b.keys) + len(b.entries) + len(b.mails) }

// empty tells whether the server has everything.
func (b *buffer) empty() bool {
	s := b.sizes()
	s.undo = 0
	return s == sizes{}
}

// back cuts the lists to what they held.
func (b *buffer) back(s sizes) {
	for i := len(b.undo) - 1; i >= s.undo; i-- {
		b.undo[i]()
	}
	b.rows, b.idents, b.strs, b.posts = b.rows[:s.rows], b.idents[:s.idents], b.strs[:s.strs], b.posts[:s.posts]
	b.claims, b.keys, b.links, b.names = b.claims[:s.claims], b.keys[:s.keys], b.links[:s.links], b.names[:s.names]
	b.entries, b.runs, b.mails, b.records = b.entries[:s.entries], b.runs[:s.runs], b.mails[:s.mails], b.records[:s.records]
	b.counts, b.jobs, b.changes, b.undo = b.counts[:s.counts], b.jobs[:s.jobs], b.changes[:s.changes], b.undo[:s.undo]
	if b.identsRead > len(b.idents) {
		b.byIdent, b.identsRead = nil, 0
	}
}

// reset empties the buffer, once the server has it all.
func (b *buffer) reset() { *b = buffer{claimed: b.claimed} }

// send queues the statements that write what lies between two places. What
// comes first is what others refer to.
func (b *buffer) send(c *conn, from, to sizes, freshAbove int64) {
	sendNames(c, b.names[from.names:to.names])
	sendVersions(c, b.rows[from.rows:to.rows])
	sendIdents(c, b.idents[from.idents:to.idents], from.idents == 0)
	sendStrs(c, b.strs[from.strs:to.strs])
	if from.posts > 0 { // what came before may have brought the same ones
		freshAbove = math.MaxInt64
	}
	sendPosts(c, b.posts[from.posts:to.posts], freshAbove)
	sendClaims(c, b.claims[from.claims:to.claims])
	sendKeys(c, b.keys[from.keys:to.keys])
	sendLinks(c, b.links[from.links:to.links])
	sendMails(c, b.mails[from.mails:to.mails])
	sendRecords(c, b.records[from.records:to.records])
	sendCounts(c, b.counts[from.counts:to.counts])
	sendEntries(c, b.entries[from.entries:to.entries])
	sendRuns(c, b.runs[from.runs:to.runs])
	sendJobs(c, b.jobs[from.jobs:to.jobs])
	sendChanges(c, b.changes[from.changes:to.changes])
}

// set puts a value into one of the buffer's maps so that back takes it out.
func set[K comparable, V any](b *buffer, m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	old, had := (*m)[k]
	b.undo = append(b.undo, func() {
		if had {
			(*m)[k] = old
		} else {
			delete(*m, k)
		}
	})
	(*m)[k] = v
}
