package hl7v2

import "strings"

// FieldName is what the standard calls a field (HL7 2.5.1, chapters 2, 3, 4, 7,
// 9, 10), "" for segments that are not listed here.
func FieldName(segment string, field int) string {
	names := strings.Split(fieldNames(segment), "|")
	if field < 1 || field > len(names) {
		return ""
	}
	return names[field-1]
}

// fieldNames lists a segment's fields in order.
func fieldNames(segment string) string {
	switch segment {
	case "MSH":
		return "Field separator|Encoding characters|Sending application|Sending facility|Receiving application|Receiving facility|Date/time of message|Security|Message type|Message control ID|Processing ID|Version ID|Sequence number|Continuation pointer|Accept acknowledgment type|Application acknowledgment type|Country code|Character set|Principal language of message|Alternate character set handling scheme|Message profile identifier"
	case "EVN":
		return "Event type code|Recorded date/time|Date/time planned event|Event reason code|Operator ID|Event occurred|Event facility"
	case "PID":
		return "Set ID|Patient ID|Patient identifier list|Alternate patient ID|Patient name|Mother's maiden name|Date/time of birth|Administrative sex|Patient alias|Race|Patient address|County code|Phone number (home)|Phone number (business)|Primary language|Marital status|Religion|Patient account number|SSN number|Driver's licence number|Mother's identifier|Ethnic group|Birth place|Multiple birth indicator|Birth order|Citizenship|Veterans military status|Nationality|Patient death date and time|Patient death indicator|Identity unknown indicator|Identity reliability code|Last update date/time"
	case "PD1":
		return "Living dependency|Living arrangement|Patient primary facility|Patient primary care provider"
	case "NK1":
		return "Set ID|Name|Relationship|Address|Phone number|Business phone number|Contact role|Start date|End date"
	case "PV1":
		return "Set ID|Patient class|Assigned patient location|Admission type|Preadmit number|Prior patient location|Attending doctor|Referring doctor|Consulting doctor|Hospital service|Temporary location|Preadmit test indicator|Re-admission indicator|Admit source|Ambulatory status|VIP indicator|Admitting doctor|Patient type|Visit number|Financial class|Charge price indicator|Courtesy code|Credit rating|Contract code|Contract effective date|Contract amount|Contract period|Interest code|Transfer to bad debt code|Transfer to bad debt date|Bad debt agency code|Bad debt transfer amount|Bad debt recovery amount|Delete account indicator|Delete account date|Discharge disposition|Discharged to location|Diet type|Servicing facility|Bed status|Account status|Pending location|Prior temporary location|Admit date/time|Discharge date/time|Current patient balance|Total charges|Total adjustments|Total payments|Alternate visit ID|Visit indicator"
	case "PV2":
		return "Prior pending location|Accommodation code|Admit reason|Transfer reason|Patient valuables|Patient valuables location|Visit user code|Expected admit date/time|Expected discharge date/time"
	case "MRG":
		return "Prior patient identifier list|Prior alternate patient ID|Prior patient account number|Prior patient ID|Prior visit number|Prior alternate visit ID|Prior patient name"
	case "AL1":
		return "Set ID|Allergen type code|Allergen code|Allergy severity code|Allergy reaction code|Identification date"
	case "DG1":
		return "Set ID|Diagnosis coding method|Diagnosis code|Diagnosis description|Diagnosis date/time|Diagnosis type"
	case "PR1":
		return "Set ID|Procedure coding method|Procedure code|Procedure description|Procedure date/time|Procedure functional type"
	case "ORC":
		return "Order control|Placer order number|Filler order number|Placer group number|Order status|Response flag|Quantity/timing|Parent|Date/time of transaction|Entered by|Verified by|Ordering provider|Enterer's location|Call back phone number|Order effective date/time"
	case "OBR":
		return "Set ID|Placer order number|Filler order number|Universal service identifier|Priority|Requested date/time|Observation date/time|Observation end date/time|Collection volume|Collector identifier|Specimen action code|Danger code|Relevant clinical information|Specimen received date/time|Specimen source|Ordering provider|Order callback phone number|Placer field 1|Placer field 2|Filler field 1|Filler field 2|Results report/status change date/time|Charge to practice|Diagnostic service section ID|Result status|Parent result|Quantity/timing|Result copies to|Parent|Transportation mode|Reason for study|Principal result interpreter|Assistant result interpreter|Technician|Transcriptionist"
	case "OBX":
		return "Set ID|Value type|Observation identifier|Observation sub-ID|Observation value|Units|References range|Abnormal flags|Probability|Nature of abnormal test|Observation result status|Effective date of reference range|User defined access checks|Date/time of the observation|Producer's ID|Responsible observer|Observation method"
	case "NTE":
		return "Set ID|Source of comment|Comment|Comment type"
	case "TXA":
		return "Set ID|Document type|Document content presentation|Activity date/time|Primary activity provider|Origination date/time|Transcription date/time|Edit date/time|Originator|Assigned document authenticator|Transcriptionist|Unique document number|Parent document number|Placer order number|Filler order number|Unique document file name|Document completion status"
	case "SCH":
		return "Placer appointment ID|Filler appointment ID|Occurrence number|Placer group number|Schedule ID|Event reason|Appointment reason|Appointment type|Appointment duration|Appointment duration units|Appointment timing quantity"
	case "MSA":
		return "Acknowledgment code|Message control ID|Text message"
	}
	return ""
}
