// Package archtest enforces the layout of the repository: which folder may use
// which, who may use the database driver or read the environment, and that every
// package says what it does. It has tests only and is used by nobody.
//
// It reads the source files instead of asking the go command, for two reasons:
// files behind build tags (the embedded mode) count whatever tags are set, and
// the test cache notices a new file, because the test itself has opened the folder.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "klarbeleg"

// levels orders the top folders; imports go downwards only.
var levels = map[string]int{
	"internal": 0, "schema": 0,
	"dta": 1, "domain": 1,
	"checks": 2, "store": 2,
	"app":       3,
	"consumers": 4, "producers": 4, "jobs": 4, "portal": 4,
	"cmd": 5,
}

// allowed names the folders that code of a folder may import. Parents and the
// exceptions of within are allowed besides. cmd wires everything and is free.
var allowed = map[string][]string{
	"internal":  {"internal"},
	"schema":    {},
	"dta":       {}, // could be published alone
	"domain":    {},
	"checks":    {"domain"},
	"store":     {"domain", "schema", "internal"},
	"app":       {"domain", "checks", "store", "dta", "schema", "internal"},
	"consumers": {"app", "domain", "store", "schema", "internal"},
	"producers": {"app", "domain", "store", "schema", "internal"},
	"jobs":      {"app", "domain", "store", "internal"},
	"portal":    {"app", "domain", "internal"},
}

// within lists imports between packages that rule 1 would forbid, each with the
// reason. A trailing "/" stands for every package below.
var within = []struct{ from, to, reason string }{
	{"domain/", "domain/money", "amounts are everywhere in the domain"},
	{"domain/", "domain/calendar", "dates are everywhere in the domain"},
	{"dta/", "dta/auftrag", "the Auftragsdatei announces the file of every procedure"},
	{"dta/", "dta/invented", "every generator needs numbers that belong to nobody"},
	{"dta/p300/gen", "dta/p300/ta7", "a delivery has both parts"},
	{"checks/catalogue", "checks/", "it is the list of all rules"},
	{"internal/testdb", "schema", "it migrates the template of the test databases"},
}

// restricted are things outside the module that few packages may use.
var restricted = []struct {
	prefix string   // import path and everything below
	users  []string // packages or, with "/", trees
	tests  bool     // tests of other packages may use it too
}{
	{"github.com/jackc/pgx", []string{"store", "schema", "internal/testdb", "internal/pgserver"}, true},
	{"database/sql", []string{"store", "schema", "internal/testdb"}, true},
	{"github.com/twmb/franz-go", []string{"internal/broker"}, false},
	{"github.com/caarlos0/env", []string{"cmd/"}, false},
	{"codeberg.org/go-pdf/fpdf", []string{"internal/letter"}, false},
}

// environmentUsers may read the environment although they are not in cmd.
var environmentUsers = map[string]string{
	"internal/pgserver":    "hands PATH on to the server it starts",
	"internal/apachekafka": "hands the environment on to the broker it starts",
	"internal/testkafka":   "tests have no main that could pass the address on",
	"internal/testdb":      "tests have no main that could pass the address on",
}

// source is what the rules need to know of one Go file.
type source struct {
	pkg     string // folder relative to the root, "/" as separator
	name    string // file name
	test    bool
	imports []string
	doc     bool
	env     bool // reads the environment
	sql     bool // holds an SQL statement
}

func (s source) file() string { return path.Join(s.pkg, s.name) }

// statement recognises the beginning of an SQL statement, and no English sentence.
var statement = regexp.MustCompile(`(?is)^\s*(` + strings.Join([]string{
	`select\s.*\sfrom\s`, `select\s+\w+\(`, `insert\s+into\s`, `update\s+\w+\s+set\s`, `delete\s+from\s`,
	`copy\s+\w+\s*(\(|from\s)`, `with\s+\w+\s+as\s*\(`, `truncate\s+\w+`,
	`(create|alter|drop)\s+(table|index|view|schema|role|sequence|type)\s`, `(create|drop)\s+database\s+(["$]|$)`,
}, "|") + `)`)

