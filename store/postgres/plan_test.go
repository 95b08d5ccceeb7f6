package postgres_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"concord/store/postgres"
	"concord/store/storetest"
)

var (
	// Statements that look at everything on purpose: checks, sizes, the start.
	whole = regexp.MustCompile(`^(BEGIN|COMMIT|ROLLBACK|RELEASE|SAVEPOINT|SET|RESET|CREATE|DROP|ANALYZE|\s|SELECT count\(\*\) FROM [a-z_]+$|SELECT \(SELECT count|SELECT c\.relname|SELECT quote_ident|SELECT EXISTS \(SELECT 1 FROM meta|SELECT id, v FROM name$|SELECT v FROM t|SELECT 1 FROM rec LIMIT 1)`)
	// Tables with a row for each feed or state, or few.
	small = regexp.MustCompile(`Seq Scan on (journal_tally|journal_feed|meta)`)
	// Sorted on purpose: few rows each, by the side of a range scan or a merge.
	sorted = regexp.MustCompile(`control = \$5|f CROSS JOIN|FROM unnest\(\$4::smallint|ORDER BY exp LIMIT|r\.d DESC|DISTINCT pk|ORDER BY d( DESC)?, pk`)
)

// testPlans asks how the server runs each statement, on a store of a size at
// which its statistics matter: none may walk a table that grows, or sort what
// an index could give in order.
func testPlans(t *testing.T, seen *statements) {
	dir := t.TempDir()
	e := openSeen(t, storetest.Options{Dir: dir, Now: time.Now}, nil)
	defer e.Close()
	fill(t, e, 2000)
	c := connect(t, schemaOf(dir))
	n := 0
	for st := range seen.all {
		if whole.MatchString(st.text) {
			continue
		}
		n++
		plan := explain(t, c, st)
		for _, line := range strings.Split(plan, "\n") {
			bad := strings.Contains(line, "Seq Scan") && !small.MatchString(line) || strings.Contains(line, "Hash Join") || strings.Contains(line, "Merge Join")
			if strings.Contains(line, "Sort  ") && !sorted.MatchString(st.text) {
				bad = true
			}
			if bad {
				t.Errorf("%s\n%s", st.text, plan)
				break
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d statements were seen", n)
	}
}

// connect opens a plain connection with the engine's settings.
func connect(t testing.TB, schema string) *pgconn.PgConn {
	t.Helper()
	config, err := pgconn.ParseConfig(server.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range postgres.Settings() {
		config.RuntimeParams[k] = v
	}
	config.RuntimeParams["search_path"] = schema
	c, err := pgconn.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// explain gives the plan that is used whatever the parameters.
func explain(t testing.TB, c *pgconn.PgConn, st statement) string {
	t.Helper()
	prepare, args := "PREPARE p AS "+st.text, ""
	if st.types != "" {
		prepare = "PREPARE p (" + st.types + ") AS " + st.text
		args = "(NULL" + strings.Repeat(", NULL", strings.Count(st.types, ",")) + ")"
	}
	if st.types == "" {
		prepare = "PREPARE p AS " + st.text
	}
	results, err := c.Exec(context.Background(), fmt.Sprintf("%s; EXPLAIN EXECUTE p %s; DEALLOCATE p", prepare, args)).ReadAll()
	if err != nil {
		t.Errorf("%v: %s", err, st.text)
		_, _ = c.Exec(context.Background(), "DEALLOCATE ALL").ReadAll()
		return ""
	}
	var lines []string
	for _, r := range results {
		for _, row := range r.Rows {
			lines = append(lines, string(row[0]))
		}
	}
	return strings.Join(lines, "\n")
}
