package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

const (
	crashPayees   = 300
	crashPayKills = 3
)

// TestPaymentKilled kills the payment run with SIGKILL after some of its vouchers,
// again and again; in the end each payee is paid once and no number is missing
// (PAY-1, F-10).
func TestPaymentKilled(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	system := startChild(t, dir, "--roles", "portal")
	t.Cleanup(func() { _ = system.cmd.Process.Kill() })
	want := addPayable(t, dir)
	for kill := range crashPayKills {
		target := crashPayees * (kill + 1) / (crashPayKills + 1)
		run := startPaying(t, dir)
		system.until("some vouchers are issued", func() bool { return countVouchers(t, dir) >= target })
		if err := run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = run.Wait()
		issued := countVouchers(t, dir)
		t.Logf("killed after %d of %d vouchers", issued, crashPayees)
		if issued == crashPayees {
			t.Error("the run had ended before it was killed")
		}
		// The lease of the killed process runs out.
		execSQL(t, dir, `update job_run set lease_until = now() where job = 'pay'`)
	}
	if err := startPaying(t, dir).Wait(); err != nil {
		t.Fatal(err)
	}
	withDB(t, dir, func(db *store.DB) {
		var got string
		if err := db.Pool().QueryRow(t.Context(), `select count(*) || ' ' || count(distinct payee_ik) || ' ' || max(number) || ' ' || sum(total_cents) from voucher`).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != fmt.Sprintf("%d %d %010d %d", crashPayees, crashPayees, crashPayees, want) {
			t.Errorf("vouchers: %s, want %d of %d cents", got, crashPayees, want)
		}
		storetest.MoneyHolds(t, db)
	})
	files, err := filepath.Glob(filepath.Join(dir, "zahlungen", "*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("transfer files %v, %v", files, err)
	}
	if sum := "<CtrlSum>" + strings.Replace(want.Wire(), ",", ".", 1) + "</CtrlSum>"; strings.Count(readOr(t, files[0]), sum) != 2 {
		t.Errorf("the transfer file does not say %s", sum)
	}
	if err := system.end(syscall.SIGTERM); err != nil {
		t.Errorf("end after SIGTERM: %v\n%s", err, system.log.String())
	}
}

// addPayable makes payees with an invoice each and returns what they get.
func addPayable(t *testing.T, dir string) (sum money.Cents) {
	t.Helper()
	var list strings.Builder
	list.WriteString("ik,name,street,city,iban,bic,valid_from,valid_to\n")
	received := clock.System().Now().Add(-30 * 24 * time.Hour)
	withDB(t, dir, func(db *store.DB) {
		for n := range crashPayees {
			ik := fmt.Sprintf("2611%05d", n)
			iban, err := billing.GermanIBAN("00000000", "0"+ik)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&list, "%s,Praxis %d,,,%s,,2020-01-01,\n", ik, n, iban)
			amount := money.Cents(100 + n)
			storetest.AddInvoice(t, db, storetest.Invoice{PayeeIK: ik, Billed: amount + 7, Corrected: 7, Received: received})
			sum += amount
		}
	})
	path := filepath.Join(filepath.Dir(dir), "payees.csv")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, log := runCommand(t, "--dir", dir, "payees", "import", path); code != exitOK {
		t.Fatal(log)
	}
	return sum
}

// startPaying starts the payment run of today in a process of its own.
func startPaying(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--dir", dir, "run-job", "pay")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func countVouchers(t *testing.T, dir string) (n int) {
	t.Helper()
	withDB(t, dir, func(db *store.DB) {
		if err := db.Pool().QueryRow(t.Context(), `select count(*) from voucher`).Scan(&n); err != nil {
			t.Fatal(err)
		}
	})
	return n
}

func execSQL(t *testing.T, dir, sql string) {
	t.Helper()
	withDB(t, dir, func(db *store.DB) {
		if _, err := db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	})
}