// read parses one file as far as the rules need it.
func read(root, file string) (source, error) {
	s := source{pkg: path.Dir(filepath.ToSlash(file)), name: filepath.Base(file)}
	s.test = strings.HasSuffix(s.name, "_test.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, fmt.Errorf("parse %s: %w", file, err)
	}
	s.doc = parsed.Doc != nil
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("import in %s: %w", file, err)
		}
		s.imports = append(s.imports, imported)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "os" {
				s.env = s.env || slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, n.Sel.Name)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				s.sql = s.sql || statement.MatchString(text)
			}
		}
		return true
	})
	return s, nil
}

// readAll reads every Go file of the module below root; nested modules, hidden
// folders and testdata are not part of it.
func readAll(root string) ([]source, error) {
	var sources []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(root, name, entry)
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		s, err := read(root, relative)
		sources = append(sources, s)
		return err
	})
	return sources, err
}

// enter returns fs.SkipDir for folders that are not part of the module.
func enter(root, name string, entry fs.DirEntry) error {
	if name == root {
		return nil
	}
	if strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_") || entry.Name() == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// violations applies every rule to the sources and returns one line for each
// fault, sorted.
func violations(sources []source) []string {
	var found []string
	report := func(s source, format string, args ...any) {
		found = append(found, s.file()+": "+fmt.Sprintf(format, args...))
	}
	documented := map[string]bool{}
	first := map[string]source{}
	imports := map[string]map[string]bool{} // package -> top folders of ours, tests left out
	for _, s := range sources {
		if _, ok := levels[area(s.pkg)]; !ok {
			report(s, "folder %q has no level", area(s.pkg))
			continue
		}
		for _, imported := range s.imports {
			if reason := faultyImport(s, imported); reason != "" {
				report(s, "%s", reason)
			}
		}
		if s.test {
			continue
		}
		if s.env && area(s.pkg) != "cmd" && environmentUsers[s.pkg] == "" {
			report(s, "only cmd reads the environment")
		}
		if s.sql && area(s.pkg) != "store" && area(s.pkg) != "schema" && s.pkg != "internal/testdb" {
			report(s, "only store holds SQL")
		}
		documented[s.pkg] = documented[s.pkg] || s.doc
		if _, ok := first[s.pkg]; !ok {
			first[s.pkg], imports[s.pkg] = s, map[string]bool{}
		}
		for _, imported := range s.imports {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok {
				imports[s.pkg][area(own)] = true
			}
		}
	}
	for pkg, s := range first {
		if !documented[pkg] {
			report(s, "package has no doc comment")
		}
		if imports[pkg]["dta"] && imports[pkg]["domain"] && pkg != "app/intake" && area(pkg) != "cmd" {
			report(s, "dta and domain meet in app/intake alone")
		}
	}
	slices.Sort(found)
	return found
}

// faultyImport returns why s must not import the package, or "".
func faultyImport(s source, imported string) string {
	own, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return restrictedImport(s, imported)
	}
	from, to := area(s.pkg), area(own)
	switch {
	case !s.test && strings.HasPrefix(own, "internal/test") && !strings.HasPrefix(s.pkg, "internal/test"):
		return "only tests import " + own
	case s.pkg == own || strings.HasPrefix(s.pkg, own+"/"):
		return ""
	case exception(s.pkg, own):
		return ""
	case from == "cmd" && to != "cmd" || slices.Contains(allowed[from], to):
		return ""
	case s.test && from != "dta" && (to == "internal" || to == from || levels[to] < levels[from]):
		return ""
	case from == to:
		return fmt.Sprintf("%s must not import %s: same level", s.pkg, own)
	default:
		return fmt.Sprintf("%s must not import %s: %s may use only %v", s.pkg, own, from, allowed[from])
	}
}

func restrictedImport(s source, imported string) string {
	for _, r := range restricted {
		if imported != r.prefix && !strings.HasPrefix(imported, r.prefix+"/") || s.test && r.tests {
			continue
		}
		if !slices.ContainsFunc(r.users, func(user string) bool { return covers(user, s.pkg) }) {
			return fmt.Sprintf("%s must not import %s: only %v", s.pkg, imported, r.users)
		}
	}
	return ""
}

func exception(from, to string) bool {
	for _, e := range within {
		if covers(e.from, from) && covers(e.to, to) {
			return true
		}
	}
	return false
}

