import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.*;

/** Makes the messages bc-*: BER with indefinite lengths at every level and octet strings in pieces. */
class Golden {
	static final String PSS = "SHA256WITHRSAANDMGF1";

	public static void main(String[] args) throws Exception {
		Security.addProvider(new BouncyCastleProvider());
		Path pki = Path.of(args[0]), golden = Path.of(args[1]);
		byte[] payload = Files.readAllBytes(golden.resolve("payload.edi"));
		PrivateKey key = key(pki.resolve("partner.key"));
		X509Certificate signer = certificate(pki.resolve("partner.pem"));
		X509Certificate ours = certificate(pki.resolve("ours.pem"));
		X509Certificate other = certificate(pki.resolve("other.pem"));
		byte[] signed = sign(payload, key, signer);
		Files.write(golden.resolve("bc-ber.p7m"), encrypt(signed, ours));
		Files.write(golden.resolve("bc-ours-second.p7m"), encrypt(signed, other, ours));
		byte[] large = new byte[payload.length * 40];
		for (int i = 0; i < 40; i++) System.arraycopy(payload, 0, large, i * payload.length, payload.length);
		Files.write(golden.resolve("bc-pieces.p7m"), encrypt(sign(large, key, signer), ours));
	}

	static byte[] sign(byte[] payload, PrivateKey key, X509Certificate signer) throws Exception {
		CMSSignedDataStreamGenerator g = new CMSSignedDataStreamGenerator();
		g.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
			.build(new JcaContentSignerBuilder(PSS).setProvider("BC").build(key), signer));
		g.addCertificates(new JcaCertStore(List.of(signer)));
		g.setBufferSize(1000);
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (OutputStream s = g.open(out, true)) {
			s.write(payload);
		}
		return out.toByteArray();
	}

	static byte[] encrypt(byte[] message, X509Certificate... recipients) throws Exception {
		CMSEnvelopedDataStreamGenerator g = new CMSEnvelopedDataStreamGenerator();
		AlgorithmIdentifier oaep = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP,
			new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
		for (X509Certificate c : recipients) {
			g.addRecipientInfoGenerator(new JceKeyTransRecipientInfoGenerator(c, oaep).setProvider("BC"));
		}
		g.setBufferSize(1000);
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (OutputStream s = g.open(out, new JceCMSContentEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC).setProvider("BC").build())) {
			s.write(message);
		}
		return out.toByteArray();
	}

	static X509Certificate certificate(Path p) throws Exception {
		try (InputStream in = Files.newInputStream(p)) {
			return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
		}
	}

	static PrivateKey key(Path p) throws Exception {
		String body = Files.readString(p).replaceAll("-----[^-]+-----|\\s", "");
		return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
	}
}
