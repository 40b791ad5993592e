package portal

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// ASVS 4.1.3: only a trusted proxy may say who the client is.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.7:80", nil, "192.0.2.7"},
		{"untrusted peer lies", "192.0.2.7:80", []string{"198.51.100.1"}, "192.0.2.7"},
		{"trusted peer", "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"client lies to the proxy", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two headers", "10.0.0.1:80", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		{"garbage", "10.0.0.1:80", []string{"unknown"}, "10.0.0.1"},
		{"garbage before", "10.0.0.1:80", []string{"x, 198.51.100.1"}, "198.51.100.1"},
		{"empty", "10.0.0.1:80", nil, "10.0.0.1"},
		{"only proxies", "10.0.0.1:80", []string{"10.0.0.3"}, "10.0.0.3"},
		{"v6", "[fd00::1]:80", []string{"2001:db8::1"}, "2001:db8::1"},
		{"v4 in v6", "[::ffff:10.0.0.1]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := clientAddress(r, trusted).String(); got != c.want {
				t.Errorf("client %s, want %s", got, c.want)
			}
		})
	}
}
