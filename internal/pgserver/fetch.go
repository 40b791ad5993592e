package pgserver

import (
	"context"
	"errors"
)

const fetchedMajor = "18"

func fetch(_ context.Context, _ string) (string, error) {
	return "", errors.New("todo")
}
