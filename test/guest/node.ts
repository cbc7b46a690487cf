import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scriptText, type ScriptCall } from "../../guest/script.ts";
import { temporaryFolder } from "../support/folder.ts";

/** Exit status and output of a script. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Paths of a node, and their paths in the folder of a {@link TestNode}. */
const places = {
  "/etc/kubernetes/": "",
  "/etc/nodeforge/image.json": "image.json",
  "/etc/nodeforge": "nodeforge",
  "/etc/cni/net.d/": "cni/",
  "/etc/systemd/system.control": "system.control",
  "/run/nodeforge.lock": "lock",
  "/run/nodeforge-kubelets": "kubelets",
  "/run/cloud-init/": "cloud-init/",
  "/run/flannel": "flannel",
  "/run/systemd/netif/": "netif/",
  "/sys/class/net/": "net/",
  "/var/lib/kubelet/": "kubelet/",
  "/var/lib/cni/": "leases/",
  "/dev/tcp/": "tcp/",
  "/dev/udp/": "udp/",
};

/** Path of the defaults of a node's kubelet in the folder of a {@link TestNode}, and their content on a node without a reservation. */
export const kubeletDefaults = {
  path: "kubelet/config.d/50-nodeforge.conf",
  text: '{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","seccompDefault":true,"podPidsLimit":4096,"serverTLSBootstrap":true}\n',
} as const;

/** A node: a folder instead of the root folder, and Bash functions instead of programs. */
export class TestNode {
  readonly folder: string;
  readonly #programs: string;

  /**
   * @param programs Bash functions that replace programs. They add to {@link calls} with `note`.
   * @param folder Folder of the node. @default one that is deleted at the end of the test
   */
  constructor(programs: string, folder = temporaryFolder()) {
    this.folder = folder;
    this.#programs = programs;
  }

  /** Runs a script with the replaced programs, without waiting. */
  run(call: ScriptCall, environment: Readonly<Record<string, string>> = {}, input = ""): Outcome {
    let text = scriptText(call);
    for (const [place, folder] of Object.entries(places)) text = text.replaceAll(place, `${this.folder}/${folder}`);
    // Limits count the pauses, because a busy machine takes seconds for what a node does at once.
    const sleep = `sleep() { SECONDS=$((SECONDS + 1)); }`;
    const program = `note() { printf '%s\\n' "$*" >>"$FOLDER/calls"; }\n${sleep}\n${this.#programs}\n${text}`;
    // Bash treats its standard input as a network connection, and would then read ~/.bashrc.
    return spawnSync("bash", ["--norc", "-c", program], {
      input,
      env: { PATH: process.env.PATH, FOLDER: this.folder, ...environment },
      encoding: "utf8",
      // No script waits here.
      timeout: 20_000,
    });
  }

  /** Calls that the programs noted, in their order, with the paths of a real node. */
  get calls(): readonly string[] {
    const path = join(this.folder, "calls");
    if (!existsSync(path)) return [];
    let text = readFileSync(path, "utf8").trimEnd();
    const longestFirst = Object.entries(places).sort(([, one], [, other]) => other.length - one.length);
    for (const [place, folder] of longestFirst) text = text.replaceAll(`${this.folder}/${folder}`, place);
    return text.split("\n");
  }

  /** Writes a file and creates its folders. */
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
