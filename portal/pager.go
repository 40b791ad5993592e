package portal

import "strconv"

// pager links the pages of a list; empty Prev or Next means there is none.
type pager struct {
	Page, Pages int
	Prev, Next  string
}

func newPager(path string, page, pages int) pager {
	p := pager{Page: page, Pages: pages}
	if page > 1 {
		p.Prev = path + "?seite=" + strconv.Itoa(page-1)
	}
	if page < pages {
		p.Next = path + "?seite=" + strconv.Itoa(page+1)
	}
	return p
}
