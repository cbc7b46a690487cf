import { stat } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { logLine } from "../lib/log.ts";
import { asRoot, hasSystemd } from "./requirements.ts";

/** Where libvirt listens, and where the provider connects to. */
export const libvirtSocket = "/var/run/libvirt/libvirt-sock";

/** Milliseconds libvirt has to listen after it was started. */
const startLimit = 30_000;

/**
 * Starts libvirt on this machine when nothing listens: through systemd, else by hand, as in a container.
 * @throws when nothing listens 30 s later, or when this user may not connect.
 */
export async function startLibvirt(): Promise<void> {
  const problem = await connectionProblem();
  if (problem === undefined) return;
  if (problem === "EACCES") throw new Error(`this user may not connect to ${libvirtSocket}; ${membershipAdvice}`);
  logLine("starting libvirt");
  if (hasSystemd()) {
    await asRoot("systemctl", ["start", "libvirtd"]);
  } else {
    await shareKvm();
    // libvirtd writes the consoles of its machines through virtlogd, which systemd would start on demand.
    await asRoot("virtlogd", ["--daemon"]).catch((error: unknown) => logLine(`virtlogd: ${(error as Error).message}`));
    logLine("starting it without control groups, which nobody makes where there is no systemd");
    await asRoot("sh", ["-ec", startWithoutControlGroups, qemuSettings]);
  }
  await waitForSocket();
}

const qemuSettings = "/etc/libvirt/qemu.conf";

/**
 * Shell script that starts a libvirtd which puts its machines into no control group. Without systemd nobody makes the ones
 * that libvirt wants, and no machine would start. $0 is the file with libvirt's settings of QEMU.
 *
 * The file itself stays as it is, and so do the limits of whatever reads it later: this libvirtd alone, in a mount namespace
 * of its own, finds a copy in its place. What the host mounts reaches that namespace. A file that says itself what is to
 * happen with control groups is obeyed.
 */
export const startWithoutControlGroups = `
if grep -q '^[[:space:]]*cgroup_controllers[[:space:]]*=' "$0" 2>/dev/null; then exec libvirtd --daemon; fi
# There has to be a file to put another one over; an empty one says what a missing one does.
[ -e "$0" ] || : >"$0"
copy=$(mktemp)
{ cat "$0"; printf '\ncgroup_controllers = []\n'; } >"$copy"
unshare --mount --propagation slave -- sh -ec 'mount --bind "$1" "$0"; rm "$1"; exec libvirtd --daemon' "$0" "$copy" || {
  code=$?
  rm -f "$copy"
  echo "libvirtd needs a mount namespace of its own here; in a container that takes CAP_SYS_ADMIN." >&2
  echo "Without it, write cgroup_controllers = [] into $0 yourself." >&2
  exit "$code"
}
`;

/**
 * Gives /dev/kvm to the group kvm, as udev does where there is one. libvirt's QEMU runs under a user of that group; one
 * that cannot open the device makes libvirt doubt what it knows of QEMU, and ask it anew, for 12 seconds, at every call.
 */
async function shareKvm(): Promise<void> {
  const device = await stat("/dev/kvm").catch(() => undefined);
  if (device === undefined || (device.mode & 0o060) === 0o060) return;
  logLine("giving /dev/kvm to the group kvm, because there is no udev");
  await asRoot("sh", ["-c", "chgrp kvm /dev/kvm && chmod 0660 /dev/kvm"]).catch((error: unknown) =>
    logLine(`that failed, and libvirt will be slow: ${(error as Error).message}`),
  );
}

/** What lets a user connect. */
export const membershipAdvice = "run `sudo usermod -aG libvirt $USER` and log in again";

/** Undefined when libvirt accepts a connection, else the error's code. */
export function connectionProblem(path = libvirtSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5_000, () => end("ETIMEDOUT"));
    socket.once("connect", () => end(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

async function waitForSocket(): Promise<void> {
  const deadline = Date.now() + startLimit;
  for (;;) {
    const problem = await connectionProblem();
    if (problem === undefined) return;
    if (problem === "EACCES") throw new Error(`this user may not connect to ${libvirtSocket}; ${membershipAdvice}`);
    if (Date.now() > deadline) {
      throw new Error(`libvirt does not listen on ${libvirtSocket} after ${startLimit / 1000} s (${problem})`);
    }
    await sleep(250);
  }
}
