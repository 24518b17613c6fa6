//go:build linux

// Package slurmtest runs a Slurm cluster of two nodes for tests of workers on
// other machines. A controller and the nodes, from Debian's packages, each have
// a network namespace and a host name of their own, and the cluster has its own
// key, directory and addresses. Nothing leaves the namespaces, and everything
// ends with the test.
//
// The cluster does without systemd and control groups: it does not enforce
// memory limits, and it finds processes by their parents.
package slurmtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// CPUs is the number of processors that each node claims to have.
const CPUs = 16

// A Cluster is a running Slurm with the nodes n1 and n2 and two partitions: ci,
// and vip, whose jobs may preempt those of ci, which are queued again.
type Cluster struct {
	t    testing.TB
	dir  string
	name string
}

// settings is slurm.conf. SlurmdTimeout is how long a dead node goes unnoticed,
// and InactiveLimit how long a dead srun does. By default its job stays for
// ever.
const settings = `ClusterName=%[2]s
SlurmctldHost=ctl(10.99.0.1)
AuthInfo=socket=%[1]s/munge.sock
SlurmUser=root
SlurmdUser=root
StateSaveLocation=%[1]s/state
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/%%n.log
SlurmdSpoolDir=%[1]s/%%n
SlurmdPidFile=%[1]s/%%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=20
InactiveLimit=15
KillWait=5
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname=n1 NodeAddr=10.99.0.11 CPUs=%[3]d RealMemory=8000
NodeName=n2 NodeHostname=n2 NodeAddr=10.99.0.12 CPUs=%[3]d RealMemory=8000
PartitionName=ci Nodes=n1,n2 Default=YES PriorityTier=1
PartitionName=vip Nodes=n1,n2 PriorityTier=10
`

// Start starts a cluster that ends with the test. If a cluster is impossible
// here, the test is skipped, or fails if SPARSEL_REQUIRE names slurm.
func Start(t testing.TB) *Cluster {
	t.Helper()
	if why := lacking(); why != "" {
		if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "slurm") {
			t.Fatalf("SPARSEL_REQUIRE names slurm: %s", why)
		}
		t.Skip(why)
	}
	dir, err := os.MkdirTemp("", "slurm") // a short path, because it contains sockets
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{t: t, dir: dir, name: fmt.Sprintf("sp%d%s", os.Getpid(), filepath.Base(dir)[5:9])}
	t.Cleanup(c.stop)
	for _, sub := range []string{"state", "n1", "n2"} {
		c.must(os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	c.must(os.WriteFile(filepath.Join(dir, "slurm.conf"), fmt.Appendf(nil, settings, dir, c.name, CPUs), 0o644))
	// Otherwise slurmd fails without control groups.
	c.must(os.WriteFile(filepath.Join(dir, "cgroup.conf"), []byte("CgroupPlugin=cgroup/v1\n"), 0o644))
	key := make([]byte, 128)
	copy(key, "a key that guards nothing, since nothing outside of the namespaces can reach what it is for")
	c.must(os.WriteFile(filepath.Join(dir, "munge.key"), key, 0o400))
	c.network()
	c.shell(`munged --force --socket=%[1]s/munge.sock --key-file=%[1]s/munge.key `+
		`--pid-file=%[1]s/munged.pid --log-file=%[1]s/munged.log --seed-file=%[1]s/seed`, dir)
	c.daemon("ctl", "slurmctld -D -f "+dir+"/slurm.conf")
	c.StartNode("n1")
	c.StartNode("n2")
	c.wait("the nodes to be up", func() bool { return strings.Count(c.Try("sinfo -h -N -p ci -o %T"), "idle") == 2 })
	return c
}

// lacking says what this machine lacks for running a cluster.
func lacking() string {
	if os.Getuid() != 0 {
		return "only root can make network namespaces"
	}
	for _, name := range []string{"slurmctld", "slurmd", "srun", "munged", "ip", "unshare"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Sprintf("no %s: Debian has it in slurmctld, slurmd, slurm-client, munge, iproute2 and util-linux", name)
		}
	}
	return ""
}

