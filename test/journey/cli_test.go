package journey

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// cli runs a command and gives its outputs apart.
func cli(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	bin := binary(t) // built at the first call, which may take its time
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "CONCORD_DATA=", "CONCORD_DATABASE=")
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// step is one command and what is expected of it.
type step struct {
	name string
	args []string
	code int
	out  []string // regular expressions that hold of standard output
	errs []string // texts on standard error
}

func play(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		out, errs, code := cli(t, "", s.args...)
		if code != s.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", s.name, code, s.code, out, errs)
		}
		for _, want := range s.out {
			if !regexp.MustCompile(`(?m)` + want).MatchString(out) {
				t.Errorf("%s: %q does not hold of\n%s", s.name, want, out)
			}
		}
		for _, want := range s.errs {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: %q is not in\n%s", s.name, want, errs)
			}
		}
	}
}

// file writes a file below a folder; a name ending in .gz is compressed.
func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	b := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(b)
		w.Close()
		b = packed.Bytes()
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	aPatient     = `{"resourceType":"Patient","id":"ada","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Okonkwo","given":["Ada"]}],"birthDate":"1948-03-14"}`
	aResult      = `{"resourceType":"Observation","id":"%s","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/ada"},"valueQuantity":{"value":100.10}}`
	aBundle      = `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Patient","name":[{"family":"Bell"}]},"request":{"method":"POST","url":"Patient"}},{"resource":{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}},"request":{"method":"POST","url":"Observation"}}]}`
	aBadBundle   = `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"Nobody"}]},"request":{"method":"POST","url":"Patient"}},{"resource":{"resourceType":"Observation","code":{"text":"Hb"}},"request":{"method":"POST","url":"Observation"}}]}`
	aMessage     = "MSH|^~\\&|PAS|R1K|CONCORD|NWL|20260601080000||ADT^A08|%s|P|2.4\rEVN|A08|20260601080000\rPID|1||%s^^^R1K^MR||Okonkwo^Ada||19480314|F\rPV1|1|I\r"
	cleanStore   = `^\d+ resources, \d+ audit entries, change \d+, audit root \S+: clean$`
	tokenPattern = `^concord_[A-Za-z0-9_-]{20,}\n$`
)

