package store

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// errConnection marks an error after which the connection is gone.
var errConnection = errors.New("connection lost")

// isNetwork reports whether err comes from the network below the protocol.
func isNetwork(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
