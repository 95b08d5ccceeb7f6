package joining

import (
	"fmt"
	"strings"
	"time"

	"concord/demo/linked"
)

// sender is MSH-3 of a trust's administration and laboratory, by ODS code.
func sender(trust string) (pas, lab string) {
	prefix := map[string]string{"R1K": "LNW", "RAS": "THH", "RQM": "CW", "RYJ": "ICHT"}[trust]
	return prefix + "_PAS", prefix + "_NWLP"
}

const stamp = "20060102150405"

// Person is a message that tells who a patient is (ADT^A28), or that it changed
// (ADT^A31).
func Person(row linked.Row, trigger, control string, at time.Time) string {
	trust := row.Record.Numbers[0].Scope
	pas, _ := sender(trust)
	return strings.Join([]string{
		fmt.Sprintf(`MSH|^~\&|%s|%s|CONCORD|NWL|%s||ADT^%s|%s|P|2.4`, pas, trust, at.Format(stamp), trigger, control),
		"EVN|" + trigger + "|" + at.Format(stamp),
		patient(row),
		"PV1|1|N",
	}, "\r") + "\r"
}

func patient(row linked.Row) string {
	r, trust := &row.Record, row.Record.Numbers[0].Scope
	ids := r.Numbers[0].Value + "^^^" + trust + "^MR"
	if r.NHS != "" {
		ids += "~" + r.NHS + "^^^NHS^NH"
	}
	sex := map[string]string{"male": "M", "female": "F"}[r.Sex]
	if sex == "" {
		sex = "U"
	}
	phones := strings.Join(r.Phones, "~")
	return strings.Join([]string{"PID", "1", "", ids, "", plain(r.Family) + "^" + plain(strings.Join(strings.Fields(r.Given), "^")), "", strings.ReplaceAll(r.Born, "-", ""), sex, "", "",
		plain(r.Address) + "^^" + plain(r.Locality) + "^^" + r.Postcode, "", phones}, "|")
}

// plain takes out what HL7 would read as its own signs, but for components.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("|~\\&\r\n", c) {
			return -1
		}
		return c
	}, s)
}

// Result is a laboratory's result of a patient (ORU^R01).
func Result(row linked.Row, control string, at time.Time, value int) string {
	trust := row.Record.Numbers[0].Scope
	_, lab := sender(trust)
	return strings.Join([]string{
		fmt.Sprintf(`MSH|^~\&|%s|%s|CONCORD|NWL|%s||ORU^R01|%s|P|2.4`, lab, trust, at.Format(stamp), control),
		patient(row),
		fmt.Sprintf("OBR|1|P%s|F%s|UE^Urea and electrolytes|||%s||||||||||||||||||F", control, control, at.Format(stamp)),
		fmt.Sprintf("OBX|1|NM|NA^Sodium||%d|mmol/L|133-146|N|||F|||%s", value, at.Format(stamp)),
	}, "\r") + "\r"
}
