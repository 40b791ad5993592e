package secon

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// The object identifiers of a message, in dotted form.
const (
	oidData             = "1.2.840.113549.1.7.1"
	oidSignedData       = "1.2.840.113549.1.7.2"
	oidEnvelopedData    = "1.2.840.113549.1.7.3"
	oidAuthEnveloped    = "1.2.840.113549.1.9.16.1.23"
	oidContentType      = "1.2.840.113549.1.9.3"
	oidMessageDigest    = "1.2.840.113549.1.9.4"
	oidSigningTime      = "1.2.840.113549.1.9.5"
	oidRSA              = "1.2.840.113549.1.1.1"
	oidOAEP             = "1.2.840.113549.1.1.7"
	oidMGF1             = "1.2.840.113549.1.1.8"
	oidPSpecified       = "1.2.840.113549.1.1.9"
	oidPSS              = "1.2.840.113549.1.1.10"
	oidSHA256WithRSA    = "1.2.840.113549.1.1.11"
	oidSHA256           = "2.16.840.1.101.3.4.2.1"
	oidAES256CBC        = "2.16.840.1.101.3.4.1.42"
	saltLength          = 32
	trailerField        = 1
	keyLength           = 32 // AES-256
	minKeyBits          = 4096
	minLegacyKeyBits    = 2048
	maxKeyBits          = 8192 // above it one check of a signature is a way to stall us
	sha1Default         = "SHA-1 (Vorgabe der leeren Angabe)"
	wantSignature       = "RSASSA-PSS mit SHA-256, MGF1 mit SHA-256, Salz 32"
	wantTransport       = "RSAES-OAEP mit SHA-256 und MGF1 mit SHA-256"
	wantCipher          = "AES-256-CBC"
	wantDigest          = "SHA-256"
	wantKey             = "RSA-Schlüssel mit 4096 Bit"
	wantEnveloped       = "EnvelopedData (verschlüsselt)"
	wantContentTypeData = "Inhaltstyp data"
)

// algorithmName returns the name of an algorithm or content type for people, its
// dotted form where we know no name.
func algorithmName(oid asn1.ObjectIdentifier) string {
	switch dotted := oid.String(); dotted {
	case oidData:
		return "data"
	case oidSignedData:
		return "SignedData"
	case oidEnvelopedData:
		return "EnvelopedData"
	case oidAuthEnveloped:
		return "AuthEnvelopedData (AES-GCM)"
	case oidRSA, oidSHA256WithRSA:
		return "RSA PKCS#1 v1.5"
	case "1.2.840.113549.1.1.5":
		return "RSA PKCS#1 v1.5 mit SHA-1"
	case oidOAEP:
		return "RSAES-OAEP"
	case oidPSS:
		return "RSASSA-PSS"
	case "1.2.840.10045.4.3.2":
		return "ECDSA mit SHA-256"
	case "1.3.14.3.2.26":
		return "SHA-1"
	case oidSHA256:
		return "SHA-256"
	case "2.16.840.1.101.3.4.2.2":
		return "SHA-384"
	case "2.16.840.1.101.3.4.2.3":
		return "SHA-512"
	case oidAES256CBC:
		return "AES-256-CBC"
	case "2.16.840.1.101.3.4.1.2":
		return "AES-128-CBC"
	case "2.16.840.1.101.3.4.1.22":
		return "AES-192-CBC"
	case "2.16.840.1.101.3.4.1.46":
		return "AES-256-GCM"
	case "1.2.840.113549.3.7":
		return "3DES-CBC"
	default:
		const longest = 64 // no identifier that somebody uses is longer
		if len(dotted) > longest {
			dotted = dotted[:longest] + "…"
		}
		return "OID " + dotted
	}
}

// pssParameters are RSASSA-PSS-params (RFC 8017 A.2.3). The defaults are SHA-1
// ones: what is left out is none of the profile's.
type pssParameters struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"`
	MGF     pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"`
	Salt    int                      `asn1:"optional,explicit,tag:2,default:20"`
	Trailer int                      `asn1:"optional,explicit,tag:3,default:1"`
}

// oaepParameters are RSAES-OAEP-params (RFC 8017 A.2.1).
type oaepParameters struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"`
	MGF     pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"`
	PSource pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:2"`
}

// unmarshal decodes a whole DER value.
func unmarshal(der []byte, value any) bool {
	rest, err := asn1.Unmarshal(der, value)
	return err == nil && len(rest) == 0
}

// nullOrAbsent holds for the parameters of SHA-256, which come in both forms
// (spec secon section 1, trap 6).
func nullOrAbsent(parameters asn1.RawValue) bool {
	return len(parameters.FullBytes) == 0 || parameters.Tag == asn1.TagNull && len(parameters.Bytes) == 0
}

// checkSHA256 returns what stands in the place of SHA-256, "" if it does.
func checkSHA256(a pkix.AlgorithmIdentifier) string {
	switch {
	case len(a.Algorithm) == 0:
		return sha1Default
	case a.Algorithm.String() != oidSHA256 || !nullOrAbsent(a.Parameters):
		return algorithmName(a.Algorithm)
	}
	return ""
}