// TestMisuse: what is wrong with a command is said, and the exit code is 2.
func TestMisuse(t *testing.T) {
	dir, empty := t.TempDir(), t.TempDir()
	plain := file(t, dir, "a.json", aPatient)
	var steps []step
	for _, c := range []string{"serve", "verify", "export", "replay", "token --client script --scope system/*.rs", "import " + plain} {
		args := strings.Fields(c)
		steps = append(steps,
			step{c + ": without data", args, 2, nil, []string{"--data"}},
			step{c + ": with a database that is none of ours", append(args, "--data", empty, "--database", "mysql://localhost/x"), 2, nil, []string{"cli.database", "postgres://"}})
	}
	play(t, append(steps, []step{
		{"nothing", nil, 2, nil, nil},
		{"a command that is none", []string{"dance"}, 2, nil, []string{"dance"}},
		{"a flag that is none", []string{"verify", "--data", empty, "--fast"}, 2, nil, nil},
		{"version", []string{"version"}, 0, []string{`^concord \S+$`}, nil},
		{"help", []string{"--help"}, 0, []string{"serve", "verify"}, nil},
		{"verify of nothing", []string{"verify", "--data", filepath.Join(empty, "none")}, 2, nil, []string{"there is no store"}},
		{"export of nothing", []string{"export", "--data", empty}, 2, nil, []string{"there is no store"}},
		{"token without scope", []string{"token", "--data", empty, "--client", "x"}, 2, nil, nil},
		{"token with a scope that is none", []string{"token", "--data", empty, "--client", "script", "--scope", "everything"}, 2, nil, []string{"access.scope"}},
		{"import of nothing", []string{"import", "--data", empty, filepath.Join(empty, "none.json")}, 2, nil, []string{"none.json"}},
		{"import of an empty folder", []string{"import", "--data", empty, t.TempDir()}, 2, nil, []string{"cli.files"}},
		{"import to a server without token", []string{"import", "--to", "http://127.0.0.1:1/fhir", plain}, 2, nil, []string{"cli.token"}},
		{"send to nobody", []string{"send", "--to", "127.0.0.1:1", plain}, 2, nil, []string{"cli.connect"}},
		{"send of nothing", []string{"send", "--to", "127.0.0.1:1"}, 2, nil, nil},
		{"serve to everybody in the clear", []string{"serve", "--data", empty, "--http", "0.0.0.0:0", "--mllp", "none"}, 2, nil, []string{"cli.insecure", "--tls-cert"}},
		{"MLLP to everybody in the clear", []string{"serve", "--data", empty, "--http", "127.0.0.1:0", "--mllp", ":0"}, 2, nil, []string{"cli.insecure", "--mllp-tls"}},
		{"a certificate without key", []string{"serve", "--data", empty, "--tls-cert", plain}, 2, nil, []string{"cli.tls"}},
		{"a certificate that is none", []string{"serve", "--data", empty, "--http", "127.0.0.1:0", "--mllp", "none", "--tls-cert", plain, "--tls-key", plain}, 2, nil, []string{"transport.certificate"}},
		{"settings that are none", []string{"serve", "--data", empty, "--feeds", file(t, dir, "feeds.yaml", "feeds:\n  - colour: red\n")}, 2, nil, []string{"cli.feeds"}},
		{"settings that are not there", []string{"serve", "--data", empty, "--feeds", filepath.Join(dir, "none.yaml")}, 2, nil, []string{"none.yaml"}},
		{"a listener's trust that is none", []string{"serve", "--data", empty, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0=here"}, 2, nil, []string{"cli.mllp"}},
	}...))
}

// TestImportExport: bundles, NDJSON, single resources, compressed and in
// folders come in once; what is refused is reported and the rest stands.
func TestImportExport(t *testing.T) {
	data, in := filepath.Join(t.TempDir(), "data"), t.TempDir()
	file(t, in, "b/bundle.json", aBundle)
	file(t, in, "a/patients.ndjson.gz", aPatient+"\n")
	file(t, in, "a/results.ndjson", fmt.Sprintf(aResult, "r1")+"\n\n"+fmt.Sprintf(aResult, "r2")+"\n")
	file(t, in, "c/one.json.gz", `{"resourceType":"Organization","id":"o","name":"X"}`)
	file(t, in, "notes.txt", "not for import")
	play(t, []step{
		{"import", []string{"import", "--data", data, in}, 0, []string{`^6 resources in 4 transactions`, `^  Observation 3$`, `^  Organization 1$`, `^  Patient 2$`}, nil},
		{"import again", []string{"import", "--data", data, in}, 0, []string{`^0 resources in 0 transactions`, `^4 transactions were imported before and left out$`}, nil},
		{"verify", []string{"verify", "--data", data}, 0, []string{cleanStore}, nil},
	})
	bad := t.TempDir()
	file(t, bad, "bad.json", aBadBundle)
	file(t, bad, "lines.ndjson", fmt.Sprintf(aResult, "r3")+"\n{\"resourceType\":\n"+`{"resourceType":"Observation","id":"r4","code":{"text":"Hb"}}`+"\n"+fmt.Sprintf(aResult, "r5")+"\n")
	file(t, bad, "not.json.gz", "x")
	if err := os.WriteFile(filepath.Join(bad, "torn.json.gz"), []byte("no gzip"), 0o644); err != nil {
		t.Fatal(err)
	}
	file(t, bad, "search.json", `{"resourceType":"Bundle","type":"searchset"}`)
	play(t, []step{
		{"bad material", []string{"import", "--data", data, bad}, 1, []string{`^2 resources`, `^6 refused`, `bad\.json\t\S+\tBundle\.entry\[1\] Observation\.status\t`,
			`lines\.ndjson line 2\tjson\.`, `lines\.ndjson line 3\t.*Observation\.status`, `torn\.json\.gz\timport\.gzip`, `not\.json\.gz\tjson\.`, `search\.json\timport\.bundle`}, nil},
		{"the whole bundle was refused", []string{"export", "--data", data, "--type", "Patient"}, 0, []string{`Okonkwo`, `Bell`}, nil},
		{"bad material again", []string{"import", "--data", data, bad}, 1, []string{`^0 resources`, `left out$`}, nil},
		{"verify", []string{"verify", "--data", data}, 0, []string{cleanStore}, nil},
	})
	out, _, _ := cli(t, "", "export", "--data", data)
	if strings.Contains(out, "Nobody") || strings.Count(out, `"value":100.10`) != 4 {
		t.Errorf("export: %s", out)
	}
	for line := range strings.Lines(out) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line is no JSON: %s", line)
		}
	}
	written := filepath.Join(t.TempDir(), "out.ndjson")
	if _, errs, code := cli(t, "", "export", "--data", data, "--out", written, "--type", "Patient"); code != 0 {
		t.Error(errs)
	}
	if b, err := os.ReadFile(written); err != nil || bytes.Count(b, []byte("\n")) != 2 {
		t.Errorf("%v: %s", err, b)
	}
}

