package transport

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"concord/fault"
)

// Outward dials addresses that somebody from outside has named, such as where an
// app keeps its keys. It looks at the address that a name has come to, when the
// connection is made, so that a name cannot lead in after it was looked at: nothing
// within this house, on this machine or beside it is asked. inside lets private and
// loopback addresses be asked too, never a link's own. Errors: Denied
// "transport.inside".
func Outward(inside bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err == nil && outside(at.Addr(), inside) {
			return nil
		}
		return fault.New(fault.Denied, "transport.inside", "the address lies within this network")
	}}
	return d.DialContext
}

// special are blocks that lead nowhere on the open network, or back in
// (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry).
func special() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "5f00::/16",
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func outside(ip netip.Addr, inside bool) bool {
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsPrivate() {
		return inside
	}
	if !ip.IsGlobalUnicast() { // unspecified, multicast, link-local, broadcast
		return false
	}
	for _, p := range special() {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
