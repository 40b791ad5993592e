package portal

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/internal/document"
)

const (
	registerPath  = "/registrieren"
	registerTitle = "Registrieren"
	// registerIKs is how many IKs one form takes: that of the institution and three
	// more; others come with another form.
	registerIKs = 4
	// maxRegisterBytes is a form with as many documents of full size.
	maxRegisterBytes = registerIKs*document.MaxBytes + 1<<20
	// registerMemory is what of a form is held in memory; the rest lies in files
	// until the answer.
	registerMemory = 1 << 20
)

// proofField is an IK with its document in the form.
type proofField struct {
	N        int
	IK, File field
}

// registerPage is the form for registration (REG-1, REG-4).
type registerPage struct {
	frame
	Institution, Street, City, Name, Email, Phone field
	Main                                          proofField
	More                                          []proofField
	Errors                                        []fieldError
	// Open shows the rows of further IKs, because something stands in them.
	Open bool
}

func (s *server) newRegisterPage() registerPage {
	p := registerPage{frame: s.frame(registerTitle, loginPath), Main: proofField{N: 1}}
	for n := 2; n <= registerIKs; n++ {
		p.More = append(p.More, proofField{N: n})
	}
	return p
}

func (s *server) registerForm(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "register", s.newRegisterPage())
}

// register takes the form: 303 to the page of its state, or 422 with what is
// wrong. Files must be chosen again then: browsers do not show them a second time.
func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleCheck(w, r); err != nil {
		return err
	}
	if err := r.ParseMultipartForm(registerMemory); err != nil { //nolint:gosec // G120: limitBody bounds the form
		return badForm(err)
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	page := s.newRegisterPage()
	for name, f := range map[string]*field{
		"einrichtung": &page.Institution, "strasse": &page.Street, "ort": &page.City, "name": &page.Name, "email": &page.Email, "telefon": &page.Phone,
	} {
		f.Value = typedLong(r, name)
	}
	page.wantTexts()
	proofs, files := s.readProofs(r, &page)
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	id := ""
	if page.collect(); len(page.Errors) == 0 {
		var err error
		id, err = s.deps.Registrations.Submit(r.Context(), account.Applicant{
			Institution: page.Institution.Value, Street: page.Street.Value, City: page.City.Value, Phone: page.Phone.Value,
			Contact: account.NewUser{Email: page.Email.Value, Name: page.Name.Value},
		}, proofs)
		if err := page.refuse(err); err != nil {
			return fmt.Errorf("register: %w", err)
		}
		page.collect()
	}
	if len(page.Errors) > 0 {
		page.Faulty = true
		return s.pages.write(w, http.StatusUnprocessableEntity, "register", page)
	}
	http.Redirect(w, r, registerPath+"/stand/"+id, http.StatusSeeOther)
	return nil
}

// readProofs reads the IKs and their files; rows without both are left out, but
// the first.
func (*server) readProofs(r *http.Request, page *registerPage) (proofs []account.Proof, files []multipart.File) {
	rows := []*proofField{&page.Main}
	for i := range page.More {
		rows = append(rows, &page.More[i])
	}
	for _, row := range rows {
		n := strconv.Itoa(row.N)
		row.IK.Value = typed(r, "ik-"+n)
		file, _, err := r.FormFile("nachweis-" + n)
		if err == nil {
			files = append(files, file)
		}
		if row.N > 1 && row.IK.Value == "" && err != nil {
			continue
		}
		ik, fault := parseIK(row.IK.Value)
		row.IK.Error = fault
		if err != nil {
			row.File.Error = "Wählen Sie den Nachweis für dieses IK aus."
			continue
		}
		proofs = append(proofs, account.Proof{IK: ik, Document: file})
	}
	return proofs, files
}

