package linkage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/standard/match"
)

func columnsOf(t testing.TB, name string) *Columns {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "linkage", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseColumns(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// corpus is the folder of a public data set; without it the test is skipped.
func corpus(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "corpora", "linkage", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIP: %s is not there (CONCORD_SHARED)", dir)
	}
	return dir
}

func options(t testing.TB) Options {
	return Options{Dir: t.TempDir(), Model: match.ShippedModel(), Lexicon: match.ShippedLexicon(), Learn: true, Exact: true, Workers: 2}
}

func tables(c *Columns, files ...string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for side, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for e, err := range c.Table(bytes.NewReader(text), filepath.Base(name), uint8(side)) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// TestPublicSets holds the accuracy on data sets made by others, at the
// threshold that the model chose without the truth.
func TestPublicSets(t *testing.T) {
	for _, c := range []struct {
		set, columns string
		files        []string
		pairs, whole float64 // least F1 of pairs and of clusters
		precision    float64
	}{
		{"febrl", "febrl.yaml", []string{"dataset1.csv"}, 0.99, 0.99, 0.999},
		{"febrl", "febrl.yaml", []string{"dataset4a.csv", "dataset4b.csv"}, 0.99, 0.99, 0.999},
		{"splink", "splink.yaml", []string{"fake_1000.csv"}, 0.90, 0.92, 0.90},
	} {
		dir, columns := corpus(t, c.set), columnsOf(t, c.columns)
		var files []string
		var truth Truth
		for _, f := range c.files {
			files = append(files, filepath.Join(dir, f))
			text, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if err := truth.ReadTruth(bytes.NewReader(text), f, columns); err != nil {
				t.Fatal(err)
			}
		}
		opt := options(t)
		opt.Absent = columns.Absent()
		run, err := Link(context.Background(), opt, tables(columns, files...))
		if err != nil {
			t.Fatal(err)
		}
		rep := against(t, run, &truth)
		t.Logf("%s: pairs P %.4f R %.4f F1 %.4f; clusters P %.4f R %.4f F1 %.4f; certain P %.4f R %.4f", c.files[0], rep.Chosen.Precision, rep.Chosen.Recall,
			rep.Chosen.F1, rep.Clusters.Precision, rep.Clusters.Recall, rep.Clusters.F1, rep.Certain.Precision, rep.Certain.Recall)
		if rep.Chosen.F1 < c.pairs || rep.Clusters.F1 < c.whole || rep.Chosen.Precision < c.precision || rep.Certain.False > 0 {
			t.Errorf("%s fell below its floor", c.files[0])
		}
	}
}

// TestAutomaticByGroup: what is joined with nobody asked is measured by group too: the
// groups of one column add up to the whole.
func TestAutomaticByGroup(t *testing.T) {
	var entries []Entry
	var truth strings.Builder
	truth.WriteString("id,person\n")
	for e := range made(600) {
		n := len(entries)
		e.Groups = []string{[]string{"one", "two", "three"}[n%7%3]}
		entries = append(entries, e)
		who := n
		if n%3 == 2 {
			who = n - 1
		}
		fmt.Fprintf(&truth, "%s,%d\n", e.ID, who)
	}
	opt := options(t)
	opt.Strict = true
	run, err := Link(context.Background(), opt, func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	columns, err := ParseColumns([]byte("id: id\ngiven: given\nfamily: family\nborn: born\ncluster: person\n"))
	if err != nil {
		t.Fatal(err)
	}
	var known Truth
	if err := known.ReadTruth(strings.NewReader(truth.String()), "truth", columns); err != nil {
		t.Fatal(err)
	}
	clusters, err := run.Cluster(0)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := run.Against(&known, 0, clusters, []string{"group"})
	if err != nil {
		t.Fatal(err)
	}
	var right, wrong, missed int64
	for _, m := range rep.AutomaticGroups {
		right, wrong, missed = right+m.True, wrong+m.False, missed+m.Missed
	}
	if a := rep.Automatic; a.True == 0 || len(rep.AutomaticGroups) != 3 || right != a.True || wrong != a.False || missed != a.Missed {
		t.Errorf("of %+v the groups have %d, %d, %d: %+v", a, right, wrong, missed, rep.AutomaticGroups)
	}
}

func against(t testing.TB, run *Run, truth *Truth) *Report {
	t.Helper()
	threshold, err := run.ChooseThreshold()
	if err != nil {
		t.Fatal(err)
	}
	clusters, err := run.Cluster(threshold)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := run.Against(truth, threshold, clusters, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// made gives n made-up records, of which every third is a copy with a slip.
func made(n int) iter.Seq2[Entry, error] {
	given := []string{"Amina", "Robert", "Katarzyna", "Mohammed", "Li", "Priya", "John", "Mary"}
	family := []string{"Hussain", "Allen", "Nowak", "Patel", "Wang", "Smith", "Okafor", "Silva", "Jones"}
	return func(yield func(Entry, error) bool) {
		for i := range n {
			p := i
			if i%3 == 2 {
				p = i - 1
			}
			x := mix(uint64(p))
			r := match.Record{Given: given[x%8], Family: family[x>>8%9], Born: fmt.Sprintf("%d-%02d-%02d", 1930+x>>16%80, 1+x>>24%12, 1+x>>32%28),
				Sex: "F", Postcode: fmt.Sprintf("UB%d %dXK", 1+x>>40%9, x>>44%10), Address: fmt.Sprintf("%d Elm Grove", x>>48%200)}
			if i%3 == 2 {
				r.Family += "s"
			}
			if !yield(Entry{ID: fmt.Sprint("r", i), Record: r}, nil) {
				return
			}
		}
	}
}

func pairsOf(t testing.TB, run *Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := run.WritePairs(&out, -100); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestWorkersAndMemoryChangeNothing: blocks streamed off the disk with sorted
// runs give what memory gives.
func TestWorkersAndMemoryChangeNothing(t *testing.T) {
	opt := options(t)
	opt.Exact, opt.Memory = false, 1 // no subject in memory, runs of the least size
	small, err := Link(context.Background(), opt, made(6000))
	if err != nil {
		t.Fatal(err)
	}
	opt = options(t)
	opt.Exact, opt.Workers = false, 1
	large, err := Link(context.Background(), opt, made(6000))
	if err != nil {
		t.Fatal(err)
	}
	a, b := pairsOf(t, small), pairsOf(t, large)
	if a != b || strings.Count(a, "\n") < 1500 {
		t.Errorf("%d and %d lines of pairs, not the same", strings.Count(a, "\n"), strings.Count(b, "\n"))
	}
}

// TestARunGoesOn: a run that is stopped in any step ends as if it had not been.
func TestARunGoesOn(t *testing.T) {
	opt := options(t)
	opt.Exact = false
	whole, err := Link(context.Background(), opt, made(4000))
	if err != nil {
		t.Fatal(err)
	}
	want := pairsOf(t, whole)
	for _, step := range []string{"read", "keys", "learn", "compare"} {
		opt := options(t)
		opt.Exact = false
		ctx, cancel := context.WithCancel(context.Background())
		opt.Progress = func(s string, n, _ int64) {
			if s == step && (s == "read" || n == 3) {
				cancel()
			}
		}
		if _, err := Link(ctx, opt, made(4000)); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: not stopped: %v", step, err)
		}
		opt.Progress = nil
		again := made(4000)
		if step != "read" { // what was read is not read again
			again = func(yield func(Entry, error) bool) { yield(Entry{}, errors.New("read twice")) }
		}
		run, err := Link(context.Background(), opt, again)
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if got := pairsOf(t, run); got != want {
			t.Errorf("stopped in %s, the pairs differ", step)
		}
		opt.Input = "other"
		if _, err := Link(context.Background(), opt, made(10)); fault.Of(err).Code != "linkage.resume" {
			t.Errorf("a folder of other input was taken: %v", err)
		}
	}
}

// TestNoClusterHoldsTwoNumbers: a record without a number that is like two
// people joins one of them, and does not chain the two.
func TestNoClusterHoldsTwoNumbers(t *testing.T) {
	one := match.Record{Given: "Amina", Family: "Hussain", Born: "1984-03-07", Sex: "F", Postcode: "UB1 3XK", Address: "14 Elm Grove", NHS: "9990000018"}
	two, none := one, one
	two.NHS, none.NHS = "9990000026", ""
	opt := options(t)
	opt.Learn, opt.Strict = false, true
	run, err := Link(context.Background(), opt, func(yield func(Entry, error) bool) {
		_ = yield(Entry{ID: "one", Record: one}, nil) && yield(Entry{ID: "none", Record: none}, nil) && yield(Entry{ID: "two", Record: two}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := run.Cluster(10)
	if err != nil {
		t.Fatal(err)
	}
	if c.Of(0) == c.Of(2) || c.Of(1) != c.Of(0) && c.Of(1) != c.Of(2) || c.Refused != 1 {
		t.Errorf("clusters %d %d %d, %d refused", c.Of(0), c.Of(1), c.Of(2), c.Refused)
	}
}

func TestTablesThatAreWrong(t *testing.T) {
	c, err := ParseColumns([]byte("{id: id, given: first, family: last, born: dob}"))
	if err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]string{
		"":                                         "linkage.csv",
		"id,first,last\n1,a,b\n":                   "linkage.columns",
		"id,first,last,dob\n1,a\n":                 "linkage.csv",
		"id,first,last,dob\n1,\"a,b,c\n":           "linkage.csv",
		"id,first,last,dob\n,a,b,c\n":              "linkage.columns",
		"id,first,last,dob\n1,Ren\xe9,b,c\n":       "linkage.encoding",
		"\xff\xfei\x00d\x00":                       "linkage.encoding",
		"id,id,first,last,dob\n1,1,a,b,c\n":        "linkage.csv",
		"\xef\xbb\xbfid,first,last,dob\n1,a,b,c\n": "",
	} {
		got := ""
		for _, err := range c.Table(strings.NewReader(text), "t.csv", 0) {
			if err != nil {
				got = fault.Of(err).Code
			}
		}
		if got != code {
			t.Errorf("%q: %q, not %q", text, got, code)
		}
	}
	c.Encoding = "windows-1252"
	for e, err := range c.Table(strings.NewReader("id,first,last,dob\n1,Ren\xe9,b,c\n"), "t.csv", 0) {
		if err != nil || e.Record.Given != "René" {
			t.Errorf("windows-1252: %q, %v", e.Record.Given, err)
		}
	}
	for _, bad := range []string{"", "id: x", "{id: x, given: g, family: f, colour: z}", "{id: x, given: g, family: f, encoding: ebcdic}", "{id: x, given: g, family: f, pattern: '('}"} {
		if _, err := ParseColumns([]byte(bad)); fault.Of(err).Code != "linkage.columns" {
			t.Errorf("the map %q was taken: %v", bad, err)
		}
	}
}

func TestTruthOfPairs(t *testing.T) {
	c := &Columns{ID: "unique_id", Cluster: "cluster"}
	var truth Truth
	if err := truth.ReadTruth(strings.NewReader("unique_id_l,source_l,unique_id_r,clerical_match_score\n1,x,2,1.0\n1,x,3,0.0\n"), "t.csv", c); err != nil {
		t.Fatal(err)
	}
	k := truth.about(3)
	for i, id := range []string{"1", "2", "3"} {
		k.meet(uint32(i), truth.hash(id))
	}
	if !k.same(1, 0) || k.same(0, 2) {
		t.Error("the pairs were read wrongly")
	}
	if err := truth.ReadTruth(strings.NewReader("a,b,c\n"), "t.csv", c); fault.Of(err).Code != "linkage.truth" {
		t.Errorf("a table without ids: %v", err)
	}
}

// TestTruthOfClusters: a table may be read in parts and in any order; what it does not
// know, and an id that it names twice, is of nobody else.
func TestTruthOfClusters(t *testing.T) {
	c := &Columns{ID: "id", Cluster: "who"}
	var truth Truth
	for _, part := range []string{"id,who\nc,2\na,1\nd,\n", "id,who\nb,2\na,2\n"} {
		if err := truth.ReadTruth(strings.NewReader(part), "t.csv", c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // it may be asked about several runs
		k := truth.about(5)
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			k.meet(uint32(i), truth.hash(id))
		}
		if !k.same(0, 1) || !k.same(1, 2) || k.same(3, 4) || k.same(0, 3) || k.people != 1 {
			t.Errorf("%+v", k)
		}
	}
}

// TestKeysSortOutsideMemory: any keys come back in order, whatever the memory.
func TestKeysSortOutsideMemory(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Uint64(), 0, 5000).Draw(t, "keys")
		if err := writeKeys(dir, "k.unsorted", slices.Values(keys)); err != nil {
			t.Fatal(err)
		}
		if err := sortKeys(dir, "k", 0); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join(dir, "k"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		room := make([]uint64, len(keys)+1)
		n, err := readKeys(f, room)
		slices.Sort(keys)
		if err != nil || !slices.Equal(room[:n], keys) {
			t.Fatalf("%d keys came back of %d: %v", n, len(keys), err)
		}
	})
}

func TestFallingOrdersWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float32Range(-90, 90).Draw(t, "a"), rapid.Float32Range(-90, 90).Draw(t, "b")
		if a > b && falling(a) >= falling(b) {
			t.Fatalf("%f and %f", a, b)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add("id,first,last,dob\n1,a,b,1984-03-07\n")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		for _, enc := range []string{"", "windows-1252", "utf-16"} {
			c := &Columns{ID: "id", Given: list{"first"}, Family: list{"last"}, Born: "dob", Encoding: enc}
			for e, err := range c.Table(strings.NewReader(text), "t.csv", 0) {
				if err == nil && e.ID == "" {
					t.Fatal("a record without an id")
				}
			}
			new(Truth).ReadTruth(strings.NewReader(text), "t.csv", c)
		}
	})
}

func FuzzParseColumns(f *testing.F) {
	f.Add([]byte("{id: id, given: first, family: last, born: dob}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseColumns(data); err == nil && c.ID == "" {
			t.Fatal("a map without an id")
		}
	})
}
