package account_test

import (
	"testing"

	"concord/record/access"
	"concord/record/account"
	"concord/standard/uk"
)

// TestRoleOf: what an identity provider vouches for opens care or the desk of
// a receptionist, never the running of the system.
func TestRoleOf(t *testing.T) {
	opens := 0
	for _, r := range uk.JobRoles() {
		switch role := account.RoleOf(r.Code); role {
		case access.Clinician, access.Receptionist:
			opens++
		case "":
		default:
			t.Errorf("%s opens %s", r.Code, role)
		}
	}
	if opens != 13 {
		t.Errorf("%d job roles open something", opens)
	}
	for _, code := range []string{"", "R5080", "R8015", "R8000 ", "r8000", "R0001"} {
		if role := account.RoleOf(code); role != "" {
			t.Errorf("%q opens %s", code, role)
		}
	}
}
