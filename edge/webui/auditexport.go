package webui

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/audit"
	"concord/standard/fhir"
)

// auditExport is /audit/export: what the search finds as a file. NDJSON has an
// AuditEvent and its proof in each line, CSV one row for each event.
func (s *Site) auditExport(v *visit) (*answer, error) {
	q := v.URL.Query()
	kind := q.Get("as")
	if kind != "ndjson" && kind != "csv" {
		return nil, fault.New(fault.Invalid, "webui.export", "an export is made as ndjson or csv")
	}
	ask, err := s.auditAsk(v, auditFormOf(q))
	if err != nil {
		return nil, err
	}
	list, more, err := v.errand.ExportAudit(v.Context(), ask, kind == "ndjson")
	if err != nil {
		return nil, err
	}
	events := make([]record.AuditEvent, len(list))
	for i := range list {
		events[i] = list[i].AuditEvent
	}
	names, err := s.staff(v, events)
	if err != nil {
		return nil, err
	}
	file := &download{name: "audit-" + s.Now().In(s.Zone).Format("2006-01-02-1504") + "." + kind}
	if kind == "csv" {
		file.kind, file.body = "text/csv; charset=utf-8", s.auditCSV(events, names, more)
	} else {
		file.kind, file.body = "application/x-ndjson", auditNDJSON(list, s.scene(names), more)
	}
	return &answer{file: file}, nil
}

// endOfExport is the last line of an export that is not the whole of what was
// asked for.
const endOfExport = "This export ends here; there is more. Ask for a shorter time."

func auditNDJSON(list []record.ProvedEvent, scene audit.Scene, more bool) []byte {
	var b bytes.Buffer
	for i := range list {
		ev := &list[i]
		proof := ""
		if ev.Proof != nil {
			proof = string(ev.Proof.Text())
		}
		b.Write(fhir.Obj("resource", ev.Event(scene, ev.Patient), "proof", proof).JSON())
		b.WriteByte('\n')
	}
	if more {
		b.Write(fhir.Obj("incomplete", endOfExport).JSON())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func (s *Site) auditCSV(events []record.AuditEvent, names map[string]string, more bool) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cells ...string) {
		for i := range cells {
			cells[i] = plainCell(cells[i])
		}
		w.Write(cells) // a buffer takes all
	}
	write("time", "entry", "user", "name", "role", "organisation", "purpose", "reason", "action", "outcome", "rule", "patient", "what", "count", "change")
	for _, ev := range events {
		e := &ev.Entry
		write(e.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(ev.Seq, 10), e.Who, names[e.Who], string(e.Role), e.Org, string(e.Purpose), e.Reason,
			string(e.Action), string(e.Ended()), e.Rule, strings.TrimPrefix(ev.Patient, "Patient/"), strings.Join(e.What, " "), strconv.Itoa(e.Count), strconv.FormatInt(e.Change, 10))
	}
	if more {
		write(endOfExport)
	}
	w.Flush()
	return b.Bytes()
}

// plainCell keeps a spreadsheet from taking somebody's words for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
