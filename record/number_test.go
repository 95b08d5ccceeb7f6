package record_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
)

// TestAnotherTrustsNumberBlocksNobody: who writes a number of another trust does not
// keep that trust from having its own entry under it, whose feed finds it; the trust
// itself has one entry of a number, and others go on saying it.
func TestAnotherTrustsNumberBlocksNobody(t *testing.T) {
	const borrowed = `{"system":"urn:concord:R1K:hospital-number","value":"700001"}`
	s := newStage(t)
	letter := strings.Replace(bare("RAS", "800001", "", "Katherine", "Penhaligon", "1948-03-14", "HA1 1AA"), `"identifier":[`, `"identifier":[`+borrowed+`,`, 1)
	theirs := s.create(s.client("RAS"), letter)
	prior := func() string {
		p, err := s.client("R1K").Prior(s.ctx, "700001", nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Patient == nil {
			return ""
		}
		return p.Patient.ID
	}
	if got := prior(); got != "" {
		t.Errorf("the trust's feed takes another's entry for its own: %s", got)
	}
	home := bare("R1K", "700001", "", "Kathleen", "Trelawny", "1951-09-02", "TR1 2AA")
	own := s.create(s.client("R1K"), home).ID
	if got := prior(); got != own {
		t.Errorf("the trust's feed finds %s, not its own %s", got, own)
	}
	s.update(s.client("R1K"), own, strings.Replace(home, "Kathleen", "Kathlyn", 1))
	s.update(s.client("RAS"), theirs.ID, strings.Replace(letter, "Katherine", "Catherine", 1))
	again := func(org, text string) error {
		_, err := s.client(org).Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: s.json(text)}}, record.Commit{})
		return err
	}
	if err := again("R1K", home); fault.Of(err).Code != "record.hospital-number" {
		t.Errorf("the trust has the number a second time: %v", err)
	}
	s.delete(s.client("RAS"), "Patient", theirs.ID)
	if got := prior(); got != own {
		t.Errorf("with the letter gone the feed finds %q", got)
	}
	if err := again("RYJ", strings.Replace(letter, "RAS", "RYJ", 1)); err != nil {
		t.Errorf("another trust's letter cannot say the number: %v", err)
	}
	if got := prior(); got != own {
		t.Errorf("with another letter the feed finds %q", got)
	}
	s.clean()
}
