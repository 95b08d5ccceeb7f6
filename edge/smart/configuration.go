package smart

import (
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"concord/record/grant"
)

// assertions are the algorithms by which apps prove who they are
// (https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html).
func assertions() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.RS384, jose.ES384} }

// Capabilities are what this server can do, in SMART's words
// (https://hl7.org/fhir/smart-app-launch/conformance.html).
func Capabilities() []string {
	return []string{"launch-ehr", "launch-standalone", "client-public", "client-confidential-asymmetric", "sso-openid-connect",
		"context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "context-standalone-encounter", "permission-offline", "permission-online", "permission-patient", "permission-user",
		"permission-v1", "permission-v2"}
}

// configuration is discovery: SMART's, and OpenID Connect's at the same issuer.
func (s *Server) configuration(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, map[string]any{
		"issuer":                                           s.Issuer(),
		"jwks_uri":                                         s.BaseURL + "/smart/jwks",
		"authorization_endpoint":                           s.BaseURL + "/smart/authorize",
		"token_endpoint":                                   s.BaseURL + "/smart/token",
		"introspection_endpoint":                           s.BaseURL + "/smart/introspect",
		"revocation_endpoint":                              s.BaseURL + "/smart/revoke",
		"registration_endpoint":                            s.BaseURL + "/smart/register",
		"management_endpoint":                              s.BaseURL + "/me/apps",
		"grant_types_supported":                            []string{"authorization_code", "refresh_token", "client_credentials"},
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"scopes_supported":                                 []string{"openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access", "patient/*.cruds", "user/*.cruds", "system/*.cruds"},
		"code_challenge_methods_supported":                 []string{"S256"},
		"token_endpoint_auth_methods_supported":            []string{"none", "private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": assertions(),
		"introspection_endpoint_auth_methods_supported":    []string{"private_key_jwt"},
		"revocation_endpoint_auth_methods_supported":       []string{"none", "private_key_jwt"},
		"subject_types_supported":                          []string{"public"},
		"id_token_signing_alg_values_supported":            grant.SignAlgorithms(),
		"claims_supported":                                 []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"},
		"authorization_response_iss_parameter_supported":   true,
		"capabilities":                                     Capabilities(),
	})
}
