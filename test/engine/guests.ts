import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { runForReal } from "./shell.ts";

/** What a machine keeps when it is replaced by another one with the same disk. */
interface Disk {
  /** Cluster whose control plane is on it. */
  controls?: Cluster;
  /** Id of the token that join.sh wrote down. */
  joinedWith?: string;
}

interface Machine {
  readonly domainId: string;
  readonly address: string;
  readonly disk: Disk;
}

interface Cluster {
  readonly id: string;
  /** Disks whose kubelets registered, by the name of their Node. */
  readonly nodes: Map<string, Disk>;
  readonly tokens: Set<string>;
}

/** A machine that is powered on. */
export interface Boot {
  readonly domainId: string;
  readonly domainName: string;
  /** Address the DHCP server gives it. */
  readonly lease: string;
  readonly rootVolumeId: string;
}

/** How a remote command reaches a machine, and what it sends. */
export interface Run {
  readonly command: string;
  readonly host: string;
  readonly hostKey: string;
  readonly stdin: string;
}

/**
 * The guests of a hypervisor, as far as the scripts of guest/ see and change them.
 *
 * What the scripts on the control plane decide, they decide themselves, see shell.ts; making a control plane and joining
 * one are told in a few lines. Without this, the engine could run the steps in any order and every test would still pass.
 */
export class Guests {
  #disks = new Map<string, Disk>();
  #machines = new Map<string, Machine>();
  readonly #chosen = new Map<string, string>();
  /** Every secret that was ever made on a guest. */
  readonly secrets: string[] = [];

  /** Remembers every guest; the function that is returned brings them back. */
  remember(): () => void {
    const all = structuredClone([this.#disks, this.#machines] as const);
    return () => void ([this.#disks, this.#machines] = structuredClone(all));
  }

  /** Lets a machine set its own address, as its seed disk would tell it to. */
  chooseAddress(domainName: string, address: string): void {
    this.#chosen.set(domainName, address);
  }

  /** Powers a machine on; what its disk was before, it is again. */
  boot({ domainId, domainName, lease, rootVolumeId }: Boot): void {
    const disk = this.#disks.get(rootVolumeId) ?? {};
    this.#disks.set(rootVolumeId, disk);
    this.#machines.set(domainId, { domainId, address: this.#chosen.get(domainName) ?? lease, disk });
  }

  /** Powers a machine off. */
  remove(domainId: string): void {
    this.#machines.delete(domainId);
  }

  /** Deletes a disk, and returns the id of the cluster whose control plane was on it. */
  wipe(volumeId: string): string | undefined {
    const id = this.#disks.get(volumeId)?.controls?.id;
    this.#disks.delete(volumeId);
    return id;
  }

  /** The ssh host key, as the guest agent tells it. */
  hostKey(domainId: string): string {
    return `ssh-ed25519 ${domainId}`;
  }

  /** Name of the script that a command starts. */
  script(command: string): string {
    return command.split(" ").at(-1)!;
  }

  /** Names of the workers that have joined the cluster a kubeconfig is for. */
  workersOf(kubeconfig: string): string[] {
    const disk = [...this.#disks.values()].find(({ controls }) => controls && kubeconfig.includes(controls.id));
    return [...(disk?.controls?.nodes.keys() ?? [])].filter((name) => name !== "master");
  }

  /** Runs a command on the machine at an address and returns its stdout. @throws what the script would fail with. */
  run({ command, host, hostKey, stdin }: Run): string {
    const machine = this.#at(host);
    if (!machine) throw new Error(`no machine answers at ${host}`);
    if (hostKey !== this.hostKey(machine.domainId)) throw new Error(`the host key of ${host} is another one`);
    const script = this.script(command);
    const { text, parameter, rest } = readInput(script, stdin);
    switch (script) {
      case "init-control-plane":
        return this.#init(machine, parameter("NODE_NAME"));
      case "print-kubeconfig":
        return this.#secret(`kubeconfig of cluster ${this.#controlPlane(machine).id}`);
      case "join":
        return this.#join(machine, parameter("NODE_NAME"), rest);
      default:
        return this.#decide(this.#controlPlane(machine), text, rest);
    }
  }

  #at(host: string): Machine | undefined {
    return [...this.#machines.values()].find(({ address }) => address === host);
  }

  #controlPlane({ disk, address }: Machine): Cluster {
    if (!disk.controls) throw new Error(`there is no control plane on ${address}`);
    return disk.controls;
  }

  #init({ disk }: Machine, name: string): string {
    disk.controls ??= { id: randomUUID(), nodes: new Map([[name, disk]]), tokens: new Set() };
    return JSON.stringify({ kubernetesVersion: "v1.36.3", seconds: { boot: 1 } });
  }

  #join({ disk }: Machine, name: string, stdin: string): string {
    const { discovery } = JSON.parse(stdin) as { discovery: { bootstrapToken: Record<string, string> } };
    const { token = "", apiServerEndpoint = "" } = discovery.bootstrapToken;
    const [tokenId] = token.split(".");
    if (disk.joinedWith === undefined || (tokenId && tokenId !== disk.joinedWith)) {
      const cluster = this.#at(apiServerEndpoint.split(":")[0]!)?.disk.controls;
      if (!cluster?.tokens.has(token)) throw new Error(`${name} was refused: no such token`);
      cluster.nodes.set(name, disk);
      disk.joinedWith = tokenId!;
    }
    return JSON.stringify({ seconds: { join: 1 } });
  }

  /** Lets a script that changes the cluster through its API run, and does what it did. */
  #decide(cluster: Cluster, text: string, stdin: string): string {
    const token = `${randomBytes(3).toString("hex")}.${randomBytes(8).toString("hex")}`;
    // What is not there now never will be: nothing else happens while a script runs here.
    const impatient = text.replace(/^READY_TIMEOUT_SECONDS=.*$/m, "READY_TIMEOUT_SECONDS=0");
    const surroundings = { NODES: this.#nodes(cluster), TOKEN: token, CLUSTER: cluster.id };
    const { result, deleted } = runForReal(impatient, surroundings, stdin);
    deleted.forEach((name) => cluster.nodes.delete(name));
    if (result.includes(token)) cluster.tokens.add(this.#secret(token));
    return result;
  }

  /** Every Node with the status of its condition Ready and its address, a line each. */
  #nodes(cluster: Cluster): string {
    const line = ([name, disk]: [string, Disk]) => {
      const machine = [...this.#machines.values()].find((candidate) => candidate.disk === disk);
      return `${name} ${machine ? "True" : "Unknown"} ${machine?.address ?? "192.168.222.9"}`;
    };
    return [...cluster.nodes].map(line).join("\n");
  }

  #secret(text: string): string {
    this.secrets.push(text);
    return text;
  }
}

/** Takes a command's standard input apart: what the script is told, and what is left for it to read. */
function readInput(script: string, stdin: string) {
  const end = stdin.indexOf("\n") + 1;
  const bytes = Buffer.from(stdin.slice(end));
  const size = Number(stdin.slice(0, end));
  const program = bytes.subarray(0, size).toString();
  const source = readFileSync(new URL(`../../guest/${script}.sh`, import.meta.url), "utf8");
  const from = program.indexOf(`\n${script})\n`) + script.length + 3;
  const to = program.indexOf(source, from) + source.length;
  if (to < from) throw new Error(`the text of ${script} does not reach the node`);
  const text = program.slice(from, to);
  return {
    text,
    parameter: (name: string) => new RegExp(`^${name}='([^']*)'$`, "m").exec(text)?.[1] ?? "",
    rest: bytes.subarray(size).toString(),
  };
}
