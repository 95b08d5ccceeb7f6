package conformance

// refusedExamples are the official examples that break R4's own rules, or that a
// server does not take from outside, and why: every other one is to be accepted.
var refusedExamples = map[string]string{
	"AuditEvent-example-disclosure.json":                              "AuditEvents are read, never written",
	"AuditEvent-example-logout.json":                                  "AuditEvents are read, never written",
	"AuditEvent-example-rest.json":                                    "AuditEvents are read, never written",
	"Bundle-lri-example.json":                                         "a fullUrl that is another resource's",
	"DeviceMetric-example.json":                                       "a reference to a type that is not allowed",
	"DeviceUseStatement-example.json":                                 "a reference to a type that is not allowed",
	"MedicationRequest-medrx0301.json":                                "a reference to a type that is not allowed",
	"EventDefinition-example.json":                                    "an empty narrative",
	"Questionnaire-qs1.json":                                          "items without a type",
	"SearchParameter-codesystem-extensions-CodeSystem-author.json":    "no description",
	"SearchParameter-codesystem-extensions-CodeSystem-effective.json": "no description",
	"SearchParameter-codesystem-extensions-CodeSystem-workflow.json":  "no description",
	"SearchParameter-valueset-extensions-ValueSet-effective.json":     "no description",
	"SearchParameter-valueset-extensions-ValueSet-end.json":           "no description",
	"SearchParameter-valueset-extensions-ValueSet-workflow.json":      "no description",
	"StructureDefinition-Definition.json":                             "sdf-4: no baseDefinition",
	"StructureDefinition-FiveWs.json":                                 "sdf-4: no baseDefinition",
	"ig-r4.json":                                                      "required elements are missing",
	"Extension-UKCore-ConditionEpisode-Example.xml":                   "two types of a choice",
	"UKCore-AuditEvent-Query-Example.xml":                             "AuditEvents are read, never written",
	"QuestionnaireResponse-ussg-fht-answers.json":                     "about the Patient of another server",
	"UKCore-Composition-Discharge-Example.xml":                        "references into a document that is not there",
	"UKCore-MedicationDispense-CiprofloxacinIV-Example.xml":           "an id in place of a reference",
}
