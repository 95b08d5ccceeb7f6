// Package concord_test holds the house rules that are tests.
package concord_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// mayImport is the house plan (docs/architecture/house.md): a room may import
// those named, by room or whole district. What is not named is refused.
var mayImport = map[string]string{
	"fault":                      "",
	"standard/fhir":              "fault",
	"standard/fhirpath":          "fault standard",
	"standard/patch":             "fault standard",
	"standard/uk":                "fault",
	"standard/yamlset":           "fault",
	"standard/ucum":              "",
	"standard/match":             "fault standard/uk",
	"standard/hl7v2":             "fault",
	"standard/search":            "fault standard",
	"standard/search/gen":        "",
	"standard/validate":          "fault standard",
	"standard/validate/gen":      "",
	"standard/validate/pack":     "fault standard/fhir",
	"standard/validate/profile":  "fault standard/fhir standard/validate/pack",
	"store":                      "fault standard",
	"store/dictionary":           "fault store",
	"store/dictionary/gen":       "fault standard store demo",
	"store/sqlite":               "fault standard store",
	"store/sqlite/pagecache":     "",
	"store/sqlite/memtable":      "fault",
	"store/postgres":             "fault standard store",
	"store/postgres/pgtest":      "",
	"store/storetest":            "fault standard store",
	"jobs":                       "fault store",
	"record":                     "fault standard store jobs record",
	"record/access":              "fault standard",
	"record/account":             "fault standard store record/access",
	"record/audit":               "fault standard store record/access",
	"record/person":              "fault standard store",
	"care/chart":                 "fault standard record",
	"exchange/kept":              "fault standard record",
	"exchange/crosswalk":         "fault standard record exchange/kept",
	"exchange/intake":            "fault standard record exchange/crosswalk exchange/feed/channel",
	"exchange/linkage":           "fault standard",
	"exchange/linkage/sweep":     "fault standard record exchange/linkage",
	"exchange/feed":              "fault standard record exchange/kept exchange/feed/channel",
	"exchange/feed/channel":      "fault standard",
	"exchange/onboard":           "fault standard record exchange/crosswalk",
	"exchange/onboard/pack":      "fault standard record exchange/kept",
	"exchange/onboard/harmonise": "fault standard record exchange/crosswalk exchange/onboard",
	"exchange/onboard/reconcile": "fault standard record exchange/onboard",
	"exchange/onboard/runbook":   "fault standard record exchange/onboard",
	"exchange/onboard/downtime":  "fault standard record",
	"exchange/onboard/course":    "fault standard record exchange/onboard",
	"record/review":              "fault store record/access",
	"record/seal":                "fault store",
	"record/shelf":               "fault store",
	"record/grant":               "fault standard store record/access record/account",
	"edge/transport":             "fault",
	"edge/fhirapi":               "fault standard record care exchange edge/transport",
	"edge/webui":                 "fault standard record care exchange edge/login edge/transport",
	"exchange/cosigning":         "fault record/audit",
	"exchange/pds":               "fault standard record/access record/person",
	"edge/login":                 "fault standard record care exchange",
	"edge/ops":                   "fault",
	"edge/smart":                 "fault standard record edge/transport",
	"edge/auditlog":              "fault",
	"edge/witness":               "fault",
	"edge/webui/vendored":        "",
	"demo":                       "fault standard",
	"demo/linked":                "fault standard demo",
	"demo/packs":                 "",
	"demo/extract":               "fault standard demo",
	"cmd/concord":                "*",
	"test/journey":               "*",
	"test/load":                  "*",
	"test/load/table":            "",
	"test/load/fhirload":         "standard",
	"test/load/launch":           "",
	"test/load/run":              "test/load/fhirload",
	"test/load/fhirbench":        "store/postgres/pgtest test/load",
	"test/load/peer":             "store/postgres/pgtest test/load",
	"test/clients":               "*",
	"test/npm":                   "",
	"test/openid":                "*",
	"test/conformance":           "*",
	"demo/joining":               "fault standard demo",
}

type file struct {
	path string // slash-separated, from the root
	room string
	ast  *ast.File
	fset *token.FileSet
	text []byte
}

// sources parses every Go file of the project.
func sources(t *testing.T, tests bool) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		p = filepath.ToSlash(p)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata" || d.Name() == "data" || d.Name() == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") && !tests {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, file{p, path.Dir(p), f, fset, text})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func generated(f file) bool {
	return strings.HasSuffix(f.path, "_templ.go") || ast.IsGenerated(f.ast)
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range sources(t, false) {
		if f.room == "." {
			continue
		}
		allowed, known := mayImport[f.room]
		if !known {
			t.Errorf("%s: the room %s is not in the house plan", f.path, f.room)
			continue
		}
		for _, imp := range f.ast.Imports {
			p := strings.Trim(imp.Path.Value, `"`)
			if p == "database/sql" || strings.Contains(p, "sqlite") && strings.Contains(p, ".") || strings.Contains(p, "jackc/pgx") {
				if f.room != "store/sqlite" && f.room != "store/sqlite/pagecache" && f.room != "store/postgres" {
					t.Errorf("%s imports %s: SQL lives in the engine rooms", f.path, p)
				}
			}
			room, ours := strings.CutPrefix(p, "concord/")
			if !ours || allowed == "*" || permits(allowed, room) {
				continue
			}
			t.Errorf("%s imports %s, which is not below it", f.path, room)
		}
	}
}

