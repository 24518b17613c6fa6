package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
)

// special lists the networks that contain no public server, except for those
// that net/netip has methods for. They are the rest of IANA's registries of
// special-purpose addresses (RFC 6890).
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(list ...string) (p []netip.Prefix) {
	for _, text := range list {
		p = append(p, netip.MustParsePrefix(text))
	}
	return p
}

// public reports whether the address can be that of a server on the Internet.
// An IPv6 address that embeds an IPv4 address is public if the embedded one is.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	b := a.As16()
	switch {
	case !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate():
		return false
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a): // NAT64
		return public(netip.AddrFrom4([4]byte(b[12:])))
	case netip.MustParsePrefix("2002::/16").Contains(a): // 6to4
		return public(netip.AddrFrom4([4]byte(b[2:6])))
	case netip.MustParsePrefix("::/96").Contains(a): // IPv4-compatible
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// A guard lets the requests to one mirror connect to that mirror's host, to the
// proxies of the environment, and to public addresses. A mirror may redirect,
// but not into the user's own network, because that server would then be asked
// in the user's name. Addresses are judged when they are dialled, whatever
// names resolved to before.
type guard struct {
	own string // host:port of the mirror

	mu      sync.Mutex
	proxies map[string]bool // host:port
	known   bool            // whether the mirror's host has been dialled, and
	inHouse bool            // whether its first address was private
}

func newGuard(mirror *url.URL) *guard {
	return &guard{own: hostPort(mirror), proxies: map[string]bool{}}
}

// hostPort returns the address that a transport dials for a URL.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// proxy is http.ProxyFromEnvironment. It remembers the answers, because a proxy
// may have any address that the user gives.
func (g *guard) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err == nil && u != nil {
		g.mu.Lock()
		g.proxies[hostPort(u)] = true
		g.mu.Unlock()
	}
	return u, err
}

// dial connects to host:port.
func (g *guard) dial(ctx context.Context, dialer net.Dialer, network, address string) (net.Conn, error) {
	dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return permanent("it leads to %s, which is no address", resolved)
		}
		return g.judge(address, to.Addr())
	}
	return dialer.DialContext(ctx, network, address)
}

// judge returns an error if an address that was dialled for host:port is not
// public. The mirror's own address may be private, because the user named it.
// But a mirror that was public must not turn into the user's own machine later
// on.
func (g *guard) judge(address string, to netip.Addr) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.proxies[address] {
		return nil
	}
	open := public(to)
	if address == g.own && !g.known {
		g.known, g.inHouse = true, !open
	}
	if open || address == g.own && g.inHouse {
		return nil
	}
	return permanentError{fmt.Errorf("it leads to %s at %s, an address within a private network or this machine", address, to)}
}

// redirect refuses a redirect whose URL alone shows that it leads to a private
// address. Through a proxy, which resolves names itself, nothing more can be
// checked.
func (g *guard) redirect(u *url.URL) error {
	to, err := netip.ParseAddr(u.Hostname())
	if hostPort(u) == g.own || err == nil && public(to) || err != nil && u.Hostname() != "localhost" {
		return nil
	}
	return permanent("it redirects to %s, an address within a private network or this machine", u.Host)
}
