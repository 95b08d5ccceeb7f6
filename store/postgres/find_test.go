package postgres_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
	"concord/store/storetest"
)

// TestFindAmongMany: with 200,000 records and statistics as skewed as they get
// a search by terms follows the index and reads a number of rows that follows
// its answer, whichever group is the rare one.
func TestFindAmongMany(t *testing.T) {
	dir := t.TempDir()
	var seen statements
	e := openSeen(t, storetest.Options{Dir: dir, Now: time.Now}, seen.see)
	defer e.Close()
	// Term 1: every record. 2: every second, but only in the upper half. 3: one
	// in 1,000. 4: one record. 5: the lower half.
	for _, q := range []string{
		"INSERT INTO post SELECT 1, pk, 3 FROM generate_series(1, 200000) AS pk",
		"INSERT INTO post SELECT 2, pk, 1 FROM generate_series(100001, 200000, 2) AS pk",
		"INSERT INTO post SELECT 3, pk, 1 FROM generate_series(7, 200000, 1000) AS pk",
		"INSERT INTO post VALUES (4, 150007, 1)",
		"INSERT INTO post SELECT 5, pk, 1 FROM generate_series(1, 100000) AS pk",
		"ANALYZE post",
	} {
		if err := e.Script(q); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		groups [][]uint64
		after  int64
		limit  int
		first  int64
		found  int
		rows   int // at most so many are read
	}{
		{"the common term", [][]uint64{{1}}, 0, 20, 1, 20, 40},
		{"from the middle", [][]uint64{{1}}, 99_999, 20, 100_000, 20, 40},
		{"common and rare", [][]uint64{{1}, {3}}, 0, 20, 7, 20, 200},
		{"rare and common", [][]uint64{{3}, {1}}, 0, 20, 7, 20, 200},
		{"common and one", [][]uint64{{1}, {2}, {4}}, 0, 20, 150_007, 1, 200},
		{"one and rare, in which it is", [][]uint64{{3}, {4}}, 0, 20, 150_007, 1, 200},
		{"halves that do not meet", [][]uint64{{2}, {5}}, 0, 20, 0, 0, 450_000},
		{"rare in the upper half", [][]uint64{{2}, {3}}, 0, 1000, 100_007, 100, 2_000},
		{"either", [][]uint64{{2, 3, 4}, {1}}, 0, 50, 7, 50, 700},
		{"nobody", [][]uint64{{1}, {99}}, 0, 50, 0, 0, 200},
	} {
		rows := 0
		ctx := store.WithTrace(t.Context(), func(_ string, n int, _ time.Duration) { rows += n })
		var got []int64
		err := e.View(ctx, func(r store.Reader) (err error) {
			got, err = r.FindRecords(ctx, c.groups, c.after, c.limit)
			return err
		})
		if err != nil || len(got) != c.found || c.found > 0 && got[0] != c.first {
			t.Errorf("%s: %d records from %v (%v)", c.name, len(got), got, err)
		}
		if rows > c.rows {
			t.Errorf("%s: %d rows were read", c.name, rows)
		}
	}
	plain := connect(t, schemaOf(dir))
	for st := range seen.all {
		if !strings.Contains(st.text, "FROM post WHERE") || strings.Contains(st.text, "sum(n)") {
			continue
		}
		plan := explain(t, plain, st)
		if strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "using post_pkey") || strings.Contains(plan, "Sort") {
			t.Errorf("%s\n%s", st.text, plan)
		}
	}
}

// TestFindAgainstCount holds random searches against a plain query.
func TestFindAgainstCount(t *testing.T) {
	e := openSeen(t, storetest.Options{Dir: t.TempDir(), Now: time.Now}, nil)
	defer e.Close()
	if err := e.Script("INSERT INTO post SELECT term, pk, 1 FROM generate_series(1, 12) AS term, generate_series(1, 6000) AS pk WHERE hashtext(term || ' ' || pk) % (term * term) = 0"); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(2, 3))
	for range 60 {
		groups := make([][]uint64, 1+random.IntN(3))
		condition := "true"
		for i := range groups {
			list := []string{}
			for range 1 + random.IntN(2) {
				h := 1 + random.Uint64N(12)
				groups[i] = append(groups[i], h)
				list = append(list, strconv.FormatUint(h, 10))
			}
			condition += " AND EXISTS (SELECT 1 FROM post WHERE post.pk = s.pk AND term IN (" + strings.Join(list, ", ") + "))"
		}
		after := random.Int64N(3000)
		err := e.View(t.Context(), func(r store.Reader) error {
			got, err := r.FindRecords(t.Context(), groups, after, 10_000)
			if err != nil {
				return err
			}
			sum := int64(0)
			for _, pk := range got {
				sum += pk
			}
			var strides []int64
			for from := after; ; {
				n := 1 + random.IntN(40)
				next, err := r.FindRecords(t.Context(), groups, from, n)
				if err != nil {
					return err
				}
				strides = append(strides, next...)
				if len(next) < n {
					break
				}
				from = next[n-1]
			}
			if !slices.Equal(got, strides) {
				t.Errorf("%v after %d: %d in one walk, %d in strides", groups, after, len(got), len(strides))
			}
			want, err := postgres.AskInt(t.Context(), r, "SELECT coalesce(sum(s.pk), 0)::bigint FROM generate_series("+strconv.FormatInt(after+1, 10)+", 6000) AS s(pk) WHERE "+condition)
			if sum != want {
				t.Errorf("%v after %d: %d, want %d", groups, after, sum, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
