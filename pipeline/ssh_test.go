package pipeline_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// ssh starts a server on the loopback interface that ends with the test, and
// returns the command that starts a program through it.
func ssh(t *testing.T) string {
	t.Helper()
	server := "/usr/sbin/sshd"
	for _, program := range []string{server, "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			absent(t, "ssh", fmt.Sprintf("no %s: Debian has it in openssh-server and openssh-client", program))
		}
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, key := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", in(key)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	settings := fmt.Appendf(nil, "ListenAddress 127.0.0.1:%d\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nUsePAM no\nStrictModes no\n"+
		"PasswordAuthentication no\nAcceptEnv TMPDIR\nMaxStartups 100\n", port, in("host"), in("user.pub"))
	if err := os.WriteFile(in("config"), settings, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(server, "-D", "-e", "-f", in("config"))
	if os.Getuid() == 0 { // a server run by root needs this directory, which only a booted system has
		const prepare = `mount -t tmpfs none /run && mkdir /run/sshd && exec "$@"`
		cmd = exec.Command("unshare", append([]string{"-m", "sh", "-c", prepare, "sh"}, cmd.Args...)...)
	}
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("sshd: %s", log.String())
		}
	})
	command := fmt.Sprintf("ssh -p %d -i %s -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no "+
		"-o UserKnownHostsFile=%s -o LogLevel=ERROR -o SendEnv=TMPDIR 127.0.0.1",
		port, in("user"), in("known"))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("sh", "-c", command+" true").CombinedOutput()
		if err == nil {
			return command
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v: %s", err, out)
		}
	}
}
