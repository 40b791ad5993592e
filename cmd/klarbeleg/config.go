package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"klarbeleg/domain/billing"
)

// config is the whole configuration, read from environment variables with the
// prefix KLARBELEG_ (docs/configuration.md). Flags of serve overwrite it.
type config struct {
	DatabaseURL    string        `env:"DATABASE_URL" json:"database_url"`
	KafkaBrokers   []string      `env:"KAFKA_BROKERS" json:"kafka_brokers"`
	KafkaTLS       bool          `env:"KAFKA_TLS" json:"-"`
	KafkaSASL      string        `env:"KAFKA_SASL" json:"-"` // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
	KafkaUser      string        `env:"KAFKA_USER" json:"-"`
	KafkaPassword  string        `env:"KAFKA_PASSWORD" json:"-"`
	KafkaReplicas  int           `env:"KAFKA_REPLICAS" envDefault:"3" json:"-"`
	Partitions     int           `env:"PARTITIONS" envDefault:"8" json:"-"`
	Consumers      int           `env:"CONSUMERS" envDefault:"2" json:"-"` // readers per topic and process
	BlobDir        string        `env:"BLOB_DIR" json:"blob_dir"`
	DropDir        string        `env:"DROP_DIR" json:"drop_dir"`
	ExportDir      string        `env:"EXPORT_DIR" json:"export_dir"`
	Listen         string        `env:"LISTEN" envDefault:"127.0.0.1:8080" json:"portal"`
	OperatorListen string        `env:"OPERATOR_LISTEN" envDefault:"127.0.0.1:8081" json:"operators"`
	BrokerListen   string        `env:"BROKER_LISTEN" envDefault:"127.0.0.1:9092" json:"-"` // embedded only
	PortalURL      string        `env:"PORTAL_URL" json:"portal_url"`
	SMTPAddr       string        `env:"SMTP_ADDR" json:"smtp"`
	SMTPUser       string        `env:"SMTP_USER" json:"-"`
	SMTPPassword   string        `env:"SMTP_PASSWORD" json:"-"`
	SMTPPlain      bool          `env:"SMTP_PLAIN" json:"-"` // no TLS: only for a relay on the loopback
	MailFrom       string        `env:"MAIL_FROM" envDefault:"Service-Portal <service-portal@klarbeleg.example>" json:"-"`
	LogLevel       string        `env:"LOG_LEVEL" envDefault:"info" json:"-"`
	UploadMax      int64         `env:"UPLOAD_MAX" envDefault:"1073741824" json:"-"` // bytes
	StrictStage3   bool          `env:"STRICT_STAGE3" json:"-"`
	Shutdown       time.Duration `env:"SHUTDOWN" envDefault:"20s" json:"-"`
	SECON          seconConfig   `envPrefix:"SECON_" json:"secon"`
	Accounts       accountConfig `envPrefix:"ACCOUNT_" json:"-"`
	Organisation   organisation  `envPrefix:"ORG_" json:"-"`
	Payment        paymentConfig `envPrefix:"PAYMENT_" json:"payment"`
	Cases          caseConfig    `envPrefix:"CASE_" json:"-"`

	// TrustedProxies are networks in front of the portal whose X-Forwarded-For counts.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" json:"-"`
}

// paymentConfig is what the payment run needs.
type paymentConfig struct {
	TermDays int    `env:"TERM_DAYS" envDefault:"14" json:"term_days"`
	Dir      string `env:"DIR" json:"dir"`
	Debtor   debtor `envPrefix:"DEBTOR_" json:"debtor"`
}

// caseConfig are the rules of correction cases (billing.CaseLimits).
type caseConfig struct {
	OpenMonths     int      `env:"OPEN_MONTHS" envDefault:"3"`
	ClosedMonths   int      `env:"CLOSED_MONTHS" envDefault:"3"`
	ViewMonths     int      `env:"VIEW_MONTHS" envDefault:"6"`
	HealMonths     int      `env:"HEAL_MONTHS" envDefault:"3"`
	ReadOnlyGroups []string `env:"READ_ONLY_GROUPS" envDefault:"B,300,295"`
}

// maxCaseMonths bounds the periods: no one waits longer than five years.
const maxCaseMonths = 60

