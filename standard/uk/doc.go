// Package uk owns what is particular to the NHS: the NHS number and the status
// of its verification, ODS codes and the trusts of the domain, the systems of
// identifiers, UK Core names, NEWS2, the codes of vital signs, the clocks of
// referral to treatment, and the rules by which names, dates, ages and numbers
// are shown.
//
// It is pure: no I/O and no clock; whoever asks for an age says of what day.
//
// Invariants: a number is joined on or searched by only if it is well formed; a
// NEWS2 total exists only if all seven parameters do; a clock's start is never
// invented, and what breaks the rules is a finding that leaves the clock running.
//
// Sources: NHS Data Model and Dictionary (NHS NUMBER, NHS NUMBER STATUS
// INDICATOR CODE, ETHNIC CATEGORY, REFERRAL TO TREATMENT PERIOD STATUS); ISB 0149 (NHS number display); UK Core STU2
// (https://fhir.hl7.org.uk); Royal College of Physicians, National Early
// Warning Score (NEWS) 2, London 2017, reproduced with acknowledgement; NHS
// Common User Interface guides NID (name), D+Ta (date), NUM (NHS number), PAB
// (banner).
package uk
