package testdb_test

import (
	"testing"

	"klarbeleg/internal/testdb"
)

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("OPS-1 every test has a migrated database of its own", func(t *testing.T) {
		t.Parallel()
		first, second := testdb.New(t), testdb.New(t)
		if _, err := first.Exec(t.Context(), "CREATE TABLE only_here (n int)"); err != nil {
			t.Fatal(err)
		}
		exists := "SELECT to_regclass($1) IS NOT NULL"
		var inFirst, inSecond, migrated bool
		if err := first.QueryRow(t.Context(), exists, "only_here").Scan(&inFirst); err != nil {
			t.Fatal(err)
		}
		if err := second.QueryRow(t.Context(), exists, "only_here").Scan(&inSecond); err != nil {
			t.Fatal(err)
		}
		if err := second.QueryRow(t.Context(), exists, "goose_db_version").Scan(&migrated); err != nil {
			t.Fatal(err)
		}
		if !inFirst || inSecond || !migrated {
			t.Fatalf("table in its own database %t, in the other %t, migrated %t", inFirst, inSecond, migrated)
		}
	})
}

func BenchmarkURL(b *testing.B) {
	for b.Loop() {
		testdb.URL(b)
	}
}
