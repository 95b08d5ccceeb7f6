package audit_test

import (
	"bytes"
	"testing"

	"concord/fault"
	"concord/record/audit"
	"concord/store"
)

func (s *stage) prove(seq int64) (*audit.Proof, error) {
	var p *audit.Proof
	err := s.e.View(s.ctx, func(r store.Reader) error {
		var err error
		p, err = audit.ProveEntry(s.ctx, r, seq)
		return err
	})
	return p, err
}

// TestProof: the text of a proof convinces somebody with the public key alone,
// and any other text of that form does not.
func TestProof(t *testing.T) {
	s := newStage(t)
	s.appends(13)
	if _, err := s.prove(4); fault.Of(err) == nil || fault.Of(err).Code != "audit.unsealed" {
		t.Error("before a checkpoint:", err)
	}
	s.sequence()
	s.appends(1)
	if _, err := s.prove(13); !fault.Is(err, fault.Conflict) {
		t.Error("behind the checkpoint:", err)
	}
	for _, seq := range []int64{-1, 14, 1 << 40} {
		if _, err := s.prove(seq); !fault.Is(err, fault.NotFound) {
			t.Error(seq, err)
		}
	}
	for seq := range int64(13) {
		made, err := s.prove(seq)
		s.must(err)
		p, err := audit.ParseProof(made.Text())
		s.must(err)
		e, err := p.Check(s.keys)
		if err != nil || e.Who != "user"+string("0123456789"[seq%10]) && seq < 10 {
			t.Fatal(seq, e, err)
		}
		other := *p
		other.Index = (seq + 1) % 13
		if _, err := other.Check(s.keys); err == nil {
			t.Errorf("entry %d is proved at another place", seq)
		}
	}
	p, err := s.prove(6)
	s.must(err)
	text := p.Text()
	for i := range text {
		spoilt := bytes.Clone(text)
		spoilt[i] ^= 1
		q, err := audit.ParseProof(spoilt)
		if err != nil {
			continue
		}
		if _, err := q.Check(s.keys); err == nil && !bytes.Equal(q.Row, p.Row) {
			t.Fatalf("byte %d changed, and another row is proved", i)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra YQ==\nindex 0\n\no\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— o AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := audit.ParseProof(text)
		if err != nil {
			return
		}
		again, err := audit.ParseProof(p.Text())
		if err != nil || again.Index != p.Index || !bytes.Equal(again.Row, p.Row) {
			t.Fatalf("%v %v", again, err)
		}
	})
}
