import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";
import { allDifferent, base, idsOf, observation, patient, refused, sameContent, step, token, transaction } from "./steps.mjs";

const client = new Client({ baseUrl: base, bearerToken: token });
const http = (resource) => Client.httpFor(resource).response;
const outcomeOf = (e) => ({ status: e.response?.status, outcome: e.response?.data });
const fails = (status, call) => refused(status, call, outcomeOf);

let ada;

await step("capability statement", async () => {
  const statement = await client.capabilityStatement();
  assert.equal(statement.fhirVersion, "4.0.1");
  const kept = statement.rest[0].resource.find((r) => r.type === "Patient");
  for (const code of ["read", "vread", "create", "update", "patch", "delete", "history-instance", "search-type"]) {
    assert.ok(kept.interaction.some((i) => i.code === code), code);
  }
});

await step("create", async () => {
  ada = await client.create({ resourceType: "Patient", body: patient("Okonkwo", "kit-1") });
  assert.equal(http(ada).status, 201);
  assert.match(http(ada).headers.get("location"), new RegExp(`/Patient/${ada.id}/_history/1$`));
  assert.equal(http(ada).headers.get("etag"), 'W/"1"');
  assert.ok(ada.id && ada.meta.versionId === "1" && ada.meta.lastUpdated);
});

await step("read", async () => {
  const read = await client.read({ resourceType: "Patient", id: ada.id });
  sameContent(read, ada);
});

await step("update, and version conflict", async () => {
  const changed = { ...ada, name: [{ ...ada.name[0], given: ["Ada", "Grace"] }] };
  const next = await client.update({ resourceType: "Patient", id: ada.id, body: changed, options: { headers: { "If-Match": 'W/"1"' } } });
  assert.equal(next.meta.versionId, "2");
  assert.deepEqual(next.name[0].given, ["Ada", "Grace"]);
  await fails(412, () => client.update({ resourceType: "Patient", id: ada.id, body: changed, options: { headers: { "If-Match": 'W/"1"' } } }));
  const first = await client.vread({ resourceType: "Patient", id: ada.id, version: "1" });
  assert.deepEqual(first.name[0].given, ["Ada"]);
});

await step("patch", async () => {
  const patched = await client.patch({
    resourceType: "Patient", id: ada.id,
    jsonPatch: [{ op: "test", path: "/gender", value: "female" }, { op: "replace", path: "/birthDate", value: "1948-03-15" }],
  });
  assert.equal(patched.birthDate, "1948-03-15");
  assert.equal(patched.meta.versionId, "3");
  await fails(422, () => client.patch({ resourceType: "Patient", id: ada.id, jsonPatch: [{ op: "test", path: "/gender", value: "male" }] }));
});

await step("history", async () => {
  const history = await client.history({ resourceType: "Patient", id: ada.id });
  assert.equal(history.type, "history");
  assert.equal(history.total, 3);
  assert.deepEqual(history.entry.map((e) => e.resource.meta.versionId), ["3", "2", "1"]);
  assert.equal(history.entry[2].request.method, "POST");
  assert.equal(history.entry[1].request.method, "PUT");
  assert.equal((await client.history({ resourceType: "Patient" })).type, "history");
  assert.equal((await client.history()).type, "history");
});

await step("conditional create and update", async () => {
  const once = { headers: { "If-None-Exist": "identifier=urn:concord:test:clients|kit-1" } };
  const there = await client.create({ resourceType: "Patient", body: patient("Okonkwo", "kit-1"), options: once });
  assert.equal(http(there).status, 200);
  assert.equal(there.id, ada.id);
  const searchParams = { identifier: "urn:concord:test:clients|kit-2" };
  const made = await client.update({ resourceType: "Patient", searchParams, body: patient("Bell", "kit-2") });
  assert.equal(http(made).status, 201);
  const again = await client.update({ resourceType: "Patient", searchParams, body: patient("Bell-Hooks", "kit-2") });
  assert.equal(http(again).status, 200);
  assert.equal(again.id, made.id);
  assert.equal(again.meta.versionId, "2");
});

