#!/bin/sh
# Makes the signed containers of this folder with OpenSSL: streamed BER, RSA-PSS,
# ECDSA on a NIST curve and on a Brainpool curve (which Go does not know). Keys
# are thrown away. Run it in this folder; the tests read what it made.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat >"$tmp/doc.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="http://hl7.org/fhir"><identifier><system value="https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"/><value value="160.000.226.000.001.81"/></identifier><type value="document"/></Bundle>
XML
cert() { # name, options of req
	name=$1
	shift
	openssl req -x509 -nodes -days 36500 -subj "/CN=TEST ONLY" -keyout "$tmp/$name.key" -out "$tmp/$name.pem" "$@" 2>/dev/null
}
sign() { # name, options of cms
	name=$1
	shift
	openssl cms -sign -binary -nodetach -md sha256 -outform DER -in "$tmp/doc.xml" "$@" -out "cms_$name.der"
}
cert rsa -newkey rsa:2048
cert p256 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
cert brainpool -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1
sign rsa_ber -stream -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key"
sign rsa_pss -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key" -keyopt rsa_padding_mode:pss
sign keyid -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key" -keyid
sign noattr -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key" -noattr
sign nocerts -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key" -nocerts
sign ecdsa -signer "$tmp/p256.pem" -inkey "$tmp/p256.key"
sign brainpool -signer "$tmp/brainpool.pem" -inkey "$tmp/brainpool.key"
openssl cms -sign -binary -md sha256 -outform DER -in "$tmp/doc.xml" -signer "$tmp/rsa.pem" -inkey "$tmp/rsa.key" -out cms_detached.der
