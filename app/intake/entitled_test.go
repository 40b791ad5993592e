package intake

import (
	"testing"

	"klarbeleg/domain/billing"
)

// DTA-5: nobody signs the Auftragsdatei. A payload signed for the sender that it
// names must be that sender's, whatever the procedure's own checks compare.
func TestSealedForAnotherSender(t *testing.T) {
	t.Parallel()
	for _, sender := range []string{"590000001", "", "59880001"} {
		in := &intakeTx{sealedFor: "598800016"}
		stop, err := in.Header(t.Context(), &billing.Header{Sender: sender})
		if err != nil || len(stop) != 1 || stop[0].Rule != "P1007" || stop[0].Severity != "reject_file" {
			t.Errorf("sender %q: %+v, %v", sender, stop, err)
		}
	}
}