await step("transaction", async () => {
  const answer = await client.transaction({ body: transaction("Lovelace", "kit-3", 25) });
  assert.equal(answer.type, "transaction-response");
  assert.equal(answer.entry.length, 26);
  assert.ok(answer.entry.every((e) => e.response.status.startsWith("201")));
  const [, id] = answer.entry[0].response.location.match(/Patient\/([^/]+)/);
  const all = await client.search({ resourceType: "Observation", searchParams: { patient: id, _summary: "count" } });
  assert.equal(all.total, 25);
  const bad = transaction("Nobody", "kit-4", 1);
  delete bad.entry[1].resource.code;
  const issue = await fails(422, () => client.transaction({ body: bad }));
  assert.match(JSON.stringify(issue), /code/);
  const none = await client.search({ resourceType: "Patient", searchParams: { identifier: "urn:concord:test:clients|kit-4" } });
  assert.equal(idsOf(none).length, 0, "half of a transaction was kept");
});

await step("batch", async () => {
  const answer = await client.batch({
    body: {
      resourceType: "Bundle", type: "batch",
      entry: [
        { request: { method: "GET", url: `Patient/${ada.id}` } },
        { request: { method: "GET", url: "Patient/nobody" } },
        { resource: observation(`Patient/${ada.id}`, 131.50, "2026-04-01"), request: { method: "POST", url: "Observation" } },
      ],
    },
  });
  assert.deepEqual(answer.entry.map((e) => e.response.status.slice(0, 3)), ["200", "404", "201"]);
});

await step("search, through all pages and back", async () => {
  const ids = [];
  let page = await client.search({ resourceType: "Observation", searchParams: { "patient.family": "Lovelace", _count: 7, _sort: "-date" } });
  let last;
  for (; page; page = await client.nextPage({ bundle: page })) {
    assert.equal(page.type, "searchset");
    assert.ok(idsOf(page).length <= 7);
    ids.push(...idsOf(page));
    last = page;
  }
  allDifferent(ids, 25);
  if (last.link.some((l) => l.relation.startsWith("prev"))) {
    const before = await client.prevPage({ bundle: last });
    assert.deepEqual(idsOf(before), ids.slice(14, 21));
  }
});

await step("search by POST, in a compartment, with an include", async () => {
  const found = await client.search({ resourceType: "Patient", searchParams: { name: "okon" }, options: { postSearch: true } });
  assert.deepEqual(idsOf(found), [ada.id]);
  const within = await client.search({ resourceType: "Observation", compartment: { resourceType: "Patient", id: ada.id }, searchParams: { code: "718-7" } });
  assert.equal(idsOf(within).length, 1);
  const along = await client.search({ resourceType: "Observation", searchParams: { patient: ada.id, _include: "Observation:patient" } });
  assert.ok(along.entry.some((e) => e.search.mode === "include" && e.resource.id === ada.id));
});

await step("reference", async () => {
  const subject = await client.resolve({ reference: `Patient/${ada.id}` });
  assert.equal(subject.id, ada.id);
});

await step("operations", async () => {
  const everything = await client.operation({ name: "everything", resourceType: "Patient", id: ada.id, method: "GET" });
  assert.equal(everything.type, "searchset");
  assert.ok(everything.entry.some((e) => e.resource.resourceType === "Observation"));
  const outcome = await client.operation({ name: "validate", resourceType: "Patient", input: patient("Fine", "kit-9") });
  assert.equal(outcome.resourceType, "OperationOutcome");
  assert.ok(!outcome.issue.some((i) => i.severity === "error"));
});

await step("delete", async () => {
  const doomed = await client.create({ resourceType: "Patient", body: patient("Gone", "kit-5") });
  await client.delete({ resourceType: "Patient", id: doomed.id });
  await fails(410, () => client.read({ resourceType: "Patient", id: doomed.id }));
  const history = await client.history({ resourceType: "Patient", id: doomed.id });
  assert.equal(history.entry[0].request.method, "DELETE");
});

await step("errors are OperationOutcomes", async () => {
  assert.equal((await fails(404, () => client.read({ resourceType: "Patient", id: "nobody" }))).code, "not-found");
  await fails(400, () => client.search({ resourceType: "Patient", searchParams: { colour: "red" } }));
  const issue = await fails(422, () => client.create({ resourceType: "Observation", body: { resourceType: "Observation", status: "final" } }));
  assert.equal(issue.expression[0], "Observation.code");
  await fails(400, () => client.request("Patient", { method: "POST", body: "{", options: { headers: { "content-type": "application/fhir+json" } } }));
  const stranger = new Client({ baseUrl: base, bearerToken: "concord_not-a-token" });
  await fails(401, () => stranger.read({ resourceType: "Patient", id: ada.id }));
});
