package search

import (
	"math"
	"strconv"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// near is a place and how far around it:
// latitude|longitude[|distance[|units]], km by default
// (https://hl7.org/fhir/R4/location.html#positional).
type near struct{ lat, lon, km float64 }

// kmOf is a unit in kilometres, by UCUM code or the name in use.
var kmOf = map[string]float64{"km": 1, "m": 0.001, "[mi_us]": 1.609347, "[mi_i]": 1.609344, "mi": 1.609344, "miles": 1.609344, "": 1}

// nearby is the distance when none is given.
const nearby = 10

func (p *Param) nearQuery(s string) (Value, error) {
	parts := strings.Split(s, "|")
	n := near{km: nearby}
	var numbers [3]float64
	for i := range min(len(parts), 3) {
		f, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, bad(p, "a place is latitude|longitude|distance|units")
		}
		numbers[i] = f
	}
	unit := ""
	if len(parts) == 4 {
		unit = parts[3]
	}
	scale, known := kmOf[unit]
	n.lat, n.lon = numbers[0], numbers[1]
	if len(parts) > 2 {
		n.km = numbers[2] * scale
	}
	if len(parts) < 2 || len(parts) > 4 || !known || math.Abs(n.lat) > 90 || math.Abs(n.lon) > 180 || n.km < 0 {
		return Value{}, fault.New(fault.Invalid, "search.value", "a place is latitude|longitude|distance|units, in degrees and km, m or [mi_i]").In(p.Name)
	}
	return Value{Near: &n}, nil
}

// holds tells whether a position lies around the place.
func (n *near) holds(position *fhir.Value) bool {
	lat, err1 := strconv.ParseFloat(position.Get("latitude").Raw(), 64)
	lon, err2 := strconv.ParseFloat(position.Get("longitude").Raw(), 64)
	if err1 != nil || err2 != nil {
		return false
	}
	const radians, earth = math.Pi / 180, 6371.0088
	a, b := math.Sin((lat-n.lat)*radians/2), math.Sin((lon-n.lon)*radians/2)
	h := a*a + math.Cos(lat*radians)*math.Cos(n.lat*radians)*b*b
	return 2*earth*math.Asin(math.Min(1, math.Sqrt(h))) <= n.km
}
