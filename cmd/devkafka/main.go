// Command devkafka starts Apache Kafka on loopback for development and tests. It
// fetches it with Maven's client at the first start and needs Java 17.
//
//	devkafka                    run until Ctrl-C, print the addresses
//	devkafka -- COMMAND ARG...  run COMMAND with KLARBELEG_TEST_KAFKA set, then stop
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"klarbeleg/internal/apachekafka"
)

const (
	// testEnv is the variable that internal/testkafka reads.
	testEnv  = "KLARBELEG_TEST_KAFKA"
	nodesEnv = "KAFKA_NODES"

	// defaultPort leaves 9092 to the embedded broker.
	defaultPort = 19092
	stopTimeout = 30 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	var failed *commandError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &failed):
		os.Exit(failed.code) // its own report is on the screen
	default:
		fmt.Fprintln(os.Stderr, "devkafka:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("devkafka", flag.ContinueOnError)
	var cfg apachekafka.Config
	nodes, err := defaultNodes()
	if err != nil {
		return err
	}
	flags.IntVar(&cfg.Nodes, "nodes", nodes, "number of brokers, 1 or 3; the environment variable "+nodesEnv+" sets the default")
	flags.IntVar(&cfg.Port, "port", 0, "port of the first broker; 0 takes free ones for COMMAND, else 19092")
	flags.StringVar(&cfg.CacheDir, "cache", filepath.Join(".cache", "kafka"), "folder for the fetched program")
	flags.StringVar(&cfg.DataDir, "data", "", "folder for topics and messages; empty: removed at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	command := flags.Args()
	if cfg.Port == 0 && len(command) == 0 {
		cfg.Port = defaultPort
	}
	if addrs := os.Getenv(testEnv); addrs != "" && len(command) > 0 {
		fmt.Fprintf(out, "devkafka: using the Apache Kafka at %s\n", addrs)
		return execute(ctx, command, addrs)
	}
	return withCluster(ctx, cfg, command, out)
}

func defaultNodes() (int, error) {
	text := os.Getenv(nodesEnv)
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errors.New(nodesEnv + " is not a number of brokers")
	}
	return n, nil
}

// withCluster starts the brokers, runs the command or waits, and stops them.
func withCluster(ctx context.Context, cfg apachekafka.Config, command []string, out io.Writer) (err error) {
	if cfg.DataDir == "" {
		if cfg.DataDir, err = os.MkdirTemp("", "klarbeleg-kafka-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.DataDir)) }()
	}
	fmt.Fprintf(out, "devkafka: starting Apache Kafka %s ...\n", apachekafka.Version)
	cluster, err := apachekafka.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, cluster.Stop(stopCtx))
	}()
	addrs := strings.Join(cluster.Addrs(), ",")
	fmt.Fprintf(out, "devkafka: Apache Kafka %s at %s\n", apachekafka.Version, addrs)
	if len(command) > 0 {
		return execute(ctx, command, addrs)
	}
	fmt.Fprintln(out, "devkafka: Ctrl-C stops it")
	select {
	case <-ctx.Done():
		return nil
	case <-cluster.Done():
		return errors.New("the brokers ended by themselves")
	}
}

// execute runs the command with the terminal; Ctrl-C asks it to end first.
func execute(ctx context.Context, command []string, addrs string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), testEnv+"="+addrs)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &commandError{code: max(exit.ExitCode(), 1)} // -1 after a signal
	}
	return err
}

// commandError says that the command ran and failed.
type commandError struct{ code int }

func (e *commandError) Error() string {
	return fmt.Sprintf("the command failed with exit code %d", e.code)
}
