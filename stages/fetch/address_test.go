package fetch

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestT45PublicAddresses(t *testing.T) {
	for _, text := range []string{
		"93.184.216.34", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "198.17.0.1", "2606:4700::1111",
		"2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1",
	} {
		if !public(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
	for _, text := range []string{
		"127.0.0.1", "127.255.0.1", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
		"100.64.0.1",
		"100.127.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.1",
		"203.0.113.9", "192.0.0.8",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::", "2001::1", "::127.0.0.1", "100::1",
	} {
		if public(netip.MustParseAddr(text)) {
			t.Errorf("%s is not public", text)
		}
	}
}

// names returns a resolver that gives every name the address of this machine.
func names(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		packet := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			question := packet[12:n]
			for i := 0; i < len(question); i += 1 + int(question[i]) {
				if question[i] == 0 {
					question = question[:i+5]
					break
				}
			}
			answer := append([]byte{packet[0], packet[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if kind := binary.BigEndian.Uint16(question[len(question)-4:]); kind == 1 { // an IPv4 address
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
			}
			conn.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A redirect into the user's own network is refused, whether by its address or
// by what its name resolves to, and no connection to it is made. The mirror
// itself may be there.
func TestT45RedirectsStayPublic(t *testing.T) {
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	var connected atomic.Int32
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			c.Close()
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = names(t)
	defer func() { net.DefaultResolver = before }()
	_, port, _ := net.SplitHostPort(inside.Addr().String())
	f := images(t)
	for _, c := range []struct{ to, want string }{
		{"https://127.0.0.1:" + port, "it redirects to 127.0.0.1:" + port},
		{"https://localhost:" + port, "it redirects to localhost:" + port},
		{"https://[::1]:" + port, "it redirects to [::1]:" + port},
		{"https://[::ffff:127.0.0.1]:" + port, "it redirects to [::ffff:127.0.0.1]:" + port},
		{"https://0.0.0.0:" + port, "it redirects to 0.0.0.0:" + port},
		{"https://10.0.0.1", "it redirects to 10.0.0.1"},
		{"https://169.254.169.254/latest", "it redirects to 169.254.169.254"},
		{"https://100.64.0.1", "it redirects to 100.64.0.1"},
		{"https://224.0.0.1", "it redirects to 224.0.0.1"},
		{"https://rebound.example:" + port, "it leads to rebound.example:" + port + " at 127.0.0.1"},
		{"http://127.0.0.1:" + port, "it redirects to 127.0.0.1:" + port},
		{"http://192.168.0.1", "which is not https"},
		{"https://user:secret@example.org/", "it redirects to example.org with a name and password"},
		{"gopher://127.0.0.1", "which is not https"},
		{"file:///etc/passwd", "which is not https"},
	} {
		m := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { http.Redirect(w, r, c.to, http.StatusFound) })
		b := newBench(t)
		n := quick()
		n.anyAddress = false
		err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}, Network: n}, f)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "attempts") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q at once", c.to, err, c.want)
		}
		if got := len(m.asked()); got != 1 {
			t.Errorf("%s: the mirror was asked %d times", c.to, got)
		}
	}
	if n := connected.Load(); n > 0 {
		t.Errorf("%d connections to a place within", n)
	}
	// A mirror may redirect to its own host.
	m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 0 {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return
		}
		whole(f)(w, r, n)
	})
	b := newBench(t)
	n := quick()
	n.anyAddress = false
	if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}, Network: n}, f); err != nil {
		t.Error(err)
	}
	b.has(t, f)
}

// The name of a mirror that was public when it was first dialled must not lead
// to the user's machine later. A proxy may have any address.
func TestT45Rebinding(t *testing.T) {
	u, err := url.Parse("https://mirror.example/x")
	if err != nil {
		t.Fatal(err)
	}
	outside, home := netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("192.168.0.1")
	const own = "mirror.example:443"
	g := newGuard(u)
	if err := g.judge(own, outside); err != nil {
		t.Error(err)
	}
	if err := g.judge(own, home); err == nil {
		t.Error("a mirror that was public may move to this network")
	}
	g = newGuard(u)
	for range 2 {
		if err := g.judge(own, home); err != nil {
			t.Errorf("a mirror in the user's own network: %v", err)
		}
	}
	if err := g.judge("mirror.example:8443", home); err == nil {
		t.Error("another port of it is open")
	}
	if err := g.judge("other.example:443", home); err == nil {
		t.Error("another host in its network is open")
	}
	g.proxies["proxy:3128"] = true
	if err := g.judge("proxy:3128", home); err != nil {
		t.Errorf("a proxy: %v", err)
	}
}

// No message repeats a name and password in a mirror's URL.
func TestT45PasswordsAreNotRepeated(t *testing.T) {
	for _, mirror := range []string{
		"https://user:hunter2@example.org/mnist", "https://hunter2@example.org", "https://user:hun/ter2@example.org",
		"http://user:hunter2@example.org",
		"https://user:hunter2@exa mple.org", "user:hunter2@example.org", "https:/user:hunter2@example.org", "https://user:hunter2@example.org/?q",
		"https://user:hun%zzter2@example.org", "https://user:hunter2@",
	} {
		err := CheckMirror(mirror)
		b := newBench(t)
		fetched := b.fetch(t.Context(), Sources{Mirrors: []string{mirror}}, labels(t))
		for _, err := range []error{err, fetched} {
			if err == nil || strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") ||
				strings.Contains(err.Error(), "user:") {
				t.Errorf("%s: %v", mirror, err)
			}
		}
	}
}
