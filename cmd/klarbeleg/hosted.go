package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// hosted are the servers that this process runs for itself in embedded mode; the
// zero value hosts nothing.
type hosted struct {
	dir   string
	mails http.Handler
	notes []string // what is off, for the operators' page
	stops []func(context.Context) error
}

// onStop adds a step to the end; steps run in reverse order.
func (h *hosted) onStop(step func(context.Context) error) { h.stops = append(h.stops, step) }

func (h *hosted) stop(ctx context.Context) error {
	var errs []error
	for _, step := range slices.Backward(h.stops) {
		errs = append(errs, step(ctx))
	}
	h.stops = nil
	return errors.Join(errs...)
}
