// Package portal is the door for people: the public pages of the service portal
// (invoice status look-up, payment vouchers, help and legal pages) and the
// operators' page frame. It decodes forms, calls the use cases and renders
// German pages; it decides nothing and holds no SQL. It refuses writes from
// foreign sites, methods it does not know, and look-ups beyond the limits.
// cmd builds it and serves it.
package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"klarbeleg/app/account"
	"klarbeleg/app/apikey"
	"klarbeleg/app/status"
	"klarbeleg/app/submit"
	"klarbeleg/internal/clock"
)

// Config is what the operator of the portal decides. The zero value of an
// optional field leaves the line out of the page.
type Config struct {
	// Name is the title of the portal; "" means "Service-Portal für
	// Leistungserbringer".
	Name string
	// Stripe is the text of the stripe above the header; "" means no stripe.
	Stripe string
	// Organisation runs the portal; its name and contact data are mandatory.
	Organisation Organisation
	// TrustedProxies are the networks whose X-Forwarded-For header is believed.
	// Without one, the peer address is the client (ASVS 4.1.3).
	TrustedProxies []netip.Prefix
	// PlainCookies makes cookies that pass without TLS, for an instance on the own
	// machine.
	PlainCookies bool
	// Limits throttle the look-ups; zero fields take the defaults.
	Limits Limits
	// UploadMax bounds the payload of an uploaded delivery in bytes; 0 is 1 GiB.
	UploadMax int64
}

// Organisation is who runs the portal, for contact page, imprint and every page
// that names the support contact (SES-5).
type Organisation struct {
	Name, Street, City string
	// Phone, Email and Hours are the support contact; Email is mandatory.
	Phone, Email, Hours string
	// RepresentedBy, Register, VATID and Supervisor belong to the imprint.
	RepresentedBy, Register, VATID, Supervisor string
	// PrivacyEmail reaches the data protection officer; "" means Email.
	PrivacyEmail string
	// PrivacyAuthority is the supervisory authority for complaints.
	PrivacyAuthority string
}

// Check is one thing that must work before the portal serves.
type Check struct {
	// Name is shown to operators only.
	Name string
	Func func(context.Context) error
}

// Deps is what the portal works with. Clock, Logger and Status are mandatory.
type Deps struct {
	Clock  clock.Clock
	Logger *zap.Logger
	Status *status.Service
	// Check answers files before they are sent; nil leaves page and route out.
	Check Checker
	// Contact takes enquiries; nil leaves the form out.
	Contact Enquirer
	// Keys and Uploads take deliveries over HTTP; nil Uploads leave the routes out.
	Keys    *apikey.Service
	Uploads *submit.Uploads
	// Accounts is the login and what is behind it; nil leaves both out.
	Accounts *account.Service
	// Registrations takes registrations; nil leaves them out.
	Registrations *account.Registrations
	Ready         []Check
	// Requests is told of every answered request; nil for nobody.
	Requests Observer
}

// Observer is told of an answered request, for metrics. route is the pattern,
// never the path, which may hold what a visitor typed (OPS-4).
type Observer func(route string, status int, took time.Duration)

// defaultUploadMax is the largest delivery that the system is measured with.
const defaultUploadMax = 1 << 30

const defaultName = "Service-Portal für Leistungserbringer"

func (c Config) withDefaults() (Config, error) {
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.Organisation.PrivacyEmail == "" {
		c.Organisation.PrivacyEmail = c.Organisation.Email
	}
	c.Limits = c.Limits.withDefaults()
	c.UploadMax = cmp.Or(c.UploadMax, defaultUploadMax)
	o := c.Organisation
	if o.Name == "" || o.Street == "" || o.City == "" {
		return c, errors.New("portal: name, street and city of the organisation must be configured")
	}
	if !strings.Contains(o.Email, "@") {
		return c, errors.New("portal: e-mail address of the support must be configured")
	}
	return c, nil
}

// server serves the pages; it has no state beside the throttle counters.
type server struct {
	// checking and uploading hold a place for every file in hand.
	checking, uploading chan struct{}
	cfg                 Config
	deps                Deps
	pages               *renderer
	assets              *assets
	throttle            *throttle
}

// route is one line of the route table. The test walks the table.
type route struct {
	method  string
	pattern string
	handle  handler
}

// routes is the whole public portal; GET changes nothing (ASVS 3.5.3).
func (s *server) routes() []route {
	routes := []route{
		{"GET", "/{$}", s.start},
		{"GET", "/rechnungspruefung", s.lookupForm},
		{"POST", "/rechnungspruefung", s.lookup},
		{"GET", "/rechnungspruefung/ergebnis/{id}", s.lookupResult},
		{"GET", "/zahlbeleg", s.voucherForm},
		{"POST", "/zahlbeleg", s.voucher},
		{"GET", "/zahlbeleg/ergebnis/{id}", s.voucherResult},
		{"GET", "/zahlbeleg/ergebnis/{id}/rechnung/{line}", s.voucherDetail},
		{"GET", "/hilfe", s.help},
		{"GET", contactPath, s.contactForm},
		{"GET", "/impressum", s.info("impressum")},
		{"GET", "/datenschutz", s.info("datenschutz")},
		{"GET", "/barrierefreiheit", s.info("barrierefreiheit")},
		{"GET", "/lizenzen", s.licences},
		{"GET", "/healthz", health},
		{"GET", "/readyz", ready(s.deps.Ready)},
		{"POST", "/csp-bericht", s.cspReport},
		{"GET", staticPrefix + "{path...}", s.assets.serve},
	}
	if s.deps.Contact != nil {
		routes = append(routes, route{"POST", contactPath, s.contact}, route{"GET", contactSent, s.contactSent})
	}
	if s.deps.Accounts != nil {
		routes = append(routes, s.accountRoutes()...)
	}
	if s.deps.Registrations != nil {
		routes = append(routes,
			route{"GET", registerPath, s.registerForm}, route{"POST", registerPath, s.register}, route{"GET", registerPath + "/stand/{id}", s.registered})
	}
	if s.deps.Check != nil {
		routes = append(routes,
			route{"GET", filePath, s.fileForm},
			route{"POST", filePath, s.fileResult},
			route{"POST", checkPath, s.checkFile},
		)
	}
	if s.deps.Uploads != nil {
		routes = append(routes,
			route{"POST", deliveriesPath, s.upload},
			route{"GET", deliveriesPath + "/{id}", s.uploadState},
		)
	}
	return routes
}

// New builds the public portal. The configuration is checked here, so that a
// portal that starts can render every page.
func New(cfg Config, deps Deps) (http.Handler, error) {
	s, err := newServer(cfg, deps)
	if err != nil {
		return nil, err
	}
	return s.handler(s.routes()), nil
}

func newServer(cfg Config, deps Deps) (*server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("portal: load static files: %w", err)
	}
	pages, err := newRenderer(a)
	if err != nil {
		return nil, fmt.Errorf("portal: load templates: %w", err)
	}
	return &server{
		cfg: cfg, deps: deps, pages: pages, assets: a, throttle: newThrottle(cfg.Limits),
		checking: make(chan struct{}, maxChecking), uploading: make(chan struct{}, maxUploading),
	}, nil
}

// handler puts the routes behind the middleware that every answer passes,
// errors included.
func (s *server) handler(routes []route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.method+" "+r.pattern, s.page(r.handle))
	}
	return s.observe(secure(s.limitBody(s.recoverPanic(s.sameOrigin(s.unknownRoutes(mux))))))
}
