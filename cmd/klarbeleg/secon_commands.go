package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"klarbeleg/app/intake"
	"klarbeleg/app/intake/wording"
	"klarbeleg/app/keyring"
	"klarbeleg/app/lists"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/secon"
)

// keyFlags name the folders with which a command at the prompt opens sealed files.
type keyFlags struct {
	folders keyring.Folders
	senders string
}

func (k *keyFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&k.folders.Identities, "identities", "", "Ordner der eigenen Zertifikate mit Schlüssel (PEM), um SECON-Dateien zu öffnen")
	f.StringVar(&k.folders.Trust, "trust", "", "Ordner der Zertifikate der Trustcenter")
	f.StringVar(&k.folders.Partners, "partners", "", "Ordner der Zertifikate der Partner")
	f.StringVar(&k.folders.CRLs, "crls", "", "Ordner der Sperrlisten")
	f.StringVar(&k.senders, "senders", "", "Absender als CSV (Dienstleister, die für sie signieren)")
}

// security returns with what files are opened; without folders sealed ones are not.
func (k *keyFlags) security() (intake.Security, error) {
	s := intake.Security{PlainAllowed: true}
	if !k.folders.Set() {
		return s, nil
	}
	ring, err := keyring.Load(k.folders)
	if err != nil {
		return s, err
	}
	keys := intake.Keys{Identities: ring.Identities, Trust: ring.Trust}
	s.Keys = func(context.Context) intake.Keys { return keys }
	return s, nil
}

func (k *keyFlags) senderList() (*billing.SenderDirectory, error) {
	if k.senders == "" {
		return nil, nil //nolint:nilnil // no list is a nil one
	}
	rows, err := readList(k.senders, lists.ReadSenders)
	if err != nil {
		return nil, err
	}
	return billing.SendersOf(rows), nil
}

// seconCommand seals and opens files at the prompt, for operators and for tests with
// partners (DTA-5).
func (p *program) seconCommand() *cobra.Command {
	c := &cobra.Command{Use: "secon", Short: "Signiert und verschlüsselt Dateien (SECON) oder öffnet sie"}
	c.AddCommand(p.seconSealCommand(), p.seconOpenCommand())
	return c
}

// sealOptions are the flags of secon seal.
type sealOptions struct {
	identity, out, auf string
	folders            keyring.Folders
}

