//go:build !noembedded

package main

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta"
	"klarbeleg/dta/p295"
	gen295 "klarbeleg/dta/p295/gen"
	"klarbeleg/dta/p300"
	gen300 "klarbeleg/dta/p300/gen"
	"klarbeleg/dta/p300/ta7"
	"klarbeleg/dta/p302"
	"klarbeleg/dta/p302/gen"
)

// format is a kind of file that the benchmark writes and reads.
type format struct {
	name string
	// write makes a file of about the size.
	write func(w io.Writer, size int64, created time.Time) error
	// read reads it into typed content and returns its segments, 0 where it has none.
	read func(r io.Reader) (segments int, err error)
}

// errNotClean stands for a finding in a generated file: the figures would be those
// of another path than the usual one.
var errNotClean = errors.New("the generated file is not clean")

// formats lists what is read into typed content, with a part of the size where
// writing takes long.
func formats() []format {
	return []format{
		{"§ 302, Gruppe A", write302('A'), read302},
		{"§ 302, Gruppe B", write302('B'), read302},
		{"§ 302, Gruppe E", write302('E'), read302},
		{"§ 295 (DIR140)", write295, read295},
		{"§ 300 (ABRP)", write300(gen300.ABRP, 280), read300},
		{"§ 300 (TA7, mit Signaturen)", write300(gen300.TA7, 26_000), readTA7},
		{"  davon encoding/xml allein", write300(gen300.TA7, 26_000), readXML},
	}
}

