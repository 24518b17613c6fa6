// Package remotetest starts S3 servers, honest and faulty, for tests of code
// that uses a second level. They all listen on 127.0.0.1 and end with their
// test.
package remotetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A Server is an S3 server with one empty bucket.
type Server struct {
	Endpoint string
	// Data is the directory in which the server keeps the bucket's objects as
	// files.
	Data string

	start func()
	cmd   *exec.Cmd
}

// Bucket is the name of every server's bucket. Access and Secret are the
// credentials that the servers accept.
const (
	Bucket = "study"
	Access = "AKIDFORTESTS"
	Secret = "not-so-secret-0123456789"
)

// URL returns the URL of a second level in the bucket.
func (s *Server) URL(prefix string) string {
	return fmt.Sprintf("s3://%s/%s?endpoint=%s", Bucket, prefix, s.Endpoint)
}

// Credentials sets the credentials of the servers in the test's environment,
// and removes every other AWS setting from it.
func Credentials(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3"} {
		t.Setenv(name, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", Secret)
}

// Versity starts versitygw, which stores objects as files.
func Versity(t *testing.T) *Server {
	t.Helper()
	program := tool(t, "versitygw-v1.8.0", func(dir, out string) *exec.Cmd {
		cmd := exec.Command("go", "install", "-ldflags=-s -w", "github.com/versity/versitygw/cmd/versitygw@v1.8.0")
		cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
		return cmd
	}, "versitygw")
	meta := t.TempDir()
	return serve(t, func(address, data string) *exec.Cmd {
		cmd := exec.Command(program, "--port", address, "--quiet", "posix", "--sidecar", meta, data)
		cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+Access, "ROOT_SECRET_KEY="+Secret)
		return cmd
	})
}

// Rclone starts the S3 server of an rclone that is built without its other
// parts.
func Rclone(t *testing.T) *Server {
	t.Helper()
	program := tool(t, "rclone-v1.76.0", func(dir, out string) *exec.Cmd {
		const main = "package main\n\nimport (\n\t_ \"github.com/rclone/rclone/backend/local\"\n\t\"github.com/rclone/rclone/cmd\"\n" +
			"\t_ \"github.com/rclone/rclone/cmd/serve/s3\"\n)\n\nfunc main() { cmd.Main() }\n"
		const mod = "module serve\n\ngo 1.26.0\n\nrequire github.com/rclone/rclone v1.76.0\n"
		for name, text := range map[string]string{"main.go": main, "go.mod": mod} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod")
		return cmd
	}, "rclone")
	config := filepath.Join(t.TempDir(), "rclone.conf")
	return serve(t, func(address, data string) *exec.Cmd {
		return exec.Command(program, "--config", config, "serve", "s3", "--addr", address, "--auth-key", Access+","+Secret,
			"--vfs-cache-mode", "off", data)
	})
}

var building sync.Mutex

// tool returns the path of a program of a fixed version in the user's cache. If
// SPARSEL_REQUIRE names s3, it is built there; otherwise a test that needs it
// is skipped.
func tool(t *testing.T, name string, build func(dir, out string) *exec.Cmd, made string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "sparsel", "tools", name)
	building.Lock()
	defer building.Unlock()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if !slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "s3") {
		t.Skipf("no %s; SPARSEL_REQUIRE=s3 builds it once, which takes minutes and needs the network", path)
	}
	dir := t.TempDir()
	cmd := build(dir, filepath.Join(dir, made))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, made))
	if err != nil {
		t.Fatal(err)
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid()) // two test binaries may build it at once
	if err := os.WriteFile(tmp, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// serve starts a server on a free port and makes the bucket.
func serve(t *testing.T, command func(address, data string) *exec.Cmd) *Server {
	t.Helper()
	root := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s := &Server{Endpoint: "http://" + address, Data: filepath.Join(root, Bucket)}
	s.start = func() {
		log, err := os.OpenFile(filepath.Join(t.TempDir(), "log"), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		s.cmd = command(address, root)
		s.cmd.Stdout, s.cmd.Stderr = log, log
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 600 {
			c, err := net.Dial("tcp", address)
			if err == nil {
				c.Close()
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("%s does not listen: %s", s.cmd.Path, text)
	}
	s.start()
	t.Cleanup(s.Kill)
	client := s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(Access, Secret, ""),
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(Bucket)}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Kill ends the server with SIGKILL if it is running.
func (s *Server) Kill() {
	if s.cmd != nil && s.cmd.ProcessState == nil {
		s.cmd.Process.Kill()
		var exit *exec.ExitError
		if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			panic(err)
		}
	}
}

// Restart starts the server again on the same port after Kill.
func (s *Server) Restart() { s.start() }