// network makes the namespaces, and a bridge between them in the controller's.
func (c *Cluster) network() {
	c.shell(`ip netns add %[1]s-ctl; ip -n %[1]s-ctl link set lo up; ip -n %[1]s-ctl link add name lan type bridge
ip -n %[1]s-ctl addr add 10.99.0.1/24 dev lan; ip -n %[1]s-ctl link set lan up`, c.name)
	for i, node := range []string{"n1", "n2"} {
		c.shell(`ip netns add %[1]s-%[2]s; ip -n %[1]s-%[2]s link set lo up
ip -n %[1]s-ctl link add name %[2]s type veth peer name eth0 netns %[1]s-%[2]s
ip -n %[1]s-ctl link set %[2]s master lan up
ip -n %[1]s-%[2]s addr add 10.99.0.1%[3]d/24 dev eth0; ip -n %[1]s-%[2]s link set eth0 up`, c.name, node, i+1)
	}
}

// in returns the command prefix that runs a command in a namespace.
func (c *Cluster) in(name string) string {
	return "ip netns exec " + c.name + "-" + name
}

func (c *Cluster) daemon(name, command string) {
	cmd := exec.Command("sh", "-c",
		fmt.Sprintf(`exec %s unshare -u sh -c 'hostname %s; exec env SLURM_CONF=%s/slurm.conf %s' >>%s/%s.out 2>&1`,
			c.in(name), name, c.dir, command, c.dir, name))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c.must(cmd.Start())
	go cmd.Wait()
}

// StartNode starts a node's daemon, for example after it was killed.
func (c *Cluster) StartNode(node string) {
	c.daemon(node, fmt.Sprintf("slurmd -D -N %s -f %s/slurm.conf", node, c.dir))
}

// Srun returns a command that starts a program on one of the nodes.
func (c *Cluster) Srun(options string) string {
	return fmt.Sprintf("%s env SLURM_CONF=%s/slurm.conf srun --quiet -n1 -c1 %s", c.in("ctl"), c.dir, options)
}

// Do runs a Slurm command, which must succeed.
func (c *Cluster) Do(command string) string {
	c.t.Helper()
	return c.shell("%s env SLURM_CONF=%s/slurm.conf %s", c.in("ctl"), c.dir, command)
}

// Try runs a Slurm command that may fail.
func (c *Cluster) Try(command string) string {
	out, _ := exec.Command("sh", "-c", fmt.Sprintf("%s env SLURM_CONF=%s/slurm.conf %s", c.in("ctl"), c.dir, command)).CombinedOutput()
	return string(out)
}

// Processes lists the processes of a node, or of ctl, whose command lines begin
// with prefix.
func (c *Cluster) Processes(node, prefix string) (pids []int) {
	out, _ := exec.Command("ip", "netns", "pids", c.name+"-"+node).Output()
	for _, field := range strings.Fields(string(out)) {
		line, _ := os.ReadFile(filepath.Join("/proc", field, "cmdline"))
		if pid, err := strconv.Atoi(field); err == nil && strings.HasPrefix(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})), prefix) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Kill kills all processes of a node whose command lines begin with prefix, or
// only the first one, and returns their number.
func (c *Cluster) Kill(node, prefix string, all bool) int {
	pids := c.Processes(node, prefix)
	if !all {
		pids = pids[:min(1, len(pids))]
	}
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	return len(pids)
}

// Cut takes a node off the network.
func (c *Cluster) Cut(node string) {
	c.t.Helper()
	c.shell("ip -n %s-ctl link set %s down", c.name, node)
}

// Mend reconnects a node.
func (c *Cluster) Mend(node string) {
	c.t.Helper()
	c.shell("ip -n %s-ctl link set %s up", c.name, node)
}

// WaitIdle waits until the nodes are idle and available.
func (c *Cluster) WaitIdle() {
	c.t.Helper()
	c.wait("the nodes to be idle", func() bool { return strings.Count(c.Try("sinfo -h -N -p ci -o %T"), "idle\n") == 2 })
}

func (c *Cluster) wait(what string, done func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("waited a minute for %s:\n%s\n%s", what, c.Try("sinfo -N -l"), c.Try("squeue"))
		}
	}
}

func (c *Cluster) stop() {
	for _, name := range []string{"ctl", "n1", "n2"} {
		c.Kill(name, "", true)
		exec.Command("ip", "netns", "del", c.name+"-"+name).Run()
	}
	if text, err := os.ReadFile(filepath.Join(c.dir, "munged.pid")); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	os.RemoveAll(c.dir)
}

func (c *Cluster) shell(format string, args ...any) string {
	c.t.Helper()
	out, err := exec.Command("sh", "-ec", fmt.Sprintf(format, args...)).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", fmt.Sprintf(format, args...), err, out)
	}
	return string(out)
}

func (c *Cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
