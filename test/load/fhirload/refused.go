package fhirload

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Refused asks each kind of search once. What the server says that it does not
// do (400, 404, 405, 422 and 501) is given by name with its words, so that two
// servers can be compared by what both do. Any other failure is one of the
// search itself, and is counted there.
func (t *Target) Refused(ctx context.Context, p *Pool) (map[string]string, error) {
	c := &conn{target: t}
	defer c.close()
	refused := map[string]string{}
	for _, k := range inquiries() {
		s := &subject{p, rand.New(rand.NewPCG(1, 1))}
		query := k.make(s).paged()
		a, err := c.do(ctx, "GET", query, nil)
		if err != nil {
			return nil, err
		}
		switch a.status {
		case 400, 404, 405, 422, 501:
			refused[k.name] = fmt.Sprintf("GET %s: %d: %.300s", query, a.status, a.body)
		}
	}
	return refused, nil
}
