import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { scriptText, type ScriptCall } from "../../guest/script.ts";

/** How a script ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of a node is in its folder instead. */
const places = {
  "/etc/kubernetes/": "",
  "/etc/nodeforge/image.json": "image.json",
  "/etc/nodeforge": "nodeforge",
  "/etc/cni/net.d/": "cni/",
  "/run/nodeforge.lock": "lock",
  "/run/nodeforge-joins": "joins",
  "/run/cloud-init/": "cloud-init/",
  "/run/flannel": "flannel",
  "/run/systemd/netif/": "netif/",
  "/sys/class/net/": "net/",
  "/var/lib/kubelet/": "kubelet/",
  "/var/lib/cni/": "leases/",
  "/dev/udp/": "udp/",
};

/** A node that lasts as long as a test: a folder in place of its own, and stand-ins for the programs. */
export class TestNode {
  readonly folder = mkdtempSync(join(tmpdir(), "nodeforge-node-"));
  readonly #programs: string;

  /** @param programs Bash functions that stand in for programs; what they note with `note` is in {@link calls}. */
  constructor(programs: string) {
    this.#programs = programs;
    onTestFinished(() => rmSync(this.folder, { recursive: true }));
  }

  /** Runs a script for real, but for its programs and for waiting. */
  run(call: ScriptCall, environment: Readonly<Record<string, string>> = {}, input = ""): Outcome {
    let text = scriptText(call);
    for (const [place, folder] of Object.entries(places)) text = text.replaceAll(place, `${this.folder}/${folder}`);
    const program = `note() { printf '%s\\n' "$*" >>"$FOLDER/calls"; }\nsleep() { :; }\n${this.#programs}\n${text}`;
    // Bash takes its standard input for a network connection, and would read the user's ~/.bashrc.
    return spawnSync("bash", ["--norc", "-c", program], {
      input,
      env: { PATH: process.env.PATH, FOLDER: this.folder, ...environment },
      encoding: "utf8",
      // Nothing is real to wait for.
      timeout: 20_000,
    });
  }

  /** What the stand-ins noted, in order, with the places of a real node. */
  get calls(): readonly string[] {
    const path = join(this.folder, "calls");
    if (!existsSync(path)) return [];
    let text = readFileSync(path, "utf8").trimEnd();
    const longestFirst = Object.entries(places).sort(([, one], [, other]) => other.length - one.length);
    for (const [place, folder] of longestFirst) text = text.replaceAll(`${this.folder}/${folder}`, place);
    return text.split("\n");
  }

  /** Makes a file, and the folders it is in. */
  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return this.bytes(file).toString();
  }

  bytes(file: string): Buffer {
    return readFileSync(join(this.folder, file));
  }
}
