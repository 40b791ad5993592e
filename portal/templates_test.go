package portal

import (
	"maps"
	"slices"
	"testing"

	"github.com/jba/templatecheck"
)

// pageTypes names the page struct of every template.
func pageTypes() map[string]any {
	return map[string]any{
		"start":            startPage{},
		"lookup":           lookupPage{},
		"lookup_result":    lookupResultPage{},
		"voucher":          voucherPage{},
		"voucher_result":   voucherResultPage{},
		"file":             filePage{},
		"file_result":      fileResultPage{},
		"help":             helpPage{},
		"kontakt":          contactPage{},
		"kontakt_gesendet": contactSentPage{},
		"impressum":        infoPage{},
		"datenschutz":      infoPage{},
		"barrierefreiheit": infoPage{},
		"licences":         licencesPage{},
		"operator":         operatorPage{},
		"register":         registerPage{},
		"registered":       registeredPage{},
		"login":            loginPage{},
		"login_code":       codePage{},
		"password":         passwordPage{},
		"overview":         overviewPage{},
		"own":              ownPage{},
		"users":            usersPage{},
		"user_form":        userFormPage{},
		"user":             userPage{},
		"user_delete":      deletePage{},
		"credentials":      credentialsPage{},
		"error":            errorPage{},
	}
}

// Every template fits the struct that its handler passes: no field that does not
// exist, in no branch.
func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRenderer(a)
	if err != nil {
		t.Fatal(err)
	}
	types := pageTypes()
	for name, tmpl := range r.byName {
		page, ok := types[name]
		if !ok {
			t.Errorf("template %s has no page struct", name)
			continue
		}
		if err := templatecheck.CheckHTMLStrict(tmpl, page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name := range types {
		if r.byName[name] == nil {
			t.Errorf("page %s has no template; there are %v", name, slices.Sorted(maps.Keys(r.byName)))
		}
	}
}
