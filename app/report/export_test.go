package report

// SplitAfter makes sheets end after n rows.
func (s *Service) SplitAfter(n int) { s.maxRows = n }
