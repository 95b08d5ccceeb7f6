// A certified OpenID Connect provider, set up with the claims of CIS2 and NHS
// login. Settings come as JSON on standard input; it says "listening" when it
// does. Signing in there is by name alone: only the tests reach it.
import Provider from "oidc-provider";
import { createServer } from "node:http";

let text = "";
for await (const part of process.stdin) text += part;
const { issuer, port, jwks, clients, people } = JSON.parse(text);

const ofToken = ["sub", "authentication_assurance_level", "id_assurance_level", "vot", "selected_roleid", "amr", "nhs_number", "identity_proofing_level"];
const ofInfo = ["name", "given_name", "family_name", "uid", "nhsid_useruid", "nhsid_nrbac_roles", "nhs_number", "identity_proofing_level", "birthdate"];

const op = new Provider(issuer, {
  jwks,
  clients,
  claims: { openid: [...new Set([...ofToken, ...ofInfo])], profile: ["name"] },
  scopes: ["openid", "profile", "nhsperson", "nationalrbacaccess", "selectedrole"],
  conformIdTokenClaims: false,
  enabledJWA: { clientAuthSigningAlgValues: ["RS512", "ES256"] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  async findAccount(ctx, sub) {
    return {
      accountId: sub,
      async claims(use) {
        const person = people[sub] ?? {};
        const wanted = use === "id_token" ? ofToken : ofInfo;
        return Object.fromEntries([["sub", sub], ...Object.entries(person).filter(([k]) => wanted.includes(k))]);
      },
    };
  },
  // The pages of the test are on this machine, where the provider would not look.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  cookies: { keys: ["of the tests"] },
});
op.proxy = true;
op.on("server_error", (ctx, err) => console.error(err));
op.on("backchannel.error", (ctx, err) => console.error("backchannel", err));
createServer(op.callback()).listen(port, "127.0.0.1", () => console.log("listening"));
