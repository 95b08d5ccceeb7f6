// What the app finds out, a line each, for the test to read.
const say = (line) => { document.getElementById("out").textContent += line + "\n"; };
const count = (answer) => (answer.entry || []).filter((e) => e.search?.mode !== "outcome").length;
const status = async (client, url) => {
  try {
    const answer = await client.request(url);
    return answer.resourceType === "Bundle" ? "200 with " + count(answer) : "200";
  } catch (e) {
    return String(e.statusCode || e.status || e.message);
  }
};

async function run() {
  const client = await FHIR.oauth2.ready();
  const patient = await client.patient.read();
  const number = (patient.identifier || []).find((i) => i.system === "https://fhir.nhs.uk/Id/nhs-number")?.value;
  say("patient " + patient.name[0].family + " " + number);
  const user = await client.user.read();
  say("user " + user.resourceType + " " + user.name[0].text);
  say("encounter " + (client.encounter.id ? (await client.encounter.read()).status + " " + client.encounter.id : "none"));
  say("scope " + client.state.tokenResponse.scope);
  const labs = await client.request("Observation?patient=" + client.patient.id, { pageLimit: 0, flat: true });
  const categories = new Set(labs.flatMap((o) => (o.category || []).flatMap((c) => c.coding.map((x) => x.code))));
  say("observations " + labs.length + " of " + [...categories].sort().join(","));
  say("conditions " + await status(client, "Condition?patient=" + client.patient.id));
  say("everybody " + await status(client, "Patient?_summary=count&_total=accurate"));
  say("another " + await status(client, "Patient/" + settings.other));
  say("another's observations " + await status(client, "Observation?patient=" + settings.other));
  if (client.state.tokenResponse.refresh_token) {
    const before = client.state.tokenResponse.access_token;
    await client.refresh();
    say("refreshed " + (client.state.tokenResponse.access_token !== before) + " " + await status(client, "Patient/" + client.patient.id));
  }
}
run().then(() => { document.getElementById("end").textContent = "DONE"; }, (e) => { document.getElementById("end").textContent = "FAILED " + e.message; });
