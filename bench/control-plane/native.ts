import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { readDeclaration } from "../../image/declaration.ts";
import { initConfiguration, versionPlaceholder } from "../../kubeadm/init-configuration.ts";
import { nodeBinaries } from "../../tools/node-binaries.ts";
import { versions } from "../../tools/versions.ts";
import { withFlags, type FlagChanges } from "./flags.ts";
import { controlPlaneFolder } from "./folder.ts";

/** Units of a control plane that run without a kubelet. */
const controlPlaneUnits = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

const script = fileURLToPath(new URL("native.sh", import.meta.url));

/** Parameters of the node, as a guest script writes them to node.env. */
const parameters = {
  NODE_NAME: "master",
  NODE_ADDRESS: "10.99.0.1",
  CLUSTER_NAME: "native",
  CLUSTER_DOMAIN: "cluster.local",
  // 4,096 ranges of /24: one for each node.
  POD_CIDR: "10.240.0.0/12",
  SERVICE_CIDR: "10.96.0.0/16",
};

/** URL of the API server within the namespaces. */
export const nativeEndpoint = `https://${parameters.NODE_ADDRESS}:6443`;

/**
 * A real control plane on this machine, without a virtual machine and without a kubelet.
 *
 * It runs the units of nix/node.toml, from the node programs of the cache. Its network has only a loopback interface, and its
 * mounts and processes are its own. It changes nothing outside of its temporary folder, needs root, and ends with this process, and
 * not at Ctrl-C, which this process may answer.
 */
export class NativeControlPlane implements AsyncDisposable {
  /** Temporary folder with admin.conf and a log for each unit. */
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #path: string;

  private constructor(folder: string, child: ChildProcess, path: string) {
    this.folder = folder;
    this.#process = child;
    this.#path = path;
  }

  /**
   * Starts a control plane, and waits until its API server is ready.
   * @param changes Other flags of its units, by the name of the unit. @default as on a node
   * @param signal Ends the start. @default nothing ends it
   * @throws when it ends before that; the reason of the signal after an abort, without a folder that stays.
   */
  static async start(
    changes: Readonly<Record<string, FlagChanges>> = {},
    signal?: AbortSignal,
  ): Promise<NativeControlPlane> {
    const binaries = await nodeBinaries();
    const folder = await controlPlaneFolder();
    const units = readDeclaration().unit.filter(({ name }) => controlPlaneUnits.includes(name));
    const lines = units.map(({ name, exec }) => {
      const command = withFlags(exec, changes[name] ?? {});
      return `${name}\t${command.map(filledIn).join(" ")}\n`;
    });
    await writeFile(join(folder, "units"), lines.join(""));
    await writeFile(join(folder, "kubeadm.yaml"), kubeadmConfiguration());
    const path = `${binaries}:${process.env.PATH ?? ""}`;
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
    const child = spawn("unshare", [...namespaces, "bash", script], {
      detached: true,
      env: { ...process.env, ...parameters, FOLDER: folder, PATH: path },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const plane = new NativeControlPlane(folder, child, path);
    const ready = once(child.stdout, "data").then(() => "ready");
    const ended = once(child, "exit").then(() => "ended");
    const stop = () => child.stdin.end();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted === true) stop();
    const first = await Promise.race([ready, ended]);
    signal?.removeEventListener("abort", stop);
    if (signal?.aborted === true) {
      await plane[Symbol.asyncDispose]();
      throw signal.reason;
    }
    if (first === "ended") {
      throw new Error(`the control plane ended before it was ready. Fix: read the logs in ${folder}`);
    }
    return plane;
  }

  /**
   * Runs a program in the namespaces of the control plane, as its administrator. Its stderr is also this process's, so that a
   * measurement of an hour shows each of its lines at once.
   * @returns its stdout.
   */
  async run(program: string, args: readonly string[], input = ""): Promise<string> {
    const options = { ...this.#options, input, stderr: ["pipe", "inherit"] } as const;
    const { stdout } = await execa("nsenter", [...this.entering, program, ...args], options);
    return stdout;
  }

  /** Starts a program in the namespaces. It ends with the control plane. */
  start(program: string, args: readonly string[], log: string): void {
    const command = ["bash", "-c", 'exec "$0" "$@" >"$LOG" 2>&1', program, ...args];
    const options = { ...this.#options, env: { ...this.#options.env, LOG: join(this.folder, log) }, detached: true };
    void execa("nsenter", [...this.entering, ...command], { ...options, reject: false, stdin: "ignore" });
  }

  /** Runs kubectl. @returns its stdout. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return this.run("kubectl", args);
  }

  /** Ends every process of the control plane, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.stdin?.end();
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Options of nsenter, before a program that ends with the control plane. */
  get entering(): readonly string[] {
    // The process is the first one of its namespaces except for the one of processes.
    const pid = String(this.#process.pid);
    return ["--target", pid, "--net", "--mount", `--pid=/proc/${pid}/ns/pid_for_children`];
  }

  get #options() {
    return { env: { ...parameters, PATH: this.#path, KUBECONFIG: "/etc/kubernetes/admin.conf" } };
  }
}

/** Replaces the variables of an argument, as systemd does. */
function filledIn(argument: string): string {
  return argument.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parameters[name as keyof typeof parameters] ?? "");
}

function kubeadmConfiguration(): string {
  const { CLUSTER_NAME, NODE_NAME, NODE_ADDRESS, POD_CIDR, SERVICE_CIDR, CLUSTER_DOMAIN } = parameters;
  const network = { podCidr: POD_CIDR, serviceCidr: SERVICE_CIDR, domain: CLUSTER_DOMAIN };
  const node = { name: NODE_NAME, address: NODE_ADDRESS, fqdn: `${NODE_NAME}.internal` };
  const text = initConfiguration({ clusterName: CLUSTER_NAME, node, network });
  return text.replace(versionPlaceholder, `v${versions.kubernetes}`);
}
