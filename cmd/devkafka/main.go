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
	"strings"
	"syscall"
	"time"

	"klarbeleg/internal/apachekafka"
)

// testEnv is the variable that internal/testkafka reads.
const testEnv = "KLARBELEG_TEST_KAFKA"

const stopTimeout = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1)) // the command's own report is on the screen
	default:
		fmt.Fprintln(os.Stderr, "devkafka:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("devkafka", flag.ContinueOnError)
	var cfg apachekafka.Config
	flags.IntVar(&cfg.Nodes, "nodes", 1, "number of brokers, 1 or 3")
	flags.IntVar(&cfg.Port, "port", 0, "port of the first broker; 0 takes free ones")
	flags.StringVar(&cfg.CacheDir, "cache", filepath.Join(".cache", "kafka"), "folder for the fetched program")
	flags.StringVar(&cfg.DataDir, "data", "", "folder for topics and messages; empty: removed at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	command := flags.Args()
	if addrs := os.Getenv(testEnv); addrs != "" && len(command) > 0 {
		fmt.Fprintf(out, "devkafka: using the Apache Kafka at %s\n", addrs)
		return execute(ctx, command, addrs)
	}
	if cfg.DataDir == "" {
		dir, err := os.MkdirTemp("", "klarbeleg-kafka-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		cfg.DataDir = dir
	}
	return withCluster(ctx, cfg, command, out)
}

// withCluster starts the brokers, runs the command or waits, and stops them.
func withCluster(ctx context.Context, cfg apachekafka.Config, command []string, out io.Writer) (err error) {
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
		return errors.New("a broker ended by itself")
	}
}

// execute runs the command with the terminal; Ctrl-C asks it to end first.
func execute(ctx context.Context, command []string, addrs string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), testEnv+"="+addrs)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd.Run()
}
