package transport_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"concord/edge/transport"
	"concord/fault"
)

// TestOutwardStaysOutside: no form of an address leads to this machine, to the
// network about it or to a cloud's own addresses, whatever name it goes by.
func TestOutwardStaysOutside(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dial := func(inside bool, host, port string) error {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		defer stop()
		c, err := transport.Outward(inside)(ctx, "tcp", net.JoinHostPort(host, port))
		if err == nil {
			c.Close()
		}
		return err
	}
	for _, host := range []string{"127.0.0.1", "localhost", "127.8.9.10", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
		"169.254.169.254", "fe80::1", "fd00::1", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
		"64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:169.254.169.254", "::ffff:10.0.0.1"} {
		if err := dial(false, host, port); fault.Of(err) == nil || fault.Of(err).Code != "transport.inside" {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := dial(true, "127.0.0.1", port); err != nil {
		t.Errorf("inside, where that is allowed: %v", err)
	}
	for _, host := range []string{"169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0"} {
		if err := dial(true, host, port); fault.Of(err) == nil || fault.Of(err).Code != "transport.inside" {
			t.Errorf("%s, inside: %v", host, err)
		}
	}
	if asked != 0 {
		t.Errorf("%d requests came in", asked)
	}
}
