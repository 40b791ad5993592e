package main

import (
	"net/netip"
	"slices"
	"testing"
)

// ASVS 4.1.3, F-71: proxies are named as networks; anything else stops the start.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	load := func(value string) (config, error) {
		p := &program{surroundings: surroundings{environ: func() map[string]string { return map[string]string{envPrefix + "TRUSTED_PROXIES": value} }}}
		return p.loadConfig()
	}
	c, err := load("10.0.0.0/8,fd00::/8")
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	got := (&system{resources: &resources{config: c}}).portalConfig().TrustedProxies
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := load("10.0.0.1"); err == nil {
		t.Error("an address is taken for a network")
	}
}
