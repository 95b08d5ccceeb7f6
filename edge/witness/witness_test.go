package witness

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tree is a log's Merkle tree in memory, with its key.
type tree struct {
	hashes []tlog.Hash
	size   int64
	signer note.Signer
	public string
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = t.hashes[x]
	}
	return out, nil
}

func newTree(t testing.TB, name string) *tree {
	t.Helper()
	private, public, err := note.GenerateKey(nil, name)
	must(t, err)
	signer, err := note.NewSigner(private)
	must(t, err)
	return &tree{signer: signer, public: public}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (x *tree) grow(t testing.TB, n int, word string) {
	t.Helper()
	for range n {
		h, err := tlog.StoredHashes(x.size, []byte(fmt.Sprint(word, x.size)), x)
		must(t, err)
		x.hashes = append(x.hashes, h...)
		x.size++
	}
}

// checkpoint signs the tree of a size.
func (x *tree) checkpoint(t testing.TB, size int64) string {
	t.Helper()
	root, err := tlog.TreeHash(size, x)
	must(t, err)
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", x.signer.Name(), size, base64.StdEncoding.EncodeToString(root[:]))}, x.signer)
	must(t, err)
	return string(signed)
}

// request is the body that shows the tree of a size to who has seen another.
func (x *tree) request(t testing.TB, old, size int64) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, x)
		must(t, err)
		for _, h := range proof {
			b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
	}
	return b.String() + "\n" + x.checkpoint(t, size)
}

// TestProtocol: each answer of https://c2sp.org/tlog-witness#add-checkpoint.
func TestProtocol(t *testing.T) {
	private, public, err := note.GenerateKey(nil, "w.example/1")
	must(t, err)
	signer, err := cosigned.NewSignerForCosignatureV1(private)
	must(t, err)
	log, stranger, thief := newTree(t, "log.example"), newTree(t, "other.example"), newTree(t, "log.example")
	verifier, err := note.NewVerifier(log.public)
	must(t, err)
	log.grow(t, 40, "entry ")
	stranger.grow(t, 4, "x")
	thief.grow(t, 40, "forged ")
	fork := *log
	fork.hashes, fork.size = nil, 0
	fork.grow(t, 40, "fork ")
	srv := httptest.NewServer(New(t.TempDir(), signer, []note.Verifier{verifier}).Handler(public, slog.New(slog.DiscardHandler)))
	defer srv.Close()
	post := func(body string) (int, string, string) {
		t.Helper()
		res, err := http.Post(srv.URL+"/add-checkpoint", "text/plain", strings.NewReader(body))
		must(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(t, err)
		return res.StatusCode, string(b), res.Header.Get("Content-Type")
	}
	with := func(body, from, to string) string { return strings.Replace(body, from, to, 1) }
	for _, c := range []struct {
		name, body string
		status     int
		size       string
	}{
		{"an unknown log", stranger.request(t, 0, 4), 404, ""},
		{"a known name, another key", thief.request(t, 0, 4), 403, ""},
		{"a signature that does not fit", with(log.request(t, 0, 4), "\n4\n", "\n5\n"), 403, ""},
		{"an old size above the size", with(log.request(t, 0, 4), "old 0", "old 5"), 400, ""},
		{"the first, with a proof", with(log.request(t, 0, 4), "old 0\n", "old 0\n"+base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n"), 422, ""},
		{"another old size than what was seen", log.request(t, 3, 4), 409, "0\n"},
		{"the first", log.request(t, 0, 4), 200, ""},
		{"the first again", log.request(t, 0, 4), 409, "4\n"},
		{"the same size again", log.request(t, 4, 4), 200, ""},
		{"another root of the same size", fork.request(t, 4, 4), 409, ""},
		{"growth without its proof", with(log.request(t, 4, 8), "old 4\n", "old 4\n\n"), 400, ""},
		{"growth of another tree", fork.request(t, 4, 9), 422, ""},
		{"growth", log.request(t, 4, 9), 200, ""},
		{"set back", log.request(t, 0, 4), 409, "9\n"},
		{"set back, in the know", with(log.request(t, 0, 4), "old 0", "old 9"), 400, ""},
		{"growth to an odd size", log.request(t, 9, 37), 200, ""},
		{"no body", "", 400, ""},
		{"no old line", "new 3\n\n" + log.checkpoint(t, 4), 400, ""},
		{"a number with a zero before it", with(log.request(t, 0, 4), "old 0", "old 00"), 400, ""},
		{"too many lines", "old 1\n" + strings.Repeat(base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n", 64) + "\n" + log.checkpoint(t, 4), 400, ""},
		{"a hash that is none", "old 1\nAAAA\n\n" + log.checkpoint(t, 4), 400, ""},
		{"too long", strings.Repeat("x", mostBody+1), 413, ""},
	} {
		status, body, kind := post(c.body)
		if status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, status, c.status, body)
		}
		if c.size != "" && (body != c.size || kind != "text/x.tlog.size") {
			t.Errorf("%s: %q as %s", c.name, body, kind)
		}
		if status != 200 {
			if strings.Contains(body, "—") {
				t.Errorf("%s: co-signed all the same", c.name)
			}
			continue
		}
		_, checkpoint, _ := strings.Cut(c.body, "\n\n")
		v, err := cosigned.NewVerifierForCosignatureV1(public)
		must(t, err)
		if n, err := note.Open([]byte(checkpoint+body), note.VerifierList(v)); err != nil || len(n.Sigs) != 1 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if res, err := http.Get(srv.URL + "/add-checkpoint"); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Error(res, err)
	}
}

func FuzzParseRequest(f *testing.F) {
	x := newTree(f, "log.example")
	x.grow(f, 9, "e")
	f.Add([]byte(x.request(f, 4, 9)))
	f.Add([]byte("old 0\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseRequest(body)
		if err == nil && (r.origin == "" || r.old < 0 || r.size < 0 || len(r.proof) > mostProof) {
			t.Fatalf("%+v", r)
		}
	})
}
