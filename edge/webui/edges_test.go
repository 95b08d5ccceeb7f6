package webui_test

import (
	"strings"

	"concord/record"
	"concord/record/access"
)

func peopleQuery(text string) record.PeopleQuery { return record.PeopleQuery{Text: text} }

func (s *stage) clinician() *record.Errand {
	return s.desk.For(access.Requester{ID: "stage", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare})
}

// edges are the people who test a page's edges: nothing recorded, dead, three
// days old, easily confused, with a very long name, two with one number.
func (s *stage) edges() {
	s.write("RAS", "REG-P0", patientJSON("p", "RAS", "H000001", "9990000026", "01", "Quiet", "Paul", "Mr", "1990-05-20", "male", ""))
	s.people["empty"] = s.personOf("9990000026")
	s.write("RYJ", "REG-PD", patientJSON("p", "RYJ", "77009999", "9990000034", "01", "Marsh", "Edwin", "Mr", "1931-01-02", "male", home+`,"deceasedDateTime":"2026-10-30"`))
	s.people["dead"] = s.personOf("9990000034")
	res := s.write("RQM", "REG-PC", patientJSON("p", "RQM", "CW90001", "9990000042", "08", "Begum", "Baby", "", "2026-11-19", "female", home))
	s.write("RQM", "OBS-PC", vitals("Patient/"+res[0].ID, s.now, "44", "97", "0", "70", "40", "142", "248234008", "36.8")...)
	s.people["child"] = s.personOf("9990000042")
	long := strings.Repeat("Featherstonehaugh", 3)[:35]
	s.write("R1K", "REG-PL", patientJSON("p", "R1K", "1009999", "9990000050", "02", long, "Wilhelmina-Alexandra-Constance-Mary", "Lady", "1955-12-31", "female", home))
	s.people["long"] = s.personOf("9990000050")
	s.write("R1K", "REG-T1", patientJSON("p", "R1K", "1003001", "9990000069", "01", "Okonkwo", "Adanna", "Ms", "1972-08-09", "female", home))
	s.write("RYJ", "REG-C1", patientJSON("p", "RYJ", "77005001", "9990000077", "01", "Smith", "John", "Mr", "1950-01-01", "male", ""))
	s.write("RAS", "REG-C2", patientJSON("p", "RAS", "H777001", "9990000077", "01", "Patel", "Meera", "Mrs", "1988-07-07", "female", ""))
}

// feedMessages puts messages into the journal: one that waits, one dead.
func (s *stage) feedMessages() {
	feed := s.desk.For(access.Requester{ID: "RYJ-pas", Role: access.System, Org: "RYJ"}, access.Reason{Purpose: access.DirectCare})
	raw := []byte("MSH|^~\\&|PAS|RYJ|CONCORD|NWL|20261122090000||ADT^A01|55|T|2.4\rPID|1||77001234||CANARYSURNAME^Ada\r")
	batch := []*record.Message{
		{Org: "RYJ", Feed: "RYJ-pas", Control: "55", Trigger: "ADT^A01", Digest: 1, Raw: raw},
		{Org: "RYJ", Feed: "RYJ-pas", Control: "56", Trigger: "ADT^A08", Digest: 2, Raw: raw},
	}
	s.must(feed.Receive(s.ctx, batch))
	batch[0].State, batch[0].Code, batch[0].Place, batch[0].Text = record.Parked, "intake.pid", "PID-7", "the date of birth cannot be read"
	batch[0].Detail = []byte(`{"warnings":["a timestamp could not be read"],"unmapped":["ZPD"]}`)
	s.must(feed.Settle(s.ctx, batch[0]))
}
