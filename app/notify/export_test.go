package notify

import dto "github.com/prometheus/client_model/go"

// Mails returns how many attempts ended with the outcome.
func (m *Metrics) Mails(outcome string) float64 {
	var value dto.Metric
	if err := m.mails.WithLabelValues(outcome).Write(&value); err != nil {
		panic(err)
	}
	return value.GetCounter().GetValue()
}
