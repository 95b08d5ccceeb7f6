package uk

import (
	"strings"

	"concord/fault"
)

// NHSNumber is ten digits without spaces whose check digit is right.
type NHSNumber string

// ParseNHSNumber reads ten digits, with or without spaces or hyphens between
// them, and checks the check digit. Codes: "uk.nhs-number.shape",
// "uk.nhs-number.check-digit".
func ParseNHSNumber(s string) (NHSNumber, error) {
	digits := make([]byte, 0, 10)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ' || c == '-':
			continue
		case c < '0' || c > '9' || len(digits) == 10:
			return "", badShape()
		default:
			digits = append(digits, c)
		}
	}
	if len(digits) != 10 {
		return "", badShape()
	}
	check, ok := CheckDigit(string(digits[:9]))
	if !ok || check != digits[9] {
		return "", fault.New(fault.Invalid, "uk.nhs-number.check-digit", "the check digit of the NHS number is wrong")
	}
	return NHSNumber(digits), nil
}

func badShape() error {
	return fault.New(fault.Invalid, "uk.nhs-number.shape", "an NHS number has ten digits")
}

// CheckDigit gives the tenth digit for the first nine (modulus 11 with weights
// 10 to 2). ok is false for stems that have none, which are never issued.
func CheckDigit(stem string) (digit byte, ok bool) {
	if len(stem) != 9 {
		return 0, false
	}
	sum := 0
	for i := range 9 {
		if stem[i] < '0' || stem[i] > '9' {
			return 0, false
		}
		sum += int(stem[i]-'0') * (10 - i)
	}
	switch check := 11 - sum%11; check {
	case 11:
		return '0', true
	case 10:
		return 0, false
	default:
		return byte('0' + check), true
	}
}

// String is the only form in which a number is shown: 3 3 4 (ISB 0149,
// NUM-0001).
func (n NHSNumber) String() string {
	if len(n) != 10 {
		return string(n)
	}
	return string(n[:3] + " " + n[3:6] + " " + n[6:])
}

// Issuer tells who issues the range that a number lies in.
type Issuer uint8

// Ranges of NHS numbers.
const (
	Unallocated Issuer = iota
	EnglandWales
	Scotland
	NorthernIreland
	NeverIssued // 900 to 999: for tests and demonstrations
)

// Issuer by the first three digits.
func (n NHSNumber) Issuer() Issuer {
	if len(n) != 10 {
		return Unallocated
	}
	switch p := string(n[:3]); {
	case p >= "900":
		return NeverIssued
	case p >= "400" && p <= "499", p >= "600" && p <= "799":
		return EnglandWales
	case p >= "320" && p <= "399":
		return NorthernIreland
	case p >= "010" && p <= "311":
		return Scotland
	}
	return Unallocated
}

// VerificationStatus is the NHS NUMBER STATUS INDICATOR CODE, "01" to "08".
type VerificationStatus string

// Statuses that the product acts on; the others are carried as they come.
const (
	Verified      VerificationStatus = "01"
	NotTraced     VerificationStatus = "02"
	TraceRequired VerificationStatus = "03"
	ToBeResolved  VerificationStatus = "05"
)

// ParseStatus reads "01" to "08"; a single digit is taken as well. ok is false
// for anything else.
func ParseStatus(s string) (status VerificationStatus, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) == 1 {
		s = "0" + s
	}
	status = VerificationStatus(s)
	return status, status.Display() != ""
}

// Display is the wording of UKCore-NHSNumberVerificationStatusEngland.
func (s VerificationStatus) Display() string {
	switch s {
	case "01":
		return "Number present and verified"
	case "02":
		return "Number present but not traced"
	case "03":
		return "Trace required"
	case "04":
		return "Trace attempted - No match or multiple match found"
	case "05":
		return "Trace needs to be resolved - (NHS number or patient detail conflict)"
	case "06":
		return "Trace in progress"
	case "07":
		return "Number not present and trace not required"
	case "08":
		return "Trace postponed (baby under six weeks old)"
	}
	return ""
}
