package portal

import (
	"net/http"
	"strings"
)

// infoPage is a page of text about the portal and its operator.
type infoPage struct {
	frame
}

// infoTitles are the info pages and their titles; each has its template.
func infoTitle(name string) string {
	switch name {
	case "impressum":
		return "Impressum"
	case "datenschutz":
		return "Datenschutz"
	case "barrierefreiheit":
		return "Erklärung zur Barrierefreiheit"
	}
	panic("portal: info page without a title")
}

// info returns the handler of an info page.
func (s *server) info(name string) handler {
	title := infoTitle(name)
	return func(w http.ResponseWriter, _ *http.Request) error {
		return s.pages.write(w, http.StatusOK, name, infoPage{s.frame(title, "/"+name)})
	}
}

// helpPage answers the questions about the look-ups.
type helpPage struct {
	frame
	States []stateText
}

func (s *server) help(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "help", helpPage{s.frame("Hilfe", "/hilfe"), invoiceStates()})
}

// licencesPage shows the licence texts of what the portal delivers to browsers.
type licencesPage struct {
	frame
	EUPL, OFL string
}

func (s *server) licences(w http.ResponseWriter, _ *http.Request) error {
	eupl, err := staticFiles.ReadFile("static/" + kernDir + "/LICENSE.md")
	if err != nil {
		return err
	}
	ofl, err := staticFiles.ReadFile("static/" + kernDir + "/fonts/OFL.txt")
	if err != nil {
		return err
	}
	return s.pages.write(w, http.StatusOK, "licences", licencesPage{
		frame: s.frame("Lizenzen", ""),
		// The text is shown as plain text; the marks of its Markdown are left out.
		EUPL: strings.NewReplacer("**", "", "## ", "", "# ", "").Replace(string(eupl)),
		OFL:  string(ofl),
	})
}
