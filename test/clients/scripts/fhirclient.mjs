import assert from "node:assert/strict";
import smart from "fhirclient";
import { allDifferent, base, idsOf, observation, patient, refused, sameContent, step, token, transaction } from "./steps.mjs";

const client = smart({}, {}).client({ serverUrl: base, tokenResponse: { access_token: token } });
// The client spends the body on the message of its error, after an empty line.
const outcomeOf = (e) => ({ status: e.statusCode, outcome: JSON.parse(e.message.slice(e.message.indexOf("\n\n"))) });
const fails = (status, call) => refused(status, call, outcomeOf);

let ada;
let lovelace;

await step("create", async () => {
  ada = await client.create(patient("Okafor", "smart-1"));
  assert.equal(ada.meta.versionId, "1");
});

await step("read", async () => {
  sameContent(await client.request(`Patient/${ada.id}`), ada);
});

await step("update", async () => {
  const next = await client.update({ ...ada, birthDate: "1950-01-01" });
  assert.equal(next.birthDate, "1950-01-01");
  assert.equal(next.meta.versionId, "2");
});

await step("patch", async () => {
  const next = await client.patch(`Patient/${ada.id}`, [{ op: "add", path: "/active", value: true }]);
  assert.equal(next.active, true);
  assert.equal(next.meta.versionId, "3");
});

await step("conditional create", async () => {
  const there = await client.create(patient("Okafor", "smart-1"), { headers: { "If-None-Exist": "identifier=urn:concord:test:clients|smart-1" } });
  assert.equal(there.id, ada.id);
});

await step("transaction", async () => {
  const answer = await client.request({
    url: "", method: "POST", headers: { "content-type": "application/fhir+json" },
    body: JSON.stringify(transaction("Byron", "smart-2", 33)),
  });
  assert.equal(answer.type, "transaction-response");
  assert.equal(answer.entry.length, 34);
  [, lovelace] = answer.entry[0].response.location.match(/(Patient\/[^/]+)/);
});

await step("search, all pages flat", async () => {
  const all = await client.request(`Observation?patient=${lovelace}&_count=10&_sort=date`, { pageLimit: 0, flat: true });
  allDifferent(all.map((o) => o.id), 33);
  const dates = all.map((o) => o.effectiveDateTime);
  assert.deepEqual(dates, [...dates].sort());
});

await step("search, page by page", async () => {
  const sizes = [];
  await client.request(`Observation?patient=${lovelace}&_count=10`, { pageLimit: 0, onPage: (page) => sizes.push(idsOf(page).length) });
  assert.deepEqual(sizes, [10, 10, 10, 3]);
});

await step("references are resolved", async () => {
  const [first] = await client.request(`Observation?patient=${lovelace}&_count=1`, { pageLimit: 1, flat: true, resolveReferences: ["subject"] });
  assert.equal(first.subject.resourceType, "Patient");
  assert.equal(first.subject.name[0].family, "Byron");
});

await step("values by code", async () => {
  const all = await client.request(`Observation?patient=${lovelace}&code=http://loinc.org|718-7`, { pageLimit: 0, flat: true });
  const haemoglobin = client.byCodes(all, "code")("718-7");
  assert.equal(haemoglobin.length, 33);
  assert.equal(client.getPath(haemoglobin[0], "valueQuantity.unit"), "g/L");
});

await step("history", async () => {
  const history = await client.request(`Patient/${ada.id}/_history`);
  assert.equal(history.total, 3);
  const first = await client.request(`Patient/${ada.id}/_history/1`);
  assert.equal(first.birthDate, "1948-03-14");
});

await step("delete", async () => {
  const doomed = await client.create(observation(`Patient/${ada.id}`, 99.90, "2026-05-05"));
  await client.delete(`Observation/${doomed.id}`);
  await fails(410, () => client.request(`Observation/${doomed.id}`));
});

await step("errors are OperationOutcomes", async () => {
  const issue = await fails(422, () => client.create({ resourceType: "Patient", gender: "blue" }));
  assert.match(issue.expression[0], /^Patient\.gender/);
  await fails(404, () => client.request("Patient/nobody"));
  await fails(400, () => client.request("Patient?birthdate=yesterday"));
});