func permits(allowed, room string) bool {
	for _, a := range strings.Fields(allowed) {
		if room == a || strings.HasPrefix(room, a+"/") {
			return true
		}
	}
	return false
}

func TestPureRoomsDoNoIO(t *testing.T) {
	for _, f := range sources(t, false) {
		if !strings.HasPrefix(f.room, "standard/") || strings.HasSuffix(f.room, "/gen") {
			continue
		}
		for _, imp := range f.ast.Imports {
			switch strings.Trim(imp.Path.Value, `"`) {
			case "net", "os", "net/http", "database/sql":
				t.Errorf("%s imports %s: standard/ is pure", f.path, imp.Path.Value)
			}
		}
	}
}

func TestClockIsInjected(t *testing.T) {
	for _, f := range sources(t, false) {
		district, _, _ := strings.Cut(f.path, "/")
		switch district {
		case "edge", "cmd", "test", "demo":
			continue
		}
		if strings.HasSuffix(f.room, "/gen") || f.room == "store/storetest" || f.room == "store/postgres/pgtest" {
			continue
		}
		if strings.Contains(string(f.text), "time.Now(") {
			t.Errorf("%s calls time.Now: below edge the clock is injected", f.path)
		}
	}
}

func TestEveryRoomSaysWhatItIs(t *testing.T) {
	comments := map[string]int{}
	rooms := map[string]bool{}
	for _, f := range sources(t, false) {
		rooms[f.room] = true
		if f.ast.Doc != nil && !generated(f) {
			comments[f.room]++
		}
	}
	for room := range rooms {
		if comments[room] != 1 {
			t.Errorf("%s has %d package comments, not one", room, comments[room])
		}
	}
}

// TestNoHiddenState: no init, and package variables are never assigned outside
// their declaration.
func TestNoHiddenState(t *testing.T) {
	globals := map[string]map[string]bool{}
	files := sources(t, false)
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil && !strings.HasPrefix(f.path, "cmd/") {
				t.Errorf("%s has an init", f.path)
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				for _, n := range s.(*ast.ValueSpec).Names {
					if globals[f.room] == nil {
						globals[f.room] = map[string]bool{}
					}
					globals[f.room][n.Name] = true
				}
			}
		}
	}
	for _, f := range files {
		if strings.HasPrefix(f.path, "cmd/") || generated(f) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			as, ok := n.(*ast.AssignStmt)
			if !ok || as.Tok == token.DEFINE {
				return true
			}
			for _, l := range as.Lhs {
				if ix, ok := l.(*ast.IndexExpr); ok {
					l = ix.X
				}
				if id, ok := l.(*ast.Ident); ok && globals[f.room][id.Name] && id.Obj != nil && id.Obj.Kind == ast.Var && f.ast.Scope.Lookup(id.Name) == id.Obj {
					t.Errorf("%s assigns the package variable %s", f.fset.Position(id.Pos()), id.Name)
				}
			}
			return true
		})
	}
}

// longFunctions may be longer than 100 lines. The list only shrinks.
var longFunctions = map[string]bool{}

func TestNothingGrowsTooLong(t *testing.T) {
	for _, f := range sources(t, true) {
		if generated(f) {
			continue
		}
		if n := strings.Count(string(f.text), "\n"); n > 600 {
			t.Errorf("%s has %d lines, more than 600", f.path, n)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line
			name := f.room + "." + fn.Name.Name
			if n > 100 && !longFunctions[name] {
				t.Errorf("%s: %s has %d lines, more than 100", f.path, name, n)
			}
		}
	}
}

// sizedInterfaces lists interfaces that may have more than 8 methods, with the
// reason.
var sizedInterfaces = map[string]string{
	"store.Documents": "one primitive: splitting it would only scatter what every engine must do",
}

func TestInterfacesAreSmall(t *testing.T) {
	for _, f := range sources(t, false) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			ts, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			it, ok := ts.Type.(*ast.InterfaceType)
			if !ok {
				return true
			}
			methods := 0
			for _, m := range it.Methods.List {
				if _, ok := m.Type.(*ast.FuncType); ok {
					methods++
				}
			}
			name := f.room + "." + ts.Name.Name
			if methods > 8 && sizedInterfaces[name] == "" {
				t.Errorf("%s: %s has %d methods, more than 8", f.path, name, methods)
			}
			return true
		})
	}
}

var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "core", "base", "manager", "types", "models", "impl"}

func TestRoomNames(t *testing.T) {
	for _, f := range sources(t, false) {
		for _, n := range forbiddenNames {
			if path.Base(f.room) == n || f.ast.Name.Name == n {
				t.Errorf("%s: no room is called %s", f.path, n)
			}
		}
	}
}

// TestPlanNamesOnlyRooms keeps the table above true.
func TestPlanNamesOnlyRooms(t *testing.T) {
	var missing []string
	for room := range mayImport {
		if _, err := os.Stat(filepath.FromSlash(room)); err != nil {
			missing = append(missing, room)
		}
	}
	sort.Strings(missing)
	for _, room := range missing {
		t.Errorf("the house plan names %s, which does not exist", room)
	}
}
