package hl7v2

import (
	"fmt"
	"strings"
	"testing"
)

const benchADT = "MSH|^~\\&|LNWH_PAS|R1K|CONCORD|NWL|20240301073809||ADT^A01|5|T|2.3|||AL||44|ASCII\r" +
	"EVN|A01|20240301073809|||C003^Cuddy^Kevin^^^Dr^^^DRNBR^PRSNL^^^ORGDR|\r" +
	"PID|1|3250288470^^^MRN|3250288470^^^MRN~9990000018^^^NHSNBR^NHSNMBR||Male^Jade^^^Mrs^^CURRENT||19540610000000|F|||78 Shelf House^^London^^NY24 1NS^GBR^HOME||075 8803 5499^HOME\r" +
	"PD1|||FAMILY PRACTICE^^12345|\r" +
	"PV1|1|I|ED^ED^Bed 1^Hospital^^ED^^1|28b|||C003^Cuddy^Kevin^^^Dr|||URO|||||||||6012612186502383225^^^^visitid||||||||||||||||||||||ARRIVED|||20240301073809||\r" +
	"AL1|0|FA|414285001^Food allergy (disorder)^SNM3^^|SV|Swollen eyes|20230621154821\r"

func oru(n int) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(benchADT, "ADT^A01", "ORU^R01"))
	b.WriteString("OBR|1|150|429|us-0003^UREA AND ELECTROLYTES^WinPath^^||20240301075328|20240301075328\r")
	for i := range n {
		fmt.Fprintf(&b, "OBX|%d|NM|tt-0003-%02d^Sodium^WinPath^^||135.70|MMOLL|133 - 146||||F|||20240301075328||\r", i+1, i)
	}
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"ADT": benchADT, "ORU20": oru(20)} {
		raw := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := Parse(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadEveryResult(b *testing.B) {
	raw := []byte(oru(20))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range m.Segments() {
			if s.ID() == "OBX" && (s.Field(5).String() == "" || s.Field(3).Component(2).String() == "") {
				b.Fatal("a result is lost")
			}
		}
	}
}
