// Opened from a patient's page there are iss and launch in the address; by
// itself the app knows where the server is.
const query = new URLSearchParams(location.search);
const options = query.has("launch")
  ? { clientId: settings.client, scope: "launch launch/encounter openid fhirUser patient/Patient.rs patient/Encounter.rs patient/Observation.rs?category=laboratory user/Practitioner.r", redirectUri: "/app.html", pkceMode: "required" }
  : { clientId: settings.client, iss: settings.iss, scope: "launch/patient openid fhirUser offline_access patient/*.read", redirectUri: "/app.html", pkceMode: "required" };
FHIR.oauth2.authorize(options).catch((e) => { document.getElementById("state").textContent = "FAILED " + e.message; });
