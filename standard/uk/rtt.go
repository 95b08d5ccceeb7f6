package uk

// RTTStatus is the REFERRAL TO TREATMENT PERIOD STATUS of one activity, "10"
// to "99"; "" = the source gave none.
//
// Source: NHS Data Model and Dictionary, REFERRAL TO TREATMENT PERIOD STATUS
// (https://www.datadictionary.nhs.uk/attributes/referral_to_treatment_period_status.html).
type RTTStatus string

// The statuses.
const (
	RTTFirstActivity       RTTStatus = "10" // starts the clock, as of the referral
	RTTAfterMonitoring     RTTStatus = "11" // starts a clock at the end of active monitoring
	RTTConsultantReferral  RTTStatus = "12" // starts a clock: referred on for a separate condition
	RTTSubsequent          RTTStatus = "20"
	RTTTransfer            RTTStatus = "21" // another provider goes on with the same clock
	RTTTreatment           RTTStatus = "30" // first definitive treatment
	RTTMonitoringPatient   RTTStatus = "31" // active monitoring, begun by the patient
	RTTMonitoringClinician RTTStatus = "32" // active monitoring, begun by a care professional
	RTTFirstNotAttended    RTTStatus = "33" // did not attend the first activity after the referral
	RTTNoTreatment         RTTStatus = "34" // decision not to treat
	RTTDeclined            RTTStatus = "35" // the patient declined the treatment
	RTTDied                RTTStatus = "36"
	RTTAfterTreatment      RTTStatus = "90"
	RTTDuringMonitoring    RTTStatus = "91"
	RTTNotYetReferred      RTTStatus = "92" // diagnostic tests by the general practice
	RTTNotApplicable       RTTStatus = "98"
	RTTNotYetKnown         RTTStatus = "99"
)

// RTTPhase is what a status does to the clock.
type RTTPhase uint8

// The phases.
const (
	RTTUnknown   RTTPhase = iota // no such status
	RTTStarts                    // 10, 11, 12
	RTTContinues                 // 20, 21
	RTTStops                     // 30 to 36
	RTTOutside                   // 90, 91, 92, 98: no clock runs
	RTTUndecided                 // 99
)

// Phase tells what the status does to the clock.
func (s RTTStatus) Phase() RTTPhase {
	switch s {
	case RTTFirstActivity, RTTAfterMonitoring, RTTConsultantReferral:
		return RTTStarts
	case RTTSubsequent, RTTTransfer:
		return RTTContinues
	case RTTTreatment, RTTMonitoringPatient, RTTMonitoringClinician, RTTFirstNotAttended, RTTNoTreatment, RTTDeclined, RTTDied:
		return RTTStops
	case RTTAfterTreatment, RTTDuringMonitoring, RTTNotYetReferred, RTTNotApplicable:
		return RTTOutside
	case RTTNotYetKnown:
		return RTTUndecided
	}
	return RTTUnknown
}

// Display is the meaning in words, "" for what is no status.
func (s RTTStatus) Display() string {
	switch s {
	case RTTFirstActivity:
		return "First activity of a referral to treatment period"
	case RTTAfterMonitoring:
		return "First activity after active monitoring"
	case RTTConsultantReferral:
		return "First activity after a consultant's referral for a separate condition"
	case RTTSubsequent:
		return "Subsequent activity"
	case RTTTransfer:
		return "Transfer to another provider"
	case RTTTreatment:
		return "Start of first definitive treatment"
	case RTTMonitoringPatient:
		return "Start of active monitoring by the patient"
	case RTTMonitoringClinician:
		return "Start of active monitoring by the care professional"
	case RTTFirstNotAttended:
		return "Did not attend the first activity after the referral"
	case RTTNoTreatment:
		return "Decision not to treat"
	case RTTDeclined:
		return "Patient declined the treatment"
	case RTTDied:
		return "Patient died before treatment"
	case RTTAfterTreatment:
		return "After treatment"
	case RTTDuringMonitoring:
		return "During active monitoring"
	case RTTNotYetReferred:
		return "Not yet referred: diagnostic tests by the general practice"
	case RTTNotApplicable:
		return "Not applicable"
	case RTTNotYetKnown:
		return "Not yet known"
	}
	return ""
}

// ReferralPriority is the PRIORITY TYPE of a referral.
type ReferralPriority string

// The priorities.
const (
	Routine     ReferralPriority = "1"
	Urgent      ReferralPriority = "2"
	TwoWeekWait ReferralPriority = "3"
)

// RTTActivity is what kind of activity an event is.
type RTTActivity uint8

// The kinds.
const (
	RTTFirstAppointment RTTActivity = iota + 1
	RTTFollowUp                     // any later appointment
	RTTAdmission                    // for treatment
	RTTOther                        // a letter, a decision, a discharge
)

// RTTOutcome is whether the patient came.
type RTTOutcome uint8

// The outcomes.
const (
	RTTAttended        RTTOutcome = iota // also of what is not attended, such as a letter
	RTTDidNotAttend                      // without notice
	RTTCancelledByThem                   // by the patient, with notice
	RTTCancelledByUs                     // by the provider
)

// NotAttendedStatus is the status of an activity that the patient did not
// attend, when the source gives none. Only a first appointment of a routine or
// urgent referral ends the period (33, and rebooking begins a new one); after a
// two-week-wait referral, at a follow-up or an admission the clock goes on,
// unless the patient is discharged to the referrer.
func NotAttendedStatus(kind RTTActivity, priority ReferralPriority, discharged bool) RTTStatus {
	switch {
	case kind == RTTFirstAppointment && priority != TwoWeekWait:
		return RTTFirstNotAttended
	case discharged:
		return RTTNoTreatment
	}
	return RTTSubsequent
}
