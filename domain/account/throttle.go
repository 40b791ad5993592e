package account

import "time"

// Brake slows down guessing: after so many failures in a row nothing is tried
// until a time is over. It never locks for good, and counts for accounts that do
// not exist as for those that do (ASVS 6.1.1, 6.3.1, 6.3.8).
type Brake struct {
	// Steps are ordered by failures; the last one that is reached counts.
	Steps []BrakeStep
	// Forget is the time without a failure after which counting begins anew.
	Forget time.Duration
}

// BrakeStep makes the attempt that reaches Failures the last one for Wait.
type BrakeStep struct {
	Failures int
	Wait     time.Duration
}

// AccountBrake counts the failures of one account.
func AccountBrake() Brake {
	return Brake{Steps: []BrakeStep{{5, time.Minute}, {10, 15 * time.Minute}, {20, 12 * time.Hour}}, Forget: 24 * time.Hour}
}

// AddressBrake counts the failures of one client address, of all accounts.
func AddressBrake() Brake {
	return Brake{Steps: []BrakeStep{{30, 10 * time.Minute}}, Forget: 10 * time.Minute}
}

// Wait returns how long nothing is tried after that many failures in a row: at
// every step, and after each failure beyond the last one.
func (b Brake) Wait(failures int) time.Duration {
	last := b.Steps[len(b.Steps)-1]
	if failures > last.Failures {
		return last.Wait
	}
	for _, s := range b.Steps {
		if failures == s.Failures {
			return s.Wait
		}
	}
	return 0
}

// MaxCodeTries ends a login whose codes were wrong that often.
const MaxCodeTries = 5
