package report

// SplitAfter makes sheets end after n rows.
func (s *Service) SplitAfter(n int) { s.maxRows = n }

// Text returns a German text; it panics if there is none.
func Text(key string) string {
	t, err := loadTexts()
	if err != nil {
		panic(err)
	}
	return t.of(key)
}