func (c *caseConfig) check() error {
	for name, months := range map[string]int{
		"OPEN_MONTHS": c.OpenMonths, "CLOSED_MONTHS": c.ClosedMonths, "VIEW_MONTHS": c.ViewMonths, "HEAL_MONTHS": c.HealMonths,
	} {
		if months < 1 || months > maxCaseMonths {
			return fmt.Errorf("%sCASE_%s is not from 1 to %d", envPrefix, name, maxCaseMonths)
		}
	}
	if c.HealMonths > c.ViewMonths {
		return fmt.Errorf("%sCASE_HEAL_MONTHS is more than %sCASE_VIEW_MONTHS", envPrefix, envPrefix)
	}
	for _, g := range c.ReadOnlyGroups {
		if billing.GroupOf(g).String() != g || g < "A" && billing.GroupOf(g).Procedure() == "" || g > "S" {
			return fmt.Errorf("%sCASE_READ_ONLY_GROUPS names an unknown group", envPrefix)
		}
	}
	return nil
}

// limits returns the rules as the use cases take them.
func (c *caseConfig) limits() billing.CaseLimits {
	return billing.CaseLimits{
		CaseDeadlines: billing.CaseDeadlines{OpenMonths: c.OpenMonths, ClosedMonths: c.ClosedMonths},
		ViewMonths:    c.ViewMonths, HealMonths: c.HealMonths, ReadOnlyGroups: c.ReadOnlyGroups,
	}
}

// debtor is whose account is debited.
type debtor struct {
	Name string `env:"NAME" json:"name"`
	IBAN string `env:"IBAN" json:"iban"`
	BIC  string `env:"BIC" json:"bic"`
}

// organisation is the billing centre as its pages name it.
type organisation struct {
	Name   string `env:"NAME" envDefault:"Abrechnungszentrum (Demonstration)"`
	Street string `env:"STREET" envDefault:"Musterweg 1"`
	City   string `env:"CITY" envDefault:"00000 Musterstadt"`
	Phone  string `env:"PHONE"`
	Email  string `env:"EMAIL" envDefault:"service@klarbeleg.example"`
}

const envPrefix = "KLARBELEG_"

// loadConfig reads the environment. An unknown variable with our prefix is an
// error, so that a typing mistake does not pass in silence.
func (p *program) loadConfig() (config, error) {
	values := p.environ()
	var c config
	if err := env.ParseWithOptions(&c, env.Options{Prefix: envPrefix, Environment: values}); err != nil {
		return c, usage(err)
	}
	if err := c.Cases.check(); err != nil {
		return c, usage(err)
	}
	return c, rejectUnknown(values)
}

// rejectUnknown names the first variable with our prefix that nothing reads.
func rejectUnknown(values map[string]string) error {
	fields, err := env.GetFieldParamsWithOptions(&config{}, env.Options{Prefix: envPrefix, Environment: values})
	if err != nil {
		return usage(err)
	}
	known := map[string]bool{}
	for _, f := range fields {
		known[f.Key] = true
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(name, envPrefix) && !known[name] && !strings.HasPrefix(name, envPrefix+"TEST_") {
			return usage(fmt.Errorf("unknown environment variable %s", name))
		}
	}
	return nil
}

// attach fills the addresses from the running embedded instance in dir, if the
// environment names none: then commands work beside `make run` as they are.
func (p *program) attach(c *config) error {
	if c.DatabaseURL != "" || len(c.KafkaBrokers) > 0 {
		return nil
	}
	path := filepath.Join(p.stateDir, addressesFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return usage(fmt.Errorf("no addresses: set %sDATABASE_URL and %sKAFKA_BROKERS, or start an instance with `klarbeleg serve --embedded` in this folder", envPrefix, envPrefix))
	}
	if err != nil {
		return usage(fmt.Errorf("read addresses: %w", err))
	}
	if err := json.Unmarshal(raw, c); err != nil {
		return usage(fmt.Errorf("read %s: %w", path, err))
	}
	return useLocalAccountKey(p.stateDir, &c.Accounts)
}

// addressesFile holds the addresses of a running embedded instance.
const addressesFile = "addresses.json"

func (c *config) tls() *tls.Config {
	if !c.KafkaTLS {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}
