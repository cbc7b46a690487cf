import { ScriptNode } from "./script-node.ts";

/** Paths of a control plane, and their paths in the folder of a {@link BenchNode}. */
const places = {
  "/etc/nodeforge/image.json": "image.json",
  "/run/nodeforge": "run",
  "/var/lib/nodeforge/bench": "bench",
  "/sys/fs/cgroup/system.slice": "groups",
  "/sys/fs/cgroup/kubepods": "kubepods",
  "/proc/": "proc/",
  "/dev/tcp/": "tcp/",
};

/** A control plane for one test of the benchmark's scripts. */
export class BenchNode extends ScriptNode {
  constructor(programs: string) {
    super(places, programs);
    this.write("proc/stat", "cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1\n");
  }
}

/**
 * systemd with two units, whose states are files: the shipped scheduler and the one under test. They conflict. HEALTH is the
 * status of /healthz, CRASH lets the unit under test end while it starts, FAIL is the unit that systemd-run refuses.
 */
export const schedulerPrograms = `
state() { cat "$FOLDER/state-$1" 2>/dev/null || echo inactive; }
ends() { # the end of the unit under test starts the shipped one, except in a swap
  echo inactive >"$FOLDER/state-nodeforge-bench-scheduler"
  [[ -e $FOLDER/run-bench-swap ]] || echo active >"$FOLDER/state-kube-scheduler"
}
systemctl() {
  case "$1" in
  show)
    case "$3" in
    ExecStart) echo "{ path=$FOLDER/kube-scheduler ; argv[]=kube-scheduler --x ; ignore_errors=no }" ;;
    --value)
      case "$4" in esac ;;
    MainPID) [[ $(state nodeforge-bench-scheduler) == active ]] && echo 42 || echo 0 ;;
    InvocationID) [[ $(state nodeforge-bench-scheduler) == active ]] && echo abc123 || echo ;;
    esac ;;
  is-active) state "\${@: -1}"; [[ $(state "\${@: -1}") == active ]] ;;
  list-units) cat "$FOLDER/watchdogs" 2>/dev/null ;;
  reset-failed) ;;
  start)
    note "systemctl $*"
    [[ -z \${START_FAILS-} ]] || return 1
    echo inactive >"$FOLDER/state-nodeforge-bench-scheduler"; echo active >"$FOLDER/state-kube-scheduler" ;;
  stop)
    note "systemctl $*"
    local each; for each in "\${@:2}"; do
      case $each in
      nodeforge-bench-scheduler) ends ;;
      kube-scheduler) echo inactive >"$FOLDER/state-$each" ;;
      esac
    done ;;
  *) note "systemctl $*" ;;
  esac
}
systemd-run() {
  note "systemd-run $*"
  [[ -z \${FAIL-} || $* != *"--unit $FAIL"* ]] || return 1
  case "$*" in
  *"--unit nodeforge-bench-scheduler"*)
    echo "$(state kube-scheduler) $([[ -e $FOLDER/run-bench-swap ]] && echo swap)" >"$FOLDER/at-start"
    echo active >"$FOLDER/state-nodeforge-bench-scheduler" ;;
  esac
}
timeout() { "\${@:2}"; }
openssl() {
  # A program that does not read its input would end the printf before it.
  cat >/dev/null
  note "openssl $*"
  [[ -z \${CRASH-} ]] || ends
  echo "HTTP/1.0 \${HEALTH-200 OK}"
}
journalctl() { note "journalctl $*"; echo "panic: no such plugin"; }
ctr() { note "ctr $*"; return "\${CTR_CODE-0}"; }
flock() { [[ -z \${LOCKED-} ]]; }
`;
