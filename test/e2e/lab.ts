import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { expect } from "vitest";
import { killTree } from "../support/kill-tree.ts";

/** URI of the hypervisor in the tier's own namespaces. */
const libvirtUri = "qemu:///system";

/** A node as the stack's outputs show it. */
export interface NodeOutput {
  name: string;
  role: string;
  address: string;
}

/** Exit code and output of a program that ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams, as you see them on a terminal. */
  readonly all: string;
}

/**
 * A stack with a backend, passphrase and ssh key of its own, driven by the commands of the README.
 *
 * It keeps the output of every command, because the tests search it for secrets.
 */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "nodeforge-e2e-"));
  readonly sshKey = join(this.folder, "id_ed25519");
  readonly printed: string[] = [];
  /** Stands for the user's kubeconfig, which `up` changes. */
  readonly kubeconfig = join(this.folder, "kubeconfig");
  readonly #stack: string;

  constructor(stack: string) {
    this.#stack = stack;
  }

  /** Creates the ssh key and the stack. */
  async prepare(): Promise<void> {
    await this.makeKey();
    await this.pulumi("stack", "select", "--create");
  }

  /** Creates only the ssh key. The first command then creates the stack. */
  async makeKey(): Promise<void> {
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "e2e", "-f", this.sshKey]);
  }

  /** Name of the stack's file, as a user writes it beside Pulumi.yaml. */
  get settingsFile(): string {
    return `Pulumi.${this.#stack}.yaml`;
  }

  /**
   * Runs `npm run COMMAND` word for word, without a terminal.
   * @param limitMinutes Time after which it is killed.
   * @param checkout Folder of a checkout. @default this one
   */
  async npm(command: string, limitMinutes: number, checkout = "."): Promise<Ended> {
    const ended = await this.#run("npm", ["run", command], limitMinutes, checkout);
    this.printed.push(ended.all);
    return ended;
  }

  /** Changes a setting of the stack. @param flags `--path` where the key is a path into a setting. */
  async set(key: string, value: string, ...flags: readonly string[]): Promise<void> {
    await this.pulumi("config", "set", key, value, ...flags);
  }

  /** Changes a setting that is a list or an object. */
  async setObject(key: string, objectValue: object): Promise<void> {
    // Pulumi reads `value`, and parses it as an object when `objectValue` is set.
    const setting = { value: JSON.stringify(objectValue), objectValue };
    await this.pulumi("config", "set-all", "--json", JSON.stringify({ [`nodeforge:${key}`]: setting }));
  }

  /** Runs `npm run up`. @throws when it fails. */
  async up(): Promise<Ended> {
    const ended = await this.nodeforge("up", ["--yes"], 40);
    expect(ended.exitCode, ended.all).toBe(0);
    return ended;
  }

  /** Operations that `npm run preview` announces, each as `create Domain NAME`, without components and providers. */
  async announced(): Promise<string[]> {
    const { stdout, exitCode, all } = await this.nodeforge("preview", ["--json"], 10);
    expect(exitCode, all).toBe(0);
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
    const announced = steps.flatMap(({ op, urn }) => {
      const [type = "", name = ""] = urn.split("::").slice(-2);
      const own = type.split("$").at(-1) ?? "";
      const isQuiet = ["same", "read", "refresh"].includes(op) || /^(nodeforge|pulumi):/.test(own);
      return isQuiet ? [] : [`${op} ${own.split(":").at(-1)} ${name}`];
    });
    console.log(`announced:\n${announced.join("\n")}`);
    return announced;
  }

  /** Expects a preview without a change, also after a refresh from libvirt and Kubernetes. */
  async expectNothingToDo(): Promise<void> {
    const preview = await this.nodeforge("preview", ["--refresh", "--expect-no-changes"], 10);
    expect(preview.exitCode, preview.all).toBe(0);
  }

  /** Nodes of the stack's outputs. */
  async nodes(): Promise<NodeOutput[]> {
    return JSON.parse(await this.pulumi("stack", "output", "nodes", "--json")) as NodeOutput[];
  }

  /** Sorted names of the nodes that are Ready according to kubectl. */
  async readyNodes(): Promise<string[]> {
    const lines = (await this.kubectl("get", "nodes", "--no-headers")).trim().split("\n");
    const rows = lines.map((line) => line.split(/\s+/));
    return rows.flatMap(([name = "", status]) => (status === "Ready" ? [name] : [])).sort();
  }

  /** Prints the cluster's nodes to the log. */
  async showNodes(when: string): Promise<void> {
    const columns = ["-o", "wide", "-L", "nodeforge.local/image"];
    console.log(`${when}: kubectl get nodes\n${await this.kubectl("get", "nodes", ...columns)}`);
  }

  /** Boot id of every node, or of the named ones. It changes at each boot. */
  async bootIds(names?: readonly string[]): Promise<Record<string, string>> {
    const nodes = (await this.nodes()).filter(({ name }) => names?.includes(name) ?? true);
    const read = async ({ name, address }: NodeOutput) =>
      [name, await this.ssh(address, "cat /proc/sys/kernel/random/boot_id")] as const;
    return Object.fromEntries(await Promise.all(nodes.map(read)));
  }

  /** Id that is different in another cluster of the same name. It is an object of etcd, so a restore brings it back. */
  clusterIdentity(): Promise<string> {
    return this.kubectl("get", "namespace/kube-system", "-o", "jsonpath={.metadata.uid}");
  }

  /** Runs a command on every node over ssh. */
  async onEveryNode(command: string): Promise<string[]> {
    return Promise.all((await this.nodes()).map(({ address }) => this.ssh(address, command)));
  }

  /** Ids of the running containers of a node's pods. */
  async containersOn(node: string): Promise<string[]> {
    const jsonpath = "{.items[*].status.containerStatuses[*].containerID}";
    const where = ["-A", "--field-selector", `spec.nodeName=${node}`];
    return (await this.kubectl("get", "pods", ...where, "-o", `jsonpath=${jsonpath}`)).split(" ").filter(Boolean);
  }

  /** Creates or changes a Kubernetes object. */
  async apply(object: object): Promise<void> {
    const path = join(this.folder, "object.json");
    writeFileSync(path, JSON.stringify(object));
    await this.kubectl("apply", "-f", path);
  }

  /** Text of a file on a node. A pod that mounts the file reads it. */
  async fileOn(node: string, path: string): Promise<string> {
    const pod = `reader-${node}`;
    const spec = {
      nodeName: node,
      tolerations: [{ operator: "Exists" }],
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: "file", hostPath: { path, type: "File" } }],
      containers: [
        {
          name: "reader",
          image: "nodeforge.local/smoke:1",
          imagePullPolicy: "Never",
          command: ["sleep", "3600"],
          volumeMounts: [{ name: "file", mountPath: "/file", readOnly: true }],
        },
      ],
    };
    await this.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: pod, namespace: "default" }, spec });
    try {
      await this.kubectl("wait", `pod/${pod}`, "--for=condition=Ready", "--timeout=240s");
      return await this.kubectl("exec", pod, "--", "cat", "/file");
    } finally {
      // An unmanaged pod blocks the drain of its node.
      await this.kubectl("delete", `pod/${pod}`);
    }
  }

  /** Repeats an attempt until it succeeds. @throws its last error at the time limit. */
  async eventually(what: string, limitMinutes: number, attempt: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + limitMinutes * 60_000;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`waited ${limitMinutes} minutes for ${what}`, { cause: error });
      }
      await sleep(10_000);
    }
  }

  /**
   * Runs a command as {@link nodeforge} does, and kills it with its child processes.
   * @param moment Output after which five more seconds pass before the kill.
   */
  async killed(command: string, args: readonly string[], moment: RegExp, limitMinutes: number): Promise<void> {
    const subprocess = this.#start("bash", ["tools/with-packages", "cli/main.ts", command, ...args], limitMinutes);
    let text = "";
    let isKilled = false;
    subprocess.all.on("data", (piece: Buffer) => {
      text += piece.toString();
      if (isKilled || !moment.test(text)) return;
      isKilled = true;
      // By then libvirt has created the object, and the state lacks it.
      setTimeout(() => killTree(subprocess.pid!), 5000);
    });
    await subprocess;
    this.printed.push(text);
    expect(isKilled, text).toBe(true);
  }

  /**
   * Runs a command of the wrapper, such as `up`, as `npm run` does.
   * @param limitMinutes Time after which it is killed.
   */
  async nodeforge(command: string, args: readonly string[], limitMinutes: number): Promise<Ended> {
    const ended = await this.#run("bash", ["tools/with-packages", "cli/main.ts", command, ...args], limitMinutes);
    this.printed.push(ended.all);
    return ended;
  }

  /** Runs Pulumi itself on the stack and returns its output. @throws when it fails. */
  async pulumi(...args: readonly string[]): Promise<string> {
    const ended = await this.#run("pulumi", [...args, "--stack", this.#stack, "--non-interactive"], 5);
    if (ended.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")}: ${ended.all}`);
    return ended.stdout;
  }

  /** Runs kubectl through the wrapper and returns its output. @throws when it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const ended = await this.#run("bash", ["tools/with-packages", "cli/main.ts", "kubectl", ...args], 5);
    if (ended.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${ended.all}`);
    return ended.stdout;
  }

  /** Runs a command on a node over ssh, and returns its output. It checks no host key, because tests compare host keys. */
  async ssh(address: string, command: string): Promise<string> {
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    const flags = options.flatMap((option) => ["-o", option]);
    const { stdout } = await execa("ssh", [...flags, "-i", this.sshKey, `root@${address}`, command], {
      timeout: 120_000,
    });
    return stdout;
  }

  /** Runs virsh on the tier's hypervisor and returns the lines of its output. */
  async virsh(...args: readonly string[]): Promise<string[]> {
    const { stdout } = await execa("virsh", ["-c", libvirtUri, "--quiet", ...args], { timeout: 60_000 });
    return stdout
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  }

  /** Text of the state in the backend, with its secrets encrypted. */
  state(): string {
    return readFileSync(join(this.folder, ".pulumi", "stacks", "nodeforge", `${this.#stack}.json`), "utf8");
  }

  /** Removes the folder and the stack's file. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.settingsFile, { force: true });
  }

  async #run(file: string, args: readonly string[], limitMinutes: number, checkout?: string): Promise<Ended> {
    const { exitCode, stdout, all } = await this.#start(file, args, limitMinutes, checkout);
    return { exitCode: exitCode ?? 1, stdout, all };
  }

  #start(file: string, args: readonly string[], limitMinutes: number, checkout = ".") {
    return execa(file, args, {
      cwd: checkout,
      all: true,
      reject: false,
      // A question gets no answer.
      stdin: "ignore",
      timeout: limitMinutes * 60_000,
      // A bring-up takes minutes, so the log shows its progress. JSON is for programs.
      ...(file !== "pulumi" && !args.includes("--json")
        ? { stdout: ["pipe", "inherit"], stderr: ["pipe", "inherit"] }
        : {}),
      env: {
        PULUMI_STACK: this.#stack,
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_CONFIG_PASSPHRASE: "of the tests only",
        NODEFORGE_SSH_KEY: this.sshKey,
        KUBECONFIG: this.kubeconfig,
      },
    });
  }
}
