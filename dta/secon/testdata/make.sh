#!/bin/sh
# Makes the keys, certificates and messages that the tests of package secon read:
# with OpenSSL 3 and, for the messages bc-*, with Bouncy Castle (Golden.java). Run
# in this folder; keys that are there are kept. Everything is for tests only.
#
#   ./make.sh [folder with bcprov, bcutil and bcpkix jars]
set -eu
jars=${1:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p pki golden

key() { # name bits
	[ -f "pki/$1.key" ] || openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "pki/$1.key"
}
key root 4096
key ca 4096
key partner 4096 # signs and sends
key ours 4096    # receives
key other 4096   # another receiver
key old 2048     # from the time before the profile

cat >"$tmp/ca.cnf" <<CNF
[ca]
default_ca = this
[this]
database = $tmp/index.txt
new_certs_dir = $tmp
serial = $tmp/serial
crlnumber = $tmp/crlnumber
default_md = sha256
policy = any
unique_subject = no
preserve = yes
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
subjectKeyIdentifier = none
authorityKeyIdentifier = keyid
[identified]
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
CNF
: >"$tmp/index.txt"
echo 01 >"$tmp/crlnumber"
pss="-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"

# certificate NAME KEY ISSUER EXTENSIONS SERIAL SUBJECT [START END]
certificate() {
	echo "$5" >"$tmp/serial"
	openssl req -new -config /dev/null -key "pki/$2.key" -subj "$6" -out "$tmp/req.pem" 2>/dev/null ||
		openssl req -new -key "pki/$2.key" -subj "$6" -out "$tmp/req.pem"
	if [ "$3" = self ]; then issuer="-selfsign -keyfile pki/$2.key"; else issuer="-cert pki/$3.pem -keyfile pki/$3.key"; fi
	# shellcheck disable=SC2086
	openssl ca -batch -notext -config "$tmp/ca.cnf" -extensions "$4" $issuer $pss -preserveDN \
		-startdate "${7:-20260101000000Z}" -enddate "${8:-20281231235959Z}" -in "$tmp/req.pem" -out "pki/$1.pem" 2>"$tmp/log" || { cat "$tmp/log"; exit 1; }
}
centre='/C=DE/O=ITSG TrustCenter fuer sonstige Leistungserbringer'
certificate root root self authority 1000 '/C=DE/O=Datenaustausch im Gesundheits- und Sozialwesen' 20200101000000Z 20391231235959Z
certificate ca ca root authority 1001 "$centre" 20200101000000Z 20341231235959Z
certificate partner partner ca leaf 030D41 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch"
certificate partner-id partner ca identified 030D42 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch"
certificate expired partner ca leaf 030D43 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch" 20230101000000Z 20251231235959Z
certificate revoked partner ca leaf 030D44 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch"
certificate ours ours ca leaf 030D45 "$centre/OU=Testannahmestelle/OU=IK590000002/CN=Datenannahme"
certificate ours-id ours ca identified 030D46 "$centre/OU=Testannahmestelle/OU=IK590000002/CN=Datenannahme"
certificate other other ca leaf 030D47 "$centre/OU=Andere Annahmestelle/OU=IK590000003/CN=Datenannahme"
certificate old old ca leaf 030D48 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch"
certificate stranger other self leaf 030D49 "$centre/OU=Testabrechnung/OU=IK590000001/CN=Datenaustausch"

openssl ca -config "$tmp/ca.cnf" -cert pki/ca.pem -keyfile pki/ca.key -revoke pki/revoked.pem 2>/dev/null
# Everything that is signed carries the time of making; the list is far from today
# on purpose: its age is shown, not judged.
# shellcheck disable=SC2086
openssl ca -config "$tmp/ca.cnf" -cert pki/ca.pem -keyfile pki/ca.key $pss -gencrl -crldays 3650 -out pki/ca.crl 2>/dev/null

# The payload: an EDIFACT text of no meaning with a word to search for.
{
	printf "UNA:+,? 'UNB+UNOC:3+590000001+590000002+20261125:1200+00001++SL590001S10'\n"
	i=1
	while [ $i -le 60 ]; do
		printf "FTX+KANARIENVOGEL:%03d+reine Testdaten ohne Personenbezug'\n" $i
		i=$((i + 1))
	done
	printf "UNZ+000000+00001'\n"
} >golden/payload.edi

bzip2 -c golden/payload.edi >golden/payload.edi.bz2

pssopt="-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32 -keyopt rsa_mgf1_md:sha256"
oaep="-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256"

# sign OUT SIGNER KEY [options]: in the profile unless options say otherwise
sign() {
	out=$1 signer=$2 key=$3
	shift 3
	# shellcheck disable=SC2086
	openssl cms -sign -binary -nodetach -md sha256 -outform DER -in golden/payload.edi -out "$tmp/$out" \
		-signer "pki/$signer.pem" -inkey "pki/$key.key" $pssopt "$@"
}
# seal OUT IN RECIPIENT [options]
seal() {
	out=$1 in=$2 recipient=$3
	shift 3
	# shellcheck disable=SC2086
	openssl cms -encrypt -binary -aes-256-cbc -outform DER -in "$tmp/$in" -out "golden/$out" -recip "pki/$recipient.pem" $oaep "$@"
}

sign good partner partner
seal der.p7m good ours
seal ber.p7m good ours -stream
# shellcheck disable=SC2086
seal two-recipients.p7m good other -recip pki/ours.pem $oaep
seal foreign.p7m good other
seal recipient-keyid.p7m good ours-id -keyid
cp "$tmp/good" golden/signed-only.p7m

sign noattr partner partner -noattr && seal no-attributes.p7m noattr ours
sign nocerts partner partner -nocerts && seal no-certificates.p7m nocerts ours
sign keyid partner-id partner -keyid && seal signer-keyid.p7m keyid ours
sign chain partner partner -certfile pki/ca.pem && seal chain.p7m chain ours
sign expired expired partner && seal signer-expired.p7m expired ours
sign revoked revoked partner && seal signer-revoked.p7m revoked ours
sign stranger stranger other && seal signer-untrusted.p7m stranger ours
sign other other other && seal signer-other-ik.p7m other ours
sign old old old && seal signer-2048.p7m old ours
# shellcheck disable=SC2086
sign two partner partner -signer pki/other.pem -inkey pki/other.key $pssopt && seal two-signers.p7m two ours

openssl cms -sign -binary -outform DER -md sha256 -in golden/payload.edi -out "$tmp/detached" -signer pki/partner.pem -inkey pki/partner.key \
	-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32
seal detached.p7m detached ours
openssl cms -sign -binary -nodetach -outform DER -md sha256 -in golden/payload.edi -out "$tmp/v15" -signer pki/partner.pem -inkey pki/partner.key
seal signature-v15.p7m v15 ours
openssl cms -sign -binary -nodetach -outform DER -md sha256 -in golden/payload.edi -out "$tmp/old15" -signer pki/old.pem -inkey pki/old.key
openssl cms -encrypt -binary -aes-256-cbc -outform DER -in "$tmp/old15" -out golden/legacy.p7m -recip pki/old.pem
openssl cms -sign -binary -nodetach -outform DER -md sha1 -in golden/payload.edi -out "$tmp/sha1" -signer pki/partner.pem -inkey pki/partner.key
seal signature-sha1.p7m sha1 ours
openssl cms -sign -binary -nodetach -outform DER -md sha512 -in golden/payload.edi -out "$tmp/sha512" -signer pki/partner.pem -inkey pki/partner.key \
	-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:64
seal digest-sha512.p7m sha512 ours
openssl cms -sign -binary -nodetach -outform DER -md sha256 -in golden/payload.edi -out "$tmp/salt20" -signer pki/partner.pem -inkey pki/partner.key \
	-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20
seal salt-20.p7m salt20 ours

# encrypt OUT [options]: the good signed message, other cryptography outside
encrypt() {
	out=$1
	shift
	openssl cms -encrypt -binary -outform DER -in "$tmp/good" -out "golden/$out" "$@"
}
encrypt transport-v15.p7m -aes-256-cbc -recip pki/ours.pem
encrypt oaep-sha1.p7m -aes-256-cbc -recip pki/ours.pem -keyopt rsa_padding_mode:oaep
encrypt oaep-mgf1-sha1.p7m -aes-256-cbc -recip pki/ours.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha1
encrypt oaep-label.p7m -aes-256-cbc -recip pki/ours.pem $oaep -keyopt rsa_oaep_label:4142
encrypt cipher-3des.p7m -des3 -recip pki/ours.pem $oaep
encrypt cipher-aes128.p7m -aes-128-cbc -recip pki/ours.pem $oaep
encrypt cipher-gcm.p7m -aes-256-gcm -recip pki/ours.pem $oaep
openssl cms -encrypt -binary -aes-256-cbc -outform DER -in golden/payload.edi -out golden/unsigned.p7m -recip pki/ours.pem $oaep

# Key file in the form of the trust centre: base64 without marks, CR LF.
for c in ours other partner expired; do
	openssl x509 -in "pki/$c.pem" -outform DER | openssl base64
	echo
done | sed 's/$/\r/' >golden/annahme.key

if [ -n "$jars" ]; then
	java -cp "$jars/*" Golden.java pki golden
fi