func (p *program) seconSealCommand() *cobra.Command {
	var o sealOptions
	c := &cobra.Command{
		Use:   "seal [flags] DATEI",
		Short: "Signiert DATEI und verschlüsselt sie für den Empfänger der Auftragsdatei",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, files []string) error { return p.seal(o, files[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.identity, "identity", "", "Zertifikat des Absenders mit Schlüssel (PEM)")
	f.StringVar(&o.folders.Trust, "trust", "", "Ordner der Zertifikate der Trustcenter")
	f.StringVar(&o.folders.Partners, "partners", "", "Ordner mit dem Zertifikat des Empfängers")
	f.StringVar(&o.folders.CRLs, "crls", "", "Ordner der Sperrlisten")
	f.StringVar(&o.auf, "auf", "", "Auftragsdatei (sonst die gleichen Namens daneben)")
	f.StringVar(&o.out, "out", "", "Ordner für Datei und Auftragsdatei")
	return c
}

func (p *program) seal(o sealOptions, file string) error {
	if o.identity == "" || o.out == "" || o.folders.Trust == "" || o.folders.Partners == "" {
		return usage(errors.New("--identity, --trust, --partners and --out are needed"))
	}
	if o.auf == "" {
		o.auf = besideFile(file)
	}
	raw, err := os.ReadFile(o.auf)
	if err != nil {
		return usage(fmt.Errorf("read Auftragsdatei: %w", err))
	}
	pem, err := os.ReadFile(o.identity)
	if err != nil {
		return usage(fmt.Errorf("read identity: %w", err))
	}
	signer, err := secon.ParseIdentity(pem)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", o.identity, err))
	}
	trust, partners, err := keyring.LoadTrust(o.folders)
	if err != nil {
		return usage(err)
	}
	s := sealer{signer: signer, trust: trust, partners: partners, at: p.clock.Now()}
	if err := s.seal(file, raw, o.out); err != nil {
		return usage(err)
	}
	fmt.Fprintf(p.stdout, "%s: signiert und verschlüsselt nach %s.\n", file, o.out)
	return nil
}

// sealer seals deliveries as a sender does.
type sealer struct {
	signer   secon.Identity
	trust    *secon.Trust
	partners []*x509.Certificate
	at       time.Time
}

// seal writes the sealed file and the Auftragsdatei that announces it to the folder,
// under the names of the plain ones.
func (s sealer) seal(file string, rawAuftrag []byte, folder string) error {
	a, faults := auftrag.Read(rawAuftrag)
	for i := range faults {
		if faults[i].Severity == dta.RejectFile {
			return fmt.Errorf("the Auftragsdatei is faulty: %w", faults[i])
		}
	}
	const digits = 9
	to, ok := secon.Choose(s.partners, a.EmpfaengerNutzer[:min(digits, len(a.EmpfaengerNutzer))], s.at)
	if !ok {
		return errors.New("no valid certificate for the EMPFÄNGER_NUTZER of the Auftragsdatei")
	}
	size, err := s.sealTo(filepath.Join(folder, filepath.Base(file)), file, to)
	if err != nil {
		return err
	}
	a.DateigroesseUebertragung, a.Verschluesselungsart, a.ElektronischeUnterschrift = size, "03", "03"
	raw, err := a.Append(nil)
	if err != nil {
		return fmt.Errorf("write Auftragsdatei: %w", err)
	}
	name := filepath.Base(file)
	name = name[:len(name)-len(filepath.Ext(name))] + ".auf"
	_, err = writeNew(filepath.Join(folder, name), func(dst io.Writer) error {
		_, err := dst.Write(raw)
		return err
	})
	return err
}

// sealTo returns the size of the sealed file; a file that exists is not overwritten.
func (s sealer) sealTo(path, file string, to *x509.Certificate) (size int64, err error) {
	src, err := os.Open(file)
	if err != nil {
		return 0, fmt.Errorf("open file: %w", err)
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	info, err := src.Stat()
	if err != nil {
		return 0, fmt.Errorf("open file: %w", err)
	}
	return writeNew(path, func(dst io.Writer) error {
		return secon.Seal(dst, src, info.Size(), secon.Letter{Signer: s.signer, Recipients: []*x509.Certificate{to}, Trust: s.trust, SigningTime: s.at})
	})
}

// writeNew writes a new file that others cannot read; after an error it is gone.
func writeNew(path string, write func(io.Writer) error) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write file: %w", err)
	}
	w := bufio.NewWriterSize(f, 64<<10)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		var info os.FileInfo
		if info, err = f.Stat(); err == nil {
			size = info.Size()
		}
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(path))
	}
	return size, nil
}

// openOptions are the flags of secon open.
type openOptions struct {
	auf, out string
	keys     keyFlags
}

func (p *program) seconOpenCommand() *cobra.Command {
	var o openOptions
	c := &cobra.Command{
		Use:   "open [flags] DATEI",
		Short: "Öffnet DATEI wie die Annahme und schreibt die Nutzdaten; sie sind Sozialdaten",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, files []string) error { return p.open(c.Context(), o, files[0]) },
	}
	o.keys.register(c)
	c.Flags().StringVar(&o.auf, "auf", "", "Auftragsdatei (sonst die gleichen Namens daneben)")
	c.Flags().StringVar(&o.out, "out", "", "Datei für die Nutzdaten")
	return c
}

func (p *program) open(ctx context.Context, o openOptions, file string) (err error) {
	if o.out == "" {
		return usage(errors.New("--out is needed"))
	}
	if o.auf == "" {
		o.auf = besideFile(file)
	}
	security, err := o.keys.security()
	if err != nil {
		return usage(err)
	}
	senders, err := o.keys.senderList()
	if err != nil {
		return usage(err)
	}
	in, closeFile, err := openInput(checkOptions{auf: o.auf}, file)
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	now := p.clock.Now()
	text := wording.NewCheck(p.stdout)
	text.Begin(file)
	by := intake.CheckedBy{
		Facts: &billing.Facts{ReceivedOn: calendar.InBerlin(now), Senders: senders}, At: now, Sink: &intake.Offline{On: text.Finding},
	}
	refused := errors.New("refused")
	size, err := writeNew(o.out, func(dst io.Writer) error {
		report, err := security.Extract(ctx, dst, in, by)
		if err == nil && report != nil {
			err = refused
		}
		return err
	})
	switch {
	case errors.Is(err, refused):
		return &exitError{code: exitFindings}
	case err != nil:
		return usage(err)
	}
	fmt.Fprintf(p.stdout, "  geöffnet: %d Byte nach %s.\n", size, o.out)
	return nil
}
