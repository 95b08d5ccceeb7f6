package fhirpath

import "time"

// The clock of the evaluation (http://hl7.org/fhirpath/N1/#utility-functions):
// it stands still while an expression is evaluated. Without Env.Now these are
// empty.

func (m *machine) now() (*moment, bool) {
	if m.env.Now.IsZero() {
		return nil, false
	}
	zone := m.env.Zone
	if zone == nil {
		zone = time.UTC
	}
	return momentAt(m.env.Now.In(zone)), true
}

func now(m *machine, _ call) error {
	at, ok := m.now()
	if !ok {
		return nil
	}
	return m.push(at.item())
}

func today(m *machine, _ call) error {
	at, ok := m.now()
	if !ok {
		return nil
	}
	day := &moment{year: at.year, month: at.month, day: at.day, precision: toDay}
	return m.push(day.item())
}

func timeOfDay(m *machine, _ call) error {
	at, ok := m.now()
	if !ok {
		return nil
	}
	clock := &moment{
		hour: at.hour, minute: at.minute, second: at.second, nano: at.nano, fraction: 3, precision: toSecond, clock: true,
	}
	return m.push(clock.item())
}
