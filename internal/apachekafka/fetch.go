package apachekafka

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"klarbeleg/internal/child"
)

// pom makes Maven resolve the broker with all it needs at run time, and a logger
// that writes to standard error.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>klarbeleg</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>VERSION</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies>
</project>
`

// fetch returns the folder of jar files, from the cache if it is there. It
// fetches beside it and renames, so that the cache never holds half of them.
func fetch(ctx context.Context, cacheDir string) (_ string, err error) {
	// Maven takes a relative folder as relative to the pom.
	if cacheDir, err = filepath.Abs(cacheDir); err != nil {
		return "", err
	}
	target := filepath.Join(cacheDir, "kafka-"+Version)
	if present(target) {
		return target, nil
	}
	if err := os.MkdirAll(cacheDir, 0o750); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cacheDir, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	file := filepath.Join(work, "pom.xml")
	if err := os.WriteFile(file, []byte(strings.Replace(pom, "VERSION", Version, 1)), 0o600); err != nil {
		return "", err
	}
	libs := filepath.Join(work, "libs")
	err = child.Run(ctx, "mvn", "-B", "-q", "-f", file,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+libs)
	if err != nil {
		return "", err
	}
	if err := os.Rename(libs, target); err != nil && !present(target) {
		return "", err
	}
	return target, nil
}

func present(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "kafka_2.13-"+Version+".jar"))
	return err == nil
}
