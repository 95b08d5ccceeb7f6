package demo

import "strconv"

// Address is where somebody lives.
type Address struct{ Line, Locality, Town, Postcode string }

// district is one postcode district with the trusts that its people go to,
// nearest first, and its weight.
type district struct {
	outcode, locality, town string
	trust, next             string
	share                   int
}

func districts() []district {
	return []district{
		{"HA0", "Alperton", "Wembley", "R1K", "RYJ", 4}, {"HA1", "Greenhill", "Harrow", "R1K", "RAS", 5},
		{"HA2", "South Harrow", "Harrow", "R1K", "RAS", 6}, {"HA3", "Kenton", "Harrow", "R1K", "RYJ", 6},
		{"HA4", "Ruislip Manor", "Ruislip", "RAS", "R1K", 5}, {"HA5", "Eastcote", "Pinner", "R1K", "RAS", 4},
		{"HA6", "", "Northwood", "RAS", "R1K", 3}, {"HA7", "", "Stanmore", "R1K", "RYJ", 4},
		{"HA8", "Burnt Oak", "Edgware", "R1K", "RYJ", 3}, {"HA9", "Preston", "Wembley", "R1K", "RYJ", 5},
		{"UB1", "", "Southall", "R1K", "RAS", 6}, {"UB2", "Norwood Green", "Southall", "R1K", "RAS", 4},
		{"UB3", "", "Hayes", "RAS", "R1K", 6}, {"UB4", "Yeading", "Hayes", "RAS", "R1K", 5},
		{"UB5", "", "Northolt", "R1K", "RAS", 4}, {"UB6", "", "Greenford", "R1K", "RYJ", 4},
		{"UB7", "Yiewsley", "West Drayton", "RAS", "RQM", 4}, {"UB8", "Cowley", "Uxbridge", "RAS", "R1K", 5},
		{"UB9", "Harefield", "Uxbridge", "RAS", "R1K", 2}, {"UB10", "Hillingdon", "Uxbridge", "RAS", "R1K", 5},
		{"W2", "Paddington", "London", "RYJ", "RQM", 4}, {"W3", "Acton", "London", "RYJ", "R1K", 5},
		{"W4", "Chiswick", "London", "RYJ", "RQM", 3}, {"W5", "Ealing", "London", "R1K", "RYJ", 4},
		{"W6", "Hammersmith", "London", "RYJ", "RQM", 3}, {"W7", "Hanwell", "London", "R1K", "RQM", 3},
		{"W9", "Maida Vale", "London", "RYJ", "RQM", 3}, {"W10", "North Kensington", "London", "RYJ", "RQM", 3},
		{"W11", "Notting Hill", "London", "RYJ", "RQM", 2}, {"W12", "Shepherd's Bush", "London", "RYJ", "RQM", 5},
		{"W13", "West Ealing", "London", "R1K", "RYJ", 3}, {"W14", "West Kensington", "London", "RYJ", "RQM", 3},
		{"SW1V", "Pimlico", "London", "RQM", "RYJ", 2}, {"SW3", "Chelsea", "London", "RQM", "RYJ", 2},
		{"SW5", "Earl's Court", "London", "RQM", "RYJ", 2}, {"SW6", "Fulham", "London", "RQM", "RYJ", 4},
		{"SW10", "West Brompton", "London", "RQM", "RYJ", 3}, {"NW2", "Cricklewood", "London", "R1K", "RYJ", 4},
		{"NW6", "Kilburn", "London", "RYJ", "R1K", 5}, {"NW8", "St John's Wood", "London", "RYJ", "RQM", 3},
		{"NW9", "Kingsbury", "London", "R1K", "RYJ", 5}, {"NW10", "Willesden", "London", "R1K", "RYJ", 6},
		{"TW3", "", "Hounslow", "RQM", "RAS", 4}, {"TW4", "Hounslow West", "Hounslow", "RQM", "RAS", 3},
		{"TW5", "Heston", "Hounslow", "RQM", "RAS", 4}, {"TW7", "", "Isleworth", "RQM", "RYJ", 4},
		{"TW8", "", "Brentford", "RQM", "RYJ", 3}, {"TW13", "", "Feltham", "RQM", "RAS", 4},
		{"TW14", "East Bedfont", "Feltham", "RQM", "RAS", 3},
	}
}

var streets = []string{"Station Road", "High Street", "Church Road", "Park Avenue", "Kingsway", "Elm Grove", "Uxbridge Road",
	"The Avenue", "Victoria Road", "Lansdowne Road", "Chestnut Drive", "Manor Way", "Northcote Avenue", "Lady Margaret Road",
	"Cambridge Gardens", "Belsize Crescent", "Harlesden Lane", "Preston Hill", "Wellington Terrace", "Abbotts Drive",
	"Greenford Avenue", "Whitton Close", "Rosslyn Crescent", "Field End Way", "Byron Court", "Ladbroke Mews", "Goldhawk Place",
	"Churchfield Road", "Bath Road", "Thames View", "Mill Lane", "Kingshill Avenue", "Sudbury Court Drive", "Hale Drive",
	"Lampton Grove", "Cromwell Gardens", "Fernbank Avenue", "Vicarage Way", "Dawley Close", "Shakespeare Avenue"}

var houses = []string{"Wharf House", "Brunel Court", "Ada Lovelace House", "Grand Union Heights", "Rowan Court", "Meridian Point"}

// addressIn makes an address in a district. One in five lives in a flat.
func addressIn(d *draw, in *district) Address {
	line := strconv.Itoa(d.between(1, 214)) + " " + d.pick(streets)
	if d.chance(20) {
		line = "Flat " + strconv.Itoa(d.between(1, 48)) + ", " + d.pick(houses) + ", " + line
	}
	return Address{Line: line, Locality: in.locality, Town: in.town, Postcode: in.outcode + " " + inward(d)}
}

// inward is the second half of a postcode, with a letter that no real one has
// (C, I, K, M, O and V are left out of inward codes).
func inward(d *draw) string {
	return string([]byte{'0' + byte(d.below(10)), "CIKMOV"[d.below(6)], "ABDEFGHJLNPQRSTUWXYZ"[d.below(20)]})
}

// Practice is a general practice, with one of its doctors.
type Practice struct{ Name, Code, Doctor, Given string }

// practiceIn gives a practice near a district: made-up names, and codes in a
// range that belongs to none.
func practiceIn(d *draw, in *district) Practice {
	n := d.below(4)
	kind := []string{"Surgery", "Medical Centre", "Health Centre", "Group Practice"}[n]
	place := in.locality
	if place == "" {
		place = in.town
	}
	h := drawFor(hash(in.outcode), uint64(n))
	return Practice{
		Name: place + " " + kind, Code: "E99" + pad(int(hash(in.outcode+kind)%1000), 3),
		Doctor: h.pick(doctorFamilies), Given: h.pick(doctorGiven),
	}
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}
