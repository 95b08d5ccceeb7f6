package joining

import (
	"fmt"
	"strings"
	"time"

	"concord/demo/linked"
)

// Visit is a stay on a ward that begins (ADT^A01) or ends (ADT^A03). The number of
// the visit is the trust's.
func Visit(row linked.Row, trigger, visit, control string, begun, at time.Time) string {
	trust := row.Record.Numbers[0].Scope
	pas, _ := sender(trust)
	pv1 := []string{"PV1", "1", "I", "W1^B1^1^" + trust}
	for len(pv1) < 46 {
		pv1 = append(pv1, "")
	}
	pv1[19], pv1[44] = visit, begun.Format(stamp)
	if trigger == "A03" {
		pv1[45] = at.Format(stamp)
	}
	return strings.Join([]string{
		fmt.Sprintf(`MSH|^~\&|%s|%s|CONCORD|NWL|%s||ADT^%s|%s|P|2.4`, pas, trust, at.Format(stamp), trigger, control),
		"EVN|" + trigger + "|" + at.Format(stamp),
		patient(row),
		strings.TrimRight(strings.Join(pv1, "|"), "|"),
	}, "\r") + "\r"
}

// Panel is a blood count of four tests (ORU^R01), which differ by n.
func Panel(row linked.Row, control string, at time.Time, n int) string {
	trust := row.Record.Numbers[0].Scope
	_, lab := sender(trust)
	when := at.Format(stamp)
	lines := []string{
		fmt.Sprintf(`MSH|^~\&|%s|%s|CONCORD|NWL|%s||ORU^R01|%s|P|2.4`, lab, trust, when, control),
		patient(row),
		fmt.Sprintf("ORC|RE|P%[1]s|F%[1]s", control),
		fmt.Sprintf("OBR|1|P%[1]s|F%[1]s|FBC^Full blood count^L|||%[2]s|||||||||||||||%[2]s||HM|F", control, when),
	}
	for i, test := range []string{
		fmt.Sprintf("HB^Haemoglobin^L||%d|g/L|130-180", 120+n%60), fmt.Sprintf("WBC^White cell count^L||%d.%d|10*9/L|4.0-11.0", 4+n%7, n%10),
		fmt.Sprintf("PLT^Platelets^L||%d|10*9/L|150-400", 160+n%200), fmt.Sprintf("CRP^C-reactive protein^L||%d|mg/L|0-5", n%9),
	} {
		lines = append(lines, fmt.Sprintf("OBX|%d|NM|%s||||F|||%s", i+1, test, when))
	}
	return strings.Join(lines, "\r") + "\r"
}