// covers says whether pattern, a package or a tree with a trailing "/", holds pkg.
func covers(pattern, pkg string) bool {
	return pattern == pkg || strings.HasSuffix(pattern, "/") && strings.HasPrefix(pkg, pattern)
}

func area(pkg string) string {
	top, _, _ := strings.Cut(pkg, "/")
	return top
}

func TestRepository(t *testing.T) {
	t.Parallel()
	sources, err := readAll(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(sources, func(s source) bool { return s.pkg == "internal/archtest" }) {
		t.Fatal("the test does not find itself, so it looks at the wrong folder")
	}
	for _, v := range violations(sources) {
		t.Error(v)
	}
}

// The table of allowed folders must itself obey rule 1: downwards only.
func TestAllowedGoesDown(t *testing.T) {
	t.Parallel()
	for from, targets := range allowed {
		for _, to := range targets {
			if levels[to] >= levels[from] && from != to {
				t.Errorf("%s (level %d) is allowed to import %s (level %d)", from, levels[from], to, levels[to])
			}
		}
	}
	for folder := range levels {
		if _, ok := allowed[folder]; !ok && folder != "cmd" {
			t.Errorf("no imports stated for %s", folder)
		}
	}
}

// A rule that detects nothing protects nothing: every rule has a case that
// breaks it and a neighbour that does not.
func TestViolations(t *testing.T) {
	t.Parallel()
	own := func(pkg string) string { return module + "/" + pkg }
	code := func(pkg string, imports ...string) source {
		return source{pkg: pkg, name: "x.go", doc: true, imports: imports}
	}
	test := func(pkg string, imports ...string) source {
		return source{pkg: pkg, name: "x_test.go", test: true, imports: imports}
	}
	cases := []struct {
		name   string
		source source
		faulty bool
	}{
		{"downwards", code("app/intake", own("store")), false},
		{"upwards", code("store", own("app/intake")), true},
		{"two levels up", code("domain/billing", own("portal")), true},
		{"same level, other folder", code("checks", own("store")), true},
		{"same level, sibling", code("app/intake", own("app/casework")), true},
		{"doors among themselves", code("portal", own("consumers")), true},
		{"sub-package to parent", code("checks/formal", own("checks")), false},
		{"parent to sub-package", code("checks", own("checks/formal")), true},
		{"prefix of a name is no parent", code("app/intakelog", own("app/intake")), true},
		{"catalogue to the lists", code("checks/catalogue", own("checks/contract")), false},
		{"money inside domain", code("domain/billing", own("domain/money")), false},
		{"other sibling inside domain", code("domain/money", own("domain/billing")), true},
		{"inside internal", code("internal/mailsink", own("internal/clock")), false},
		{"internal upwards", code("internal/mail", own("domain/money")), true},
		{"internal to schema", code("internal/mail", own("schema")), true},
		{"test database to schema", code("internal/testdb", own("schema")), false},
		{"dta uses nothing of ours", code("dta", own("internal/clock")), true},
		{"tests of dta neither", test("dta", own("internal/clock")), true},
		{"Auftragsdatei inside dta", code("dta/p302", own("dta/auftrag")), false},
		{"procedures among themselves", code("dta/p302", own("dta/p300")), true},
		{"domain uses nothing of ours", code("domain/card", own("internal/clock")), true},
		{"checks use domain only", code("checks", own("internal/logging")), true},
		{"store without dta", code("store", own("dta")), true},
		{"portal without store", code("portal", own("store")), true},
		{"tests of portal with store", test("portal", own("store")), false},
		{"jobs with store", code("jobs", own("store")), false},
		{"doors without checks", code("consumers/deliveries", own("checks")), true},
		{"cmd is free", code("cmd/klarbeleg", own("portal"), own("dta"), own("domain/money")), false},
		{"nobody imports cmd", code("portal", own("cmd/klarbeleg")), true},
		{"commands do not share", code("cmd/devkafka", own("cmd/klarbeleg")), true},
		{"test helper in code", code("app/intake", own("internal/testdb")), true},
		{"test helper in cmd", code("cmd/klarbeleg", own("internal/testkafka")), true},
		{"test helper in tests", test("app/intake", own("internal/testdb")), false},
		{"tests with a sibling", test("checks/formal", own("checks/catalogue")), false},
		{"tests with another folder of the level", test("checks/formal", own("store")), true},
		{"test helpers among themselves", code("internal/testkafka", own("internal/testdb")), false},
		{"dta meets domain in intake", code("app/intake", own("dta/p302"), own("domain/billing")), false},
		{"dta meets domain elsewhere", code("app/payment", own("dta/p302"), own("domain/billing")), true},
		{"driver in store", code("store", "github.com/jackc/pgx/v5"), false},
		{"driver in app", code("app/intake", "github.com/jackc/pgx/v5/pgxpool"), true},
		{"driver in tests", test("app/intake", "github.com/jackc/pgx/v5/pgxpool"), false},
		{"other module of similar name", code("app/intake", "github.com/jackc/pgxlisten"), false},
		{"embedded broker", code("internal/broker", "github.com/twmb/franz-go/pkg/kfake"), false},
		{"embedded broker elsewhere", test("internal/kafkaio", "github.com/twmb/franz-go/pkg/kfake"), true},
		{"configuration in cmd", code("cmd/klarbeleg", "github.com/caarlos0/env/v11"), false},
		{"configuration elsewhere", code("jobs", "github.com/caarlos0/env/v11"), true},
		{"PDF behind letters", code("internal/letter", "codeberg.org/go-pdf/fpdf"), false},
		{"PDF elsewhere", code("app/payment", "codeberg.org/go-pdf/fpdf"), true},
		{"unknown folder", code("util"), true},
		{"environment in cmd", source{pkg: "cmd/klarbeleg", name: "x.go", doc: true, env: true}, false},
		{"environment elsewhere", source{pkg: "jobs", name: "x.go", doc: true, env: true}, true},
		{"environment in tests", source{pkg: "jobs", name: "x_test.go", test: true, env: true}, false},
		{"SQL in store", source{pkg: "store", name: "x.go", doc: true, sql: true}, false},
		{"SQL in portal", source{pkg: "portal", name: "x.go", doc: true, sql: true}, true},
		{"SQL in tests", source{pkg: "portal", name: "x_test.go", test: true, sql: true}, false},
		{"no doc comment", source{pkg: "jobs", name: "x.go"}, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			found := violations([]source{tc.source})
			if tc.faulty != (len(found) == 1) || len(found) > 1 {
				t.Errorf("got %q, want a fault: %t", found, tc.faulty)
			}
		})
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"select id from invoice where id = $1":    true,
		"\n\tSELECT\n\tid\n\tFROM invoice":        true,
		"select pg_advisory_lock($1)":             true,
		"INSERT INTO inbox (id) VALUES ($1)":      true,
		"update invoice set status = $1":          true,
		"copy position (id, amount) from stdin":   true,
		"with due as (select 1) select 1":         true,
		"create database ":                        true,
		"Select the payer you bill.":              false,
		"update the list of payers":               false,
		"With every delivery comes an order file": false,
		"create database cluster: %w":             false,
		"create the folder":                       false,
		"copy position by position":               false,
	} {
		if got := statement.MatchString(text); got != want {
			t.Errorf("%q is a statement: %t, want %t", text, got, want)
		}
	}
}

// The reader must see what the rules judge.
func TestReadAll(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"jobs/a.go":               "//go:build embedded\n\n// Package jobs runs.\npackage jobs\n\nimport \"os\"\n\nvar a = os.Getenv(\"A\")\n",
		"jobs/b_test.go":          "package jobs_test\n\nimport \"klarbeleg/store\"\n\nvar q = `\n\tSELECT a FROM b`\n\nvar _ = store.Open\n",
		"internal/tools/go.mod":   "module tools\n",
		"internal/tools/tools.go": "package tools\n",
		"jobs/testdata/x.go":      "broken",
		".cache/x.go":             "broken",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readAll(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []source{
		{pkg: "jobs", name: "a.go", imports: []string{"os"}, doc: true, env: true},
		{pkg: "jobs", name: "b_test.go", test: true, imports: []string{"klarbeleg/store"}, sql: true},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
