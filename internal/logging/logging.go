// Package logging carries the zap logger in the context. Fields such as
// delivery, topic, partition and offset are set once at the door and appear in
// every line below it. It never logs values of a billed person (OPS-4): callers
// pass our own ids, codes, counts and places, nothing else.
package logging

import (
	"context"
	"fmt"
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type key struct{}

// New builds the logger: JSON lines on w at the level named (debug, info, warn,
// error).
func New(w io.Writer, level string) (*zap.Logger, error) {
	lvl, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	enc := zap.NewProductionEncoderConfig()
	enc.TimeKey, enc.EncodeTime = "ts", zapcore.RFC3339NanoTimeEncoder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(enc), zapcore.Lock(zapcore.AddSync(w)), lvl)
	return zap.New(core, zap.AddCaller()), nil
}

// Into returns a context that carries logger.
func Into(ctx context.Context, logger *zap.Logger) context.Context {
	return context.WithValue(ctx, key{}, logger)
}

// From returns the logger of ctx. A context without one is a programming fault
// and panics: there is no default logger.
func From(ctx context.Context) *zap.Logger {
	logger, ok := ctx.Value(key{}).(*zap.Logger)
	if !ok {
		panic("logging: context carries no logger")
	}
	return logger
}

// With returns a context whose logger adds fields to every line.
func With(ctx context.Context, fields ...zap.Field) context.Context {
	return Into(ctx, From(ctx).With(fields...))
}
