// Package account holds what is true of accounts of the service portal without
// asking anybody: the states of registrations and users, who may do what to
// whom, how passwords must be, which one-time codes fit, and how long sessions
// live (REG-1 to REG-11, SES-1 to SES-3). It does no I/O and knows no clock; app
// asks it with the instants of its own.
package account
