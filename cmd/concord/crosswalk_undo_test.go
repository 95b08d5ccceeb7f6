package main

import (
	"bytes"
	"strings"
	"testing"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
)

// TestUndoTakesBackWhatTheLoadPublished: when a load is undone, messages of the trust are
// written as before it: as sent where nothing was published, by what was published before
// where something was. What a steward has published anew since stays, and is told.
func TestUndoTakesBackWhatTheLoadPublished(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	harmoniseR1K(t, h)
	published := func() *crosswalk.Kept {
		t.Helper()
		k, err := h.harmony.Published(t.Context(), "R1K")
		if err != nil || k == nil {
			t.Fatal(k, err)
		}
		return k
	}
	command := func(req request) string {
		t.Helper()
		var out bytes.Buffer
		req.Org = "R1K"
		if err := h.command(t.Context(), req, &out); err != nil && err != errFindings {
			t.Fatal(req.Command, err)
		}
		return out.String()
	}
	pid := strings.NewReplacer("H100", "H200", "Meera", "Ada", "1971", "1961")
	results := func(id, code string) {
		t.Helper()
		send(t, h, pid.Replace(oru(id, "20261120100000", "P"+id, "", "20261120080500", "OBX|1|NM|GLUR^Glucose^L||126|mg/dl|70-110||||F")))
		n := 0
		for _, c := range []string{"GLU", "GLUR"} {
			if v := foundBy(t, h, "Observation", "code.coding.0.code")[c]; v != nil && c == code {
				n++
			}
		}
		if n != 1 {
			t.Errorf("message %s: no result is written as %s", id, code)
		}
	}
	loadHarmonised(t, h, harmonisedExtract())
	told := command(request{Command: "onboard-undo"})
	if k := published(); !k.Withdrawn || k.Table != nil || k.By != "undo" || k.Load != "" {
		t.Errorf("the undo leaves %+v", k.Made)
	}
	if !strings.Contains(told, onboard.CodesWithdrawn.Words()) {
		t.Errorf("the undo does not tell: %s", told)
	}
	results("1", "GLUR")

	command(request{Command: "build-publish", Why: "for the laboratory"}) // before the next load
	before := published()
	changed := strings.Replace(strings.Replace(harmonised, "code: OLD, name: Old test, verb: variance, owner: Pathology", `code: OLD, name: Old test, verb: map, to: {system: "urn:concord:QRV:code", code: GLU, name: Glucose}`, 1), "2026-11-20T10", "2026-11-21T10", -1)
	command(request{Command: "build-take", Text: []byte(changed)})
	command(request{Command: "onboard-load"})
	if k := published(); k.Load == "" || k.Number == before.Number {
		t.Fatalf("the load has published nothing: %+v", k.Made)
	}
	told = command(request{Command: "onboard-undo"})
	if k := published(); k.Withdrawn || k.Load != "" || !sameTable(t, k.Table, before.Table) || !strings.Contains(told, onboard.CodesBefore.Words()) {
		t.Errorf("the undo leaves %+v, and says %s", k.Made, told)
	}
	results("2", "GLU")

	command(request{Command: "onboard-load"})
	command(request{Command: "build-publish", Why: "anew"})
	if k := published(); k.Load == "" { // the same text: the load's own stands
		t.Fatalf("%+v", k.Made)
	}
	command(request{Command: "build-withdraw", Why: "we wait"})
	command(request{Command: "build-publish", Why: "anew"})
	anew := published()
	told = command(request{Command: "onboard-undo"})
	if k := published(); k.Number != anew.Number || !strings.Contains(told, onboard.CodesAnew.Words()) {
		t.Errorf("what was published anew is %+v, and the undo says %s", k.Made, told)
	}
	s, x, _ := stageOfR1K(t, h, "")
	if u, err := x.Undone(); err != nil || u.Codes != onboard.CodesAnew || s == nil {
		t.Errorf("%+v %v", u, err)
	}
}

// TestUndoOfAsSentLeavesCodes: a load with codes as sent has published nothing, and its
// undo takes nothing back.
func TestUndoOfAsSentLeavesCodes(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	harmoniseR1K(t, h)
	loadFolder(t, h, extractFolder(t, harmonisedExtract()))
	if err := h.command(t.Context(), request{Command: "build-publish", Org: "R1K", Why: "by hand"}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := h.command(t.Context(), request{Command: "onboard-undo", Org: "R1K"}, &out); err != nil {
		t.Fatal(err)
	}
	if k, err := h.harmony.Published(t.Context(), "R1K"); err != nil || k.Table == nil || strings.Contains(out.String(), "codes") {
		t.Errorf("%+v %v %s", k, err, out.String())
	}
}

func sameTable(t *testing.T, a, b *crosswalk.Table) bool {
	t.Helper()
	x, err := a.Text()
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.Text()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}
