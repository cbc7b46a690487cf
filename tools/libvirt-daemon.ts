import { stat } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { logLine } from "../lib/log.ts";
import { asRoot, hasSystemd } from "./requirements.ts";

/** Socket on which libvirt listens, and to which the provider connects. */
export const libvirtSocket = "/var/run/libvirt/libvirt-sock";

/** Limit in milliseconds for libvirt to listen after its start. */
const startLimit = 30_000;

/**
 * Starts libvirt on this machine if nothing listens: with systemd, else directly, as in a container.
 * @throws if nothing listens after 30 s, or if this user may not connect.
 */
export async function startLibvirt(): Promise<void> {
  const problem = await connectionProblem();
  if (problem === undefined) return;
  if (problem === "EACCES") throw new Error(`this user may not connect to ${libvirtSocket}. Fix: ${membershipAdvice}`);
  logLine("starting libvirt");
  if (hasSystemd()) {
    await asRoot("systemctl", ["start", "libvirtd"]);
  } else {
    await shareKvm();
    // libvirtd writes the consoles of its machines with virtlogd, which systemd would start on demand.
    await asRoot("virtlogd", ["--daemon"]).catch((error: unknown) => logLine(`virtlogd: ${(error as Error).message}`));
    logLine("starting libvirt without control groups, because only systemd creates them");
    await asRoot("sh", ["-ec", startWithoutControlGroups, qemuSettings]);
  }
  await waitForSocket();
}

const qemuSettings = "/etc/libvirt/qemu.conf";

/**
 * Shell script that starts a libvirtd without control groups. Only systemd creates the groups that libvirt needs, and without
 * them no machine would start. $0 is the file with libvirt's settings of QEMU.
 *
 * The file stays unchanged, and so do the limits of other programs that read it. Only this libvirtd sees a copy of it, in a
 * mount namespace of its own. Later mounts of the host reach that namespace. A setting of control groups in the file is kept.
 */
export const startWithoutControlGroups = `
if grep -q '^[[:space:]]*cgroup_controllers[[:space:]]*=' "$0" 2>/dev/null; then exec libvirtd --daemon; fi
# A bind mount needs a file below it. An empty file means the same as a missing one.
[ -e "$0" ] || : >"$0"
copy=$(mktemp)
{ cat "$0"; printf '\ncgroup_controllers = []\n'; } >"$copy"
unshare --mount --propagation slave -- sh -ec 'mount --bind "$1" "$0"; rm "$1"; exec libvirtd --daemon' "$0" "$copy" || {
  code=$?
  rm -f "$copy"
  echo "libvirtd needs a mount namespace of its own here. In a container, that needs CAP_SYS_ADMIN." >&2
  echo "Fix: add that capability, or write cgroup_controllers = [] into $0." >&2
  exit "$code"
}
`;

/**
 * Gives /dev/kvm to the group kvm, as udev does on most machines. libvirt runs QEMU as a user of that group. If that user
 * cannot open the device, libvirt discards its knowledge of QEMU and reads it again in every call, which takes 12 seconds.
 */
async function shareKvm(): Promise<void> {
  const device = await stat("/dev/kvm").catch(() => undefined);
  if (device === undefined || (device.mode & 0o060) === 0o060) return;
  logLine("giving /dev/kvm to the group kvm, because this machine has no udev");
  await asRoot("sh", ["-c", "chgrp kvm /dev/kvm && chmod 0660 /dev/kvm"]).catch((error: unknown) =>
    logLine(`giving /dev/kvm to the group kvm failed, so libvirt will be slow: ${(error as Error).message}`),
  );
}

/** Command that lets a user connect. */
export const membershipAdvice = "run `sudo usermod -aG libvirt $USER` and log in again";

/** Returns undefined if libvirt accepts a connection, else the code of the error. */
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
    if (problem === "EACCES")
      throw new Error(`this user may not connect to ${libvirtSocket}. Fix: ${membershipAdvice}`);
    if (Date.now() > deadline) {
      throw new Error(`libvirt does not listen on ${libvirtSocket} after ${startLimit / 1000} s (${problem})`);
    }
    await sleep(250);
  }
}
