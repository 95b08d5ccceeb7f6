package postgres_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/store/storetest"
)

// spread are the tables that a sharded store would spread, by the column that
// says where a row lies.
var spread = map[string]string{
	"rec": "pk", "rec_hist": "pk", "str": "pk", "post": "pk", "link": "pk", "journal_record": "pk",
	"ident": "h", "alias": "h",
}

// central are the tables that a sharded store would keep on one node, with why: none
// is of one record. What a migration adds is in here or spread.
var central = map[string]string{
	"meta": "settings", "head": "the counters, among them that of record keys", "name": "a reference table", "change": "the one order of commits",
	"journal": "the one order of messages", "journal_raw": "messages", "journal_tally": "counts", "journal_hour": "counts", "journal_feed": "feeds",
	"kv": "what is kept by name", "log": "the one order of a log", "loghash": "its tree", "queue": "work by lease",
}

// fansOut are the statements that ask every shard, with what they are for.
// None is needed to read a chart, and none takes part in an invariant of one:
// what they give are candidates that are then read by their key, so that it
// does no harm when shards answer as of slightly different moments.
var fansOut = []struct{ what, pattern string }{
	{"search by code", `^SELECT pk, lid, d FROM rec WHERE code = `},
	{"search by value", `^SELECT pk, lid FROM rec WHERE qh = `},
	{"search by name", `^SELECT pk, lid(, v)? FROM str WHERE h = `},
	{"search by terms", `FROM post WHERE post\.term = t\.term AND post\.pk > `},
	{"count of a term", `^SELECT coalesce\(sum\(n\), 0\)::bigint FROM post WHERE term = `},
	{"walk over all records", `^SELECT .* FROM rec WHERE \(pk, lid\) > `},
	{"walk over all versions", `^SELECT .* FROM rec_hist WHERE \(pk, lid, ver\) > `},
	{"members of a person", `^SELECT (DISTINCT )?pk FROM link WHERE person = `},
	{"is there anything", `^SELECT 1 FROM rec LIMIT 1$`},
}

var (
	mention = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+([a-z_]+)(?:\s+(?:AS\s+)?([a-z]+))?`)
	keyword = regexp.MustCompile(`(?i)^(where|on|as|set|using|order|join|cross|left|group|limit)$`)
	comment = regexp.MustCompile(`^\s`) // Check's rules begin with white space: they look at everything
)

// testShards proves of every statement that it could run on a sharded store:
// one that names a spread table says where its rows lie, or is declared to ask
// every shard; and spread tables are joined with each other on that column.
func testShards(t *testing.T, seen *statements) {
	used := map[string]bool{}
	for st := range seen.all {
		if comment.MatchString(st.text) || whole.MatchString(st.text) && !strings.HasPrefix(st.text, "SELECT 1 FROM rec") {
			continue
		}
		if what := declared(st.text); what != "" {
			used[what] = true
			continue
		}
		for _, m := range mention.FindAllStringSubmatch(st.text, -1) {
			column, isSpread := spread[m[1]]
			if !isSpread {
				continue
			}
			alias := m[2]
			if alias == "" || keyword.MatchString(alias) {
				alias = m[1]
			}
			if !placed(st.text, m[1], alias, column) {
				t.Errorf("%s is used without its %s: %s", m[1], column, st.text)
			}
		}
	}
	for _, f := range fansOut {
		if !used[f.what] {
			t.Errorf("%s is declared to fan out, and no statement does so", f.what)
		}
	}
}

func declared(text string) string {
	for _, f := range fansOut {
		if regexp.MustCompile(f.pattern).MatchString(text) || strings.Contains(text, "LATERAL") && regexp.MustCompile(strings.TrimPrefix(f.pattern, "^")).MatchString(text) && f.what == "search by terms" {
			return f.what
		}
	}
	return ""
}

// placed tells whether a statement says where the rows of a table lie: an
// equality or ANY on the column, or the column among those that it inserts.
func placed(text, table, alias, column string) bool {
	if m := regexp.MustCompile(`INSERT INTO ` + table + `(?: AS [a-z]+)? \(([^)]*)\)`).FindStringSubmatch(text); m != nil {
		return slices.Contains(strings.Split(m[1], ", "), column)
	}
	for _, name := range []string{alias + `\.` + column, column} {
		if regexp.MustCompile(`(?:WHERE|AND|ON)\s+` + name + ` = (?:\$\d|ANY|[a-z]+\.` + column + `\b)`).MatchString(text) {
			return true
		}
	}
	return false
}

// TestShardKeys: the keys of the spread tables hold the column by which they
// are spread, as a sharded store asks of every unique key.
func TestShardKeys(t *testing.T) {
	dir := t.TempDir()
	e := openSeen(t, storetest.Options{Dir: dir, Now: time.Now}, nil)
	defer e.Close()
	c := connect(t, schemaOf(dir))
	results, err := c.Exec(t.Context(), `SELECT t.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
		WHERE i.indisunique AND t.relnamespace = '`+schemaOf(dir)+`'::regnamespace`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, r := range results[0].Rows {
		table, definition := string(r[0]), string(r[1])
		if column := spread[table]; column != "" {
			found[table] = true
			if !regexp.MustCompile(`[(, ]` + column + `[,)]`).MatchString(definition) {
				t.Errorf("the key of %s does not hold %s: %s", table, column, definition)
			}
		}
	}
	if len(found) != len(spread) {
		t.Errorf("unique keys of %v only", found)
	}
	if results, err = c.Exec(t.Context(), `SELECT t.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'pk')
		FROM pg_class t WHERE t.relkind IN ('r', 'p') AND t.relnamespace = '`+schemaOf(dir)+`'::regnamespace`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, r := range results[0].Rows {
		table, keyed := string(r[0]), string(r[1]) == "t"
		if spread[table] == "" && (central[table] == "" || keyed && table != "head") {
			t.Errorf("the table %s is neither spread nor said to be kept on one node without being of one record", table)
		}
	}
	if len(results[0].Rows) != len(spread)+len(central) {
		t.Errorf("%d tables, %d are spread and %d central", len(results[0].Rows), len(spread), len(central))
	}
}