// benchFormats measures the reading of all formats against a scan that looks at
// every byte once.
func (p *program) benchFormats(dir string, size int64) error {
	fmt.Fprintf(p.stdout, "\nFormate, ein Kern, je rund %d Byte in Verordnungen, Fällen oder Belegen (bester von drei Läufen)\n", size)
	for _, f := range formats() {
		if err := p.benchFormat(filepath.Join(dir, "format"), f, size); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

func (p *program) benchFormat(path string, f format, size int64) error {
	bytes, err := writeBench(path, func(w io.Writer) error { return f.write(w, size, p.clock.Now().Add(-time.Hour)) })
	if err != nil {
		return err
	}
	scan, err := measure("Durchlauf", bytes, func() error {
		return withFile(path, func(r *os.File) error { return scanBytes(r) })
	})
	if err != nil {
		return err
	}
	segments, allocations := 0, uint64(0)
	typed, err := measure(f.name, bytes, func() error {
		before := mallocs()
		err := withFile(path, func(r *os.File) (err error) {
			segments, err = f.read(r)
			return err
		})
		allocations = mallocs() - before
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "  %-28s %8.0f MB/s  %5.2f von einem Durchlauf", f.name, typed.rate(), typed.rate()/scan.rate())
	if segments > 0 {
		fmt.Fprintf(p.stdout, "  %6.1f Mio. Segmente/s  %5.3f Allokationen je Segment", float64(segments)/1e6/typed.took.Seconds(), float64(allocations)/float64(segments))
	}
	fmt.Fprintln(p.stdout)
	return nil
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// scanBytes is the yardstick: one pass that counts segments and separators.
func scanBytes(r io.Reader) error {
	buf := make([]byte, dta.ReadSize)
	segments, fields := 0, 0
	for {
		n, err := r.Read(buf)
		for i := 0; i < n; i++ {
			switch buf[i] {
			case dta.SepElement, dta.SepComponent:
				fields++
			case dta.Terminator:
				segments++
			case dta.Release:
				i++
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func write302(group byte) func(io.Writer, int64, time.Time) error {
	return func(w io.Writer, size int64, created time.Time) error {
		_, err := gen.Write(w, gen.Options{Gruppe: group, Bytes: size, Erstellt: created, Seed: 7})
		return err
	}
}

func read302(in io.Reader) (int, error) {
	r := p302.NewInvoiceReader(in, p302.Options{})
	for r.Next() {
		if r.Invoice().Rejected {
			return 0, errNotClean
		}
	}
	return r.Stats().Segments, clean(r.Err(), r.Errors())
}

func write295(w io.Writer, size int64, created time.Time) error {
	_, err := gen295.Write(w, gen295.Options{Bytes: size, Erstellt: created, Seed: 7})
	return err
}

func read295(in io.Reader) (int, error) {
	r := p295.NewReader(in, p295.Options{})
	for r.Next() {
		if r.Nachricht().Rejected {
			return 0, errNotClean
		}
	}
	return r.Stats().Segments, clean(r.Err(), r.Errors())
}

// write300 writes a file of a kind with as many prescriptions as have the size at
// so many bytes each.
func write300(kind gen300.Kind, each int64) func(io.Writer, int64, time.Time) error {
	return func(w io.Writer, size int64, created time.Time) error {
		n := max(int(size/each), 1000)
		d, err := gen300.New(gen300.Options{
			Verordnungen: n, Apotheken: n/250 + 1, RezepteProDatei: n, Seed: 7, Erstellt: created.In(calendar.Berlin()),
		})
		if err != nil {
			return err
		}
		for _, f := range d.Dateien() {
			if f.Kind == kind {
				_, err := f.Write(w)
				return err
			}
		}
		return errNotClean
	}
}

func read300(in io.Reader) (int, error) {
	r := p300.NewReader(in, p300.Options{})
	for r.Next() {
		if r.Message().Rejected {
			return 0, errNotClean
		}
	}
	return r.Stats().Segments, clean(r.Err(), r.Errors())
}

func readTA7(in io.Reader) (int, error) {
	r := ta7.NewReader(in, p300.Options{})
	for r.Next() {
	}
	return 0, clean(r.Err(), r.Errors())
}

// readXML is the ceiling of readTA7: the decoder of the standard library alone, over
// the outer file without the documents in its containers.
func readXML(in io.Reader) (int, error) {
	d := xml.NewDecoder(in)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

func clean(err error, found []dta.Error) error {
	if err == nil && len(found) > 0 {
		return errNotClean
	}
	return err
}

// writeBench writes a file and returns its size.
func writeBench(path string, write func(io.Writer) error) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, fmt.Errorf("create: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = errors.Join(write(w), w.Flush())
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// benchLarge checks one delivery of the size and tells what memory that took, under
// the conditions of check.
func (p *program) benchLarge(ctx context.Context, dir string, size int64) error {
	defer debug.SetGCPercent(debug.SetGCPercent(checkGCPercent))
	path := filepath.Join(dir, "large.edi")
	result, err := generateFile(path, gen.Options{Gruppe: 'B', Bytes: size, Erstellt: p.clock.Now().Add(-time.Hour), Seed: 7})
	if err != nil {
		return err
	}
	facts, err := factsOf(dir, result, calendar.InBerlin(p.clock.Now()))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		run  func(io.Reader) error
	}{
		{"Lesen und Stufen 1 und 2", func(r io.Reader) error {
			_, err := read302(r)
			return err
		}},
		{"check ohne frühere Lieferungen", func(r io.Reader) error {
			return benchCheck(ctx, r, result.Bytes, facts, forgetful{offline()})
		}},
		{"check, alle Regeln", func(r io.Reader) error { return benchCheck(ctx, r, result.Bytes, facts, offline()) }},
	} {
		runtime.GC()
		start, before, heap := p.clock.Now(), heapBytes(), &heapReader{}
		err := withFile(path, func(f *os.File) error {
			heap.Reader = f
			return step.run(heap)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		took := p.clock.Now().Sub(start)
		fmt.Fprintf(p.stdout, "  %-28s %d Byte, %d Positionen in %.1f s (%.0f MB/s), Speicher über dem Anfang höchstens %.1f MiB\n", step.name, result.Bytes, result.Positionen,
			took.Seconds(), float64(result.Bytes)/1e6/took.Seconds(), float64(heap.peak-before)/(1<<20))
	}
	return nil
}

// forgetful checks without looking for what was billed before: all but the rules of
// stage 4 that need it.
type forgetful struct{ *intake.Offline }

func (forgetful) History(context.Context, []*billing.Invoice) (*billing.History, error) {
	return nil, nil //nolint:nilnil // nil says unknown (intake.Sink)
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// heapReader looks at the heap before every piece that is read; garbage not yet
// collected counts.
type heapReader struct {
	io.Reader
	peak uint64
}

func (r *heapReader) Read(b []byte) (int, error) {
	r.peak = max(r.peak, heapBytes())
	return r.Reader.Read(b)
}