// TestBesideAServer: every command works beside a running server or refuses
// clearly.
func TestBesideAServer(t *testing.T) {
	dir, in := t.TempDir(), t.TempDir()
	s := start(t, dir, "serve")
	file(t, in, "patients.ndjson", aPatient+"\n")
	file(t, in, "results.ndjson", fmt.Sprintf(aResult, "r1")+"\n")
	out, errs, code := cli(t, "", "token", "--data", dir, "--client", "script", "--scope", "system/*.cruds")
	if code != 0 || errs != "" || !regexp.MustCompile(tokenPattern).MatchString(out) {
		t.Fatalf("token: %d %q %q", code, out, errs)
	}
	token := strings.TrimSpace(out)
	many := file(t, in, "many.hl7", fmt.Sprintf(aMessage, "m1", "1")+strings.ReplaceAll(fmt.Sprintf(aMessage, "m2", "2"), "\r", "\n")+strings.Replace(fmt.Sprintf(aMessage, "m3", "3"), "|2.4", "|2.4|||AL", 1))
	refused := file(t, in, "refused.hl7", strings.Replace(fmt.Sprintf(aMessage, "m4", "4"), "|2.4", "|2.9", 1))
	stray := file(t, in, "stray.hl7", strings.Replace(fmt.Sprintf(aMessage, "m5", "5"), "|R1K|", "|NOBODY|", 1))
	resume := filepath.Join(t.TempDir(), "resume")
	play(t, []step{
		{"a second server on the folder", []string{"serve", "--data", dir, "--http", "127.0.0.1:0", "--mllp", "none"}, 2, nil, []string{"store.locked"}},
		{"bulk beside a server", []string{"import", "--data", dir, "--bulk", in}, 2, nil, []string{"cli.bulk"}},
		{"import", []string{"import", "--data", dir, in}, 0, []string{`^2 resources in 2 transactions`}, nil},
		{"import to its URL", []string{"import", "--to", s.http + "/fhir", "--token", token, "--resume", resume, in}, 0, []string{`^2 resources`}, nil},
		{"import to its URL, taken up again", []string{"import", "--to", s.http + "/fhir", "--token", token, "--resume", resume, in}, 0, []string{`^0 resources`, `left out$`}, nil},
		{"import with a token that is none", []string{"import", "--to", s.http + "/fhir", "--token", "concord_nobody", in}, 2, nil, []string{"account.token"}},
		{"send", []string{"send", "--to", s.mllp, many}, 0, []string{`^3 sent, 3 accepted, 0 refused$`, `^  AA 2$`, `^  CA 1$`}, nil},
		{"send what is refused", []string{"send", "--to", s.mllp, many, refused}, 1, []string{`^4 sent, 3 accepted, 1 refused$`, `^  AR 1$`}, nil},
		{"send a stray message", []string{"send", "--to", s.mllp, stray}, 0, []string{`^1 sent, 1 accepted`}, nil},
		{"send what is not there", []string{"send", "--to", s.mllp, filepath.Join(in, "none.hl7")}, 2, nil, []string{"none.hl7"}},
	})
	s.settled(10 * time.Second)
	play(t, []step{
		{"replay leaves the stray message parked", []string{"replay", "--data", dir}, 1, []string{`^1 replayed, 1 parked$`}, nil},
		{"replay of another feed", []string{"replay", "--data", dir, "--feed", "none"}, 0, []string{`^0 replayed, 0 parked$`}, nil},
		{"export", []string{"export", "--data", dir, "--type", "Observation"}, 0, []string{`"id":"r1"`}, nil},
		{"verify", []string{"verify", "--data", dir}, 0, []string{cleanStore}, nil},
	})
	for _, good := range []string{token, s.token()} {
		if code := s.get(good, "Patient/ada", nil); code != 200 {
			t.Errorf("the token gives %d", code)
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	feeds := file(t, in, "feeds.yaml", "feeds:\n  - facility: NOBODY\n    trust: R1K\n")
	play(t, []step{
		{"replay with a setting, the server stopped", []string{"replay", "--data", dir, "--feeds", feeds}, 0, []string{`^1 replayed, 0 parked$`}, nil},
		{"verify, the server stopped", []string{"verify", "--data", dir}, 0, []string{cleanStore}, nil},
		{"export, the server stopped", []string{"export", "--data", dir, "--type", "Patient"}, 0, []string{`"value":"5"`}, nil},
	})
	out, errs, code = cli(t, fmt.Sprintf(aMessage, "m6", "6"), "send", "--to", s.mllp, "-")
	if code != 2 || !strings.Contains(errs, "cli.connect") {
		t.Errorf("send to a stopped server: %d %s%s", code, out, errs)
	}
}

// TestDamageIsFound: verify says what is wrong and ends with 1; a lost secret
// is refused rather than replaced.
func TestDamageIsFound(t *testing.T) {
	dir, in := filepath.Join(t.TempDir(), "data"), t.TempDir()
	file(t, in, "patients.ndjson", aPatient+"\n")
	play(t, []step{{"import", []string{"import", "--data", dir, in}, 0, nil, nil}})
	key := filepath.Join(dir, "concord.key")
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret may be read by others: %v %v", info.Mode(), err)
	}
	os.Remove(key)
	play(t, []step{{"the secret is lost", []string{"verify", "--data", dir}, 2, nil, []string{"cli.secret"}}})
	os.WriteFile(key, bytes.Repeat([]byte{1}, len(secret)), 0o600)
	play(t, []step{{"another secret", []string{"verify", "--data", dir}, 2, nil, []string{"desk.secret"}}})
	os.WriteFile(key, secret[:5], 0o600)
	play(t, []step{{"a damaged secret", []string{"verify", "--data", dir}, 2, nil, []string{"cli.secret"}}})
	os.WriteFile(key, secret, 0o600)
	play(t, []step{{"the right one", []string{"verify", "--data", dir}, 0, []string{cleanStore}, nil}})
}
