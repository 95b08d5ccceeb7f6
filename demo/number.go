package demo

import "concord/standard/uk"

// numbersPerRange is how many NHS numbers are taken of each thousand-range
// (999, then 998 and so on, all never issued): of every eight digits nine
// valid ninth digits, since one in eleven stems has no check digit.
const numbersPerRange = 900_000

// NHSNumber gives the NHS number of an index: unique and valid, in the 999
// range for the first 900,000, in those below for more. Indexes up to 90
// million have one.
func NHSNumber(seed uint64, index int) string {
	const step = 561_437 // coprime to numbersPerRange, so that neighbours lie far apart
	n := (uint64(index%numbersPerRange)*step + seed%numbersPerRange*7919) % numbersPerRange
	stem := [10]byte{}
	write(stem[:3], uint64(999-index/numbersPerRange))
	write(stem[3:8], n/9)
	skip := n % 9
	for stem[8] = '0'; ; stem[8]++ {
		check, ok := uk.CheckDigit(string(stem[:9]))
		switch {
		case !ok:
		case skip > 0:
			skip--
		default:
			stem[9] = check
			return string(stem[:])
		}
	}
}

// write fills b with the digits of n.
func write(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}

// hospitalNumber is the number by which a trust knows the person of an index.
// Each trust has its own shape, and its own order.
func hospitalNumber(trust string, seed uint64, index int) string {
	const most = 10_000_000
	var step, from uint64
	switch trust {
	case "R1K":
		step, from = 7_368_787, 481_516
	case "RAS":
		step, from = 3_141_593, 234_204
	case "RQM":
		step, from = 2_718_281, 815_162
	default:
		step, from = 5_772_157, 342_108
	}
	digits := [7]byte{}
	write(digits[:], (uint64(index)*step+from+seed)%most)
	switch trust {
	case "R1K":
		return "L" + string(digits[:])
	case "RAS":
		return "UX-" + string(digits[:])
	case "RQM":
		return string(digits[:]) + string("ABCDEFGHJKLMNPRSTUVWXYZ"[(index+3)%23])
	}
	return "40" + string(digits[:])
}