// checkMGF1 returns what stands in the place of MGF1 with SHA-256, "" if it does.
func checkMGF1(a pkix.AlgorithmIdentifier) string {
	if len(a.Algorithm) == 0 {
		return "MGF1 mit " + sha1Default
	}
	if a.Algorithm.String() != oidMGF1 {
		return algorithmName(a.Algorithm)
	}
	var hash pkix.AlgorithmIdentifier
	if !unmarshal(a.Parameters.FullBytes, &hash) {
		return "MGF1 mit unlesbarem Parameter"
	}
	if found := checkSHA256(hash); found != "" {
		return "MGF1 mit " + found
	}
	return ""
}

// checkSignatureAlgorithm accepts RSASSA-PSS as in the profile; legacy is true
// for PKCS#1 v1.5, which only archives may have (spec secon section 4).
func checkSignatureAlgorithm(a pkix.AlgorithmIdentifier) (legacy bool, err error) {
	switch a.Algorithm.String() {
	case oidRSA, oidSHA256WithRSA:
		return true, nil
	case oidPSS:
	default:
		return false, refuse(ErrProfile, algorithmName(a.Algorithm), wantSignature)
	}
	var p pssParameters
	if !unmarshal(a.Parameters.FullBytes, &p) {
		return false, refuse(ErrProfile, "RSASSA-PSS ohne lesbare Parameter", wantSignature)
	}
	if found := checkSHA256(p.Hash); found != "" {
		return false, refuse(ErrProfile, "RSASSA-PSS mit "+found, wantSignature)
	}
	if found := checkMGF1(p.MGF); found != "" {
		return false, refuse(ErrProfile, "RSASSA-PSS mit "+found, wantSignature)
	}
	if p.Salt != saltLength || p.Trailer != trailerField {
		return false, refuse(ErrProfile, fmt.Sprintf("RSASSA-PSS mit Salz %d, Trailer %d", p.Salt, p.Trailer), wantSignature)
	}
	return false, nil
}

// checkKeyTransport accepts RSAES-OAEP as in the profile; legacy is true for
// PKCS#1 v1.5, which only archives may have.
func checkKeyTransport(a pkix.AlgorithmIdentifier) (legacy bool, err error) {
	switch a.Algorithm.String() {
	case oidRSA:
		return true, nil
	case oidOAEP:
	default:
		return false, refuse(ErrProfile, algorithmName(a.Algorithm), wantTransport)
	}
	var p oaepParameters
	if !unmarshal(a.Parameters.FullBytes, &p) {
		return false, refuse(ErrProfile, "RSAES-OAEP ohne lesbare Parameter", wantTransport)
	}
	if found := checkSHA256(p.Hash); found != "" {
		return false, refuse(ErrProfile, "RSAES-OAEP mit "+found, wantTransport)
	}
	if found := checkMGF1(p.MGF); found != "" {
		return false, refuse(ErrProfile, "RSAES-OAEP mit "+found, wantTransport)
	}
	if len(p.PSource.Algorithm) != 0 { // left out it is the empty label
		var label []byte
		if p.PSource.Algorithm.String() != oidPSpecified || !unmarshal(p.PSource.Parameters.FullBytes, &label) || len(label) != 0 {
			return false, refuse(ErrProfile, "RSAES-OAEP mit Label", wantTransport)
		}
	}
	return false, nil
}

// checkCipher returns the initialisation vector of AES-256-CBC.
func checkCipher(a pkix.AlgorithmIdentifier) ([]byte, error) {
	if a.Algorithm.String() != oidAES256CBC {
		return nil, refuse(ErrProfile, algorithmName(a.Algorithm), wantCipher)
	}
	var iv []byte
	if !unmarshal(a.Parameters.FullBytes, &iv) || len(iv) != blockSize {
		return nil, refuse(ErrProfile, "AES-256-CBC ohne lesbaren Startwert", wantCipher)
	}
	return iv, nil
}

// rsaKey returns the certificate's key when it is RSA and of a length that is
// allowed.
func rsaKey(c *x509.Certificate, minBits int) (*rsa.PublicKey, error) {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, refuse(ErrProfile, "Schlüssel anderer Art", wantKey)
	}
	if bits := key.N.BitLen(); bits < minBits || bits > maxKeyBits {
		return nil, refuse(ErrProfile, fmt.Sprintf("RSA-Schlüssel mit %d Bit", bits), wantKey)
	}
	return key, nil
}

// verify checks the signature of the digest; both are of the profile or, with
// legacy, of the one before it.
func verify(key *rsa.PublicKey, digest, signature []byte, legacy bool) bool {
	if legacy {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
	}
	return rsa.VerifyPSS(key, crypto.SHA256, digest, signature, pssOptions()) == nil
}

func pssOptions() *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: saltLength, Hash: crypto.SHA256}
}

// unwrap decrypts the content key. Every failure is the same refusal.
func unwrap(key crypto.Decrypter, wrapped []byte, legacy bool) ([]byte, error) {
	var opts crypto.DecrypterOpts = &rsa.OAEPOptions{Hash: crypto.SHA256}
	if legacy { // a wrong padding yields a random key here, and so garbage later
		opts = &rsa.PKCS1v15DecryptOptions{SessionKeyLen: keyLength} //nolint:staticcheck // archives from before the profile have nothing else
	}
	contentKey, err := key.Decrypt(rand.Reader, wrapped, opts)
	if err != nil || len(contentKey) != keyLength {
		return nil, &Error{Kind: ErrDecryption}
	}
	return contentKey, nil
}
