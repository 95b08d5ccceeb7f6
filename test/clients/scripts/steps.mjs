// Steps of a script, in their order: each prints a line of JSON that the Go test
// reads. A step that fails does not keep the others from being tried.
import assert from "node:assert/strict";

export const base = process.env.FHIR_BASE;
export const token = process.env.FHIR_TOKEN;

export async function step(name, run) {
  const line = { step: name };
  try {
    await run();
  } catch (e) {
    const body = e.response?.data ?? e.body;
    line.error = (e.stack ?? String(e)) + (body ? "\n" + JSON.stringify(body) : "");
  }
  console.log(JSON.stringify(line));
}

// refused awaits a failure with a status, and gives the issue that explains it.
export async function refused(status, call, outcomeOf) {
  let failure;
  try {
    await call();
  } catch (e) {
    failure = e;
  }
  assert.ok(failure, "the request was accepted");
  const { status: got, outcome } = await outcomeOf(failure);
  assert.equal(got, status);
  assert.equal(outcome?.resourceType, "OperationOutcome", JSON.stringify(outcome));
  const issue = outcome.issue[0];
  assert.ok(["error", "fatal"].includes(issue.severity), issue.severity);
  assert.ok(issue.diagnostics || issue.details?.text, "the issue says nothing");
  return issue;
}

export const patient = (family, number) => ({
  resourceType: "Patient",
  identifier: [{ system: "urn:concord:test:clients", value: number }],
  name: [{ use: "official", family, given: ["Ada"] }],
  gender: "female",
  birthDate: "1948-03-14",
});

export const observation = (subject, value, date) => ({
  resourceType: "Observation",
  status: "final",
  category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "laboratory" }] }],
  code: { coding: [{ system: "http://loinc.org", code: "718-7", display: "Hemoglobin" }] },
  subject: { reference: subject },
  effectiveDateTime: date,
  valueQuantity: { value, unit: "g/L", system: "http://unitsofmeasure.org", code: "g/L" },
});

// transaction is a new patient with some observations that name her by urn:uuid.
export function transaction(family, number, results) {
  const urn = "urn:uuid:5d0d6e4e-7a0c-4f43-9d0e-0c6a5a1f3b01";
  const post = (resource, fullUrl) => ({ fullUrl, resource, request: { method: "POST", url: resource.resourceType } });
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      post(patient(family, number), urn),
      ...Array.from({ length: results }, (_, i) =>
        post(observation(urn, 100 + i, `2026-03-01T${String(i % 24).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}:00Z`))),
    ],
  };
}

// idsOf are the ids of the matches on a page.
export const idsOf = (bundle) =>
  (bundle.entry ?? []).filter((e) => (e.search?.mode ?? "match") === "match").map((e) => e.resource.id);

// allDifferent tells that pages overlap nowhere and together are a number.
export function allDifferent(ids, count) {
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count, "pages overlap");
}

// sameContent compares what was read with what was sent. The link to the human
// being whose entry it is belongs to the shared record, not to the sender.
export function sameContent(read, sent) {
  const { link: _, ...content } = read;
  const { link: __, ...expected } = sent;
  assert.deepEqual(content, expected);
}
