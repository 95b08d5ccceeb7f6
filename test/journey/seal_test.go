package journey

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/test/load"
)

// TestSealedAtRest: with a key file, resources and messages lie encrypted and
// are served as ever; without it, or with another, nothing opens the store; a
// new master key takes over.
func TestSealedAtRest(t *testing.T) {
	dir, keys := t.TempDir(), t.TempDir()
	master := func(name string) string {
		out, errs, code := cli(t, "", "keys", "make", "--name", name)
		if code != 0 {
			t.Fatal(errs)
		}
		return out
	}
	first, second := master("first"), master("second")
	one, both, other := file(t, keys, "one", first), file(t, keys, "both", second+first), file(t, keys, "other", master("first"))
	last := file(t, keys, "last", second)

	s := start(t, dir, "serve", "--seal-keys", one)
	if res := load.Load(t.Context(), s.mllp, 1, 0, [][]byte{[]byte(fmt.Sprintf(aMessage, "M1", "0012345"))}); len(res.Acked) != 1 {
		t.Fatalf("acknowledged: %v", res.Acked)
	}
	s.settled(time.Minute)
	token := s.token()
	req, _ := http.NewRequest(http.MethodPost, s.http+"/fhir/Basic", strings.NewReader(`{"resourceType":"Basic","code":{"text":"zzunsealed"}}`)) // too short to be compressed
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	at := strings.TrimPrefix(strings.Split(res.Header.Get("Location"), "/_history")[0], s.http)
	served := func(s *server) {
		t.Helper()
		var basic struct{ Code struct{ Text string } }
		if code := s.get(token, strings.TrimPrefix(at, "/fhir/"), &basic); code != 200 || basic.Code.Text != "zzunsealed" {
			t.Errorf("%d %+v", code, basic)
		}
		var found struct{ Total int }
		if code := s.get(token, "Patient?family=okonkwo", &found); code != 200 || found.Total < 1 {
			t.Errorf("the patient of the message: %d %+v", code, found)
		}
	}
	served(s)
	s.stop()
	for _, name := range []string{"concord.db", "concord.db-wal"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && (bytes.Contains(text, []byte("zzunsealed")) || bytes.Contains(text, []byte("MSH|^~"))) {
			t.Errorf("%s shows a body", name)
		}
	}
	for what, more := range map[string][]string{"no key file": nil, "another key of the name": {"--seal-keys", other}, "another key": {"--seal-keys", last}} {
		out, errs, code := cli(t, "", append([]string{"verify", "--data", dir}, more...)...)
		if code != 3 && code != 2 || !strings.Contains(errs, "master key first") {
			t.Errorf("%s: exit code %d: %s%s", what, code, out, errs)
		}
	}
	play(t, []step{
		{"rotate", []string{"keys", "rotate", "--data", dir, "--seal-keys", both, "--org", "R1K"}, 0, nil, nil},
		{"rewrap", []string{"keys", "rewrap", "--data", dir, "--seal-keys", both}, 0, []string{`^\d+ data keys wrapped anew$`}, nil},
		{"list", []string{"keys", "list", "--data", dir, "--seal-keys", last}, 0, []string{`R1K\s+second\s.*yes`}, nil},
		{"verify", []string{"verify", "--data", dir, "--seal-keys", last}, 0, []string{cleanStore}, nil},
	})
	s = start(t, dir, "serve", "--seal-keys", last)
	served(s)
}

// TestResealBesideTheServer: an organisation gets a new data key while the
// server runs; everything is sealed anew in the background, through kill -9 and
// a restart; then the old key is dropped, and the store verifies and serves.
func TestResealBesideTheServer(t *testing.T) {
	dir, keys := t.TempDir(), t.TempDir()
	master, errs, code := cli(t, "", "keys", "make", "--name", "one")
	if code != 0 {
		t.Fatal(errs)
	}
	one := file(t, keys, "one", master)
	s := start(t, dir, "demo", "--people", "40", "--seal-keys", one)
	number := s.seeded(2 * time.Minute)
	play(t, []step{
		{"not proven", []string{"keys", "drop", "--data", dir}, 2, nil, []string{"concord keys reseal"}},
		{"rotate", []string{"keys", "rotate", "--data", dir, "--org", "R1K"}, 0, nil, nil},
	})
	watch := exec.Command(binary(t), "keys", "reseal", "--data", dir)
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond) // somewhere in the middle
	s.kill()
	watch.Wait()
	s = start(t, dir, "serve", "--seal-keys", one)
	play(t, []step{
		{"go on", []string{"keys", "reseal", "--data", dir}, 0, []string{`^done: \d+ bodies sealed anew, [1-9]\d* checked; nothing lies under data keys \d+, which can be dropped$`}, nil},
		{"drop", []string{"keys", "drop", "--data", dir}, 0, []string{`^dropped data keys \d+$`}, nil},
		{"nothing more", []string{"keys", "drop", "--data", dir}, 0, []string{`^no data key to drop$`}, nil},
	})
	out, _, _ := cli(t, "", "keys", "list", "--data", dir)
	if strings.Count(out, "R1K") != 1 {
		t.Errorf("the keys of R1K:\n%s", out)
	}
	var found struct{ Total int }
	if code := s.get(s.token(), "Patient?identifier="+strings.ReplaceAll(number, " ", ""), &found); code != 200 || found.Total < 1 {
		t.Errorf("the patient of the story: %d %+v", code, found)
	}
	s.stop()
	play(t, []step{{"verify", []string{"verify", "--data", dir, "--seal-keys", one}, 0, []string{cleanStore}, nil}})
}
