package portal

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"klarbeleg/internal/document"
)

// form is a filled-in registration; files are by field.
type form struct {
	values map[string]string
	files  map[string]string
}

func registration() form {
	return form{
		values: map[string]string{
			"einrichtung": "Praxis am See", "strasse": "Uferweg 1", "ort": "04109 Leipzig", "name": "Anna See", "email": "see@see.example",
			"ik-1": "260 326 833", "ik-3": "260326844",
		},
		files: map[string]string{"nachweis-1": syntheticPDF, "nachweis-3": syntheticPDF},
	}
}

const syntheticPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"

// register posts the form.
func (b *accountBundle) register(t *testing.T, f form) (*http.Response, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, v := range f.values {
		if err := w.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range f.files {
		part, err := w.CreateFormFile(name, `../../"nachweis".exe`) // ASVS 5.3.2: the name does not matter
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, registerPath, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	resp := rec.Result()
	return resp, text(t, resp)
}

func TestRegistrationPages(t *testing.T) {
	t.Parallel()
	t.Run("REG-1, REG-4 a form with two IKs and their documents leads to the page of its state", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		b.page(t, &person{}, request{path: registerPath}, http.StatusOK)
		resp, _ := b.register(t, registration())
		to := resp.Header.Get("Location")
		if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/registrieren/stand/") {
			t.Fatalf("%d to %q", resp.StatusCode, to)
		}
		body := b.page(t, &person{}, request{path: to}, http.StatusOK)
		if strings.Count(body, "In Prüfung") != 2 || !strings.Contains(body, "260326844") || strings.Contains(body, "Anna") {
			t.Error("page of the state")
		}
		b.page(t, &person{}, request{path: "/registrieren/stand/AAAAAAAAAAAAAAAAAAAAAAAAAA"}, http.StatusNotFound)
	})
	t.Run("REG-1, ASVS 2.2.2, 5.2.1, 5.2.2 what cannot be used is named beside its field", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		for want, spoil := range map[string]func(form){
			"Namen Ihrer Einrichtung":          func(f form) { f.values["einrichtung"] = "" },
			"gültige E-Mail-Adresse":           func(f form) { f.values["email"] = "see" },
			"genau 9 Ziffern":                  func(f form) { f.values["ik-3"] = "12" },
			"Wählen Sie den Nachweis":          func(f form) { delete(f.files, "nachweis-3") },
			"Institutionskennzeichen (IK) ein": func(f form) { delete(f.values, "ik-1") },
			"nur einmal vorkommen":             func(f form) { f.values["ik-3"] = "260326833" },
			"keine lesbare PDF-":               func(f form) { f.files["nachweis-3"] = "MZ, ein Programm" },
			"JPEG-, PNG- oder TIFF-Datei": func(f form) {
				f.files["nachweis-1"] = syntheticPDF[:9] + strings.Repeat(" ", document.MaxBytes) + syntheticPDF[9:]
			},
		} {
			f := registration()
			spoil(f)
			resp, body := b.register(t, f)
			if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, want) || !strings.Contains(body, "Anna See") {
				t.Errorf("%d, page lacks %q", resp.StatusCode, want)
			}
			checkPage(t, body)
		}
		var n int
		if err := b.pool.QueryRow(t.Context(), "select count(*) from registration").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d registrations kept, %v", n, err)
		}
	})
}