// refuse puts the error of a submission beside its field; it returns errors that
// nobody can correct.
func (p *registerPage) refuse(err error) error {
	var bad *account.FieldError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, account.ErrDocument):
		p.Main.File.Error = "Mindestens ein Nachweis ist keine lesbare PDF-, JPEG-, PNG- oder TIFF-Datei bis 25 MB. Speichern Sie Fotos als JPEG und wählen Sie alle Dateien erneut aus."
		return nil
	case !errors.As(err, &bad):
		return err
	}
	switch bad.Field {
	case "institution":
		p.Institution.Error = "Geben Sie den Namen Ihrer Einrichtung ein, höchstens 100 Zeichen."
	case "street":
		p.Street.Error = "Geben Sie Straße und Hausnummer ein."
	case "city":
		p.City.Error = "Geben Sie Postleitzahl und Ort ein."
	case "name":
		p.Name.Error = "Geben Sie Vor- und Nachnamen der Ansprechperson ein."
	case "email":
		p.Email.Error = "Geben Sie eine gültige E-Mail-Adresse ein, zum Beispiel m.muster@praxis.example."
	case "phone":
		p.Phone.Error = "Geben Sie eine Telefonnummer mit höchstens 100 Zeichen ein oder lassen Sie das Feld leer."
	default:
		p.Main.IK.Error = "Jedes IK darf nur einmal vorkommen."
	}
	return nil
}

// collect gathers the errors for the summary, in the order of the form.
func (p *registerPage) collect() {
	fields := []namedField{
		{"einrichtung", p.Institution}, {"strasse", p.Street}, {"ort", p.City}, {"name", p.Name}, {"email", p.Email}, {"telefon", p.Phone},
	}
	for _, row := range append([]proofField{p.Main}, p.More...) {
		n := strconv.Itoa(row.N)
		fields = append(fields, namedField{"ik-" + n, row.IK}, namedField{"nachweis-" + n, row.File})
	}
	p.Errors = faultsOf(fields)
	for _, row := range p.More {
		p.Open = p.Open || row.IK.Value != "" || row.File.Error != ""
	}
}

// wantTexts marks the texts that are missing, so that all are named at once.
func (p *registerPage) wantTexts() {
	for name, f := range map[string]field{
		"institution": p.Institution, "street": p.Street, "city": p.City, "name": p.Name, "email": p.Email,
	} {
		if f.Value == "" {
			_ = p.refuse(&account.FieldError{Field: name}) // always one of its fields
		}
	}
}

// registeredPage shows the state of a registration to whoever has its address;
// neither names nor documents.
type registeredPage struct {
	frame
	Number string
	Rows   []registeredRow
}

// registeredRow is an IK and where it stands.
type registeredRow struct {
	IK     string
	Status stateText
}

func (s *server) registered(w http.ResponseWriter, r *http.Request) error {
	row, err := s.deps.Registrations.Find(r.Context(), r.PathValue("id"))
	if errors.Is(err, account.ErrRegistration) {
		return errNotFound
	}
	if err != nil {
		return fmt.Errorf("read registration: %w", err)
	}
	page := registeredPage{frame: s.frame("Stand Ihrer Registrierung", loginPath), Number: groupReference(row.ID[:referenceLength])}
	for _, k := range row.IKs {
		page.Rows = append(page.Rows, registeredRow{k.IK, registrationText(k.State)})
	}
	return s.pages.write(w, http.StatusOK, "registered", page)
}

// registrationText returns the text of a registration's state (REG-2, REG-3).
func registrationText(s domain.RegistrationState) stateText {
	switch s {
	case domain.RegistrationSubmitted, domain.RegistrationChecked:
		return stateText{"info", "autorenew", "In Prüfung", "Wir prüfen den Nachweis."}
	case domain.RegistrationApproved:
		return stateText{"success", "check", "Freigegeben", "Zwei Briefe mit den Zugangsdaten sind unterwegs."}
	case domain.RegistrationRefused:
		return stateText{"danger", "danger", "Abgelehnt", "Bitte wenden Sie sich an uns."}
	case domain.RegistrationCompleted:
		return stateText{"success", "success", "Abgeschlossen", "Der Zugang ist eingerichtet."}
	}
	panic("portal: state of a registration without a text")
}
