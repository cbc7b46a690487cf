import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { runForReal } from "./shell.ts";

/** A root disk. */
interface Disk {
  /** Id of the token that join.sh wrote down. */
  joinedWith?: string;
  /** Whether init-control-plane.sh has run here. */
  isControlPlane?: boolean;
}

/** What the control plane's machine hands on to the next one. */
interface Data {
  controls?: Cluster;
  /** The ssh host key of its first machine. */
  hostKey?: string;
}

interface Machine {
  readonly domainId: string;
  readonly address: string;
  readonly disk: Disk;
  readonly data: Data | undefined;
  /** Whether somebody powered it off. */
  off?: boolean;
}

interface Cluster {
  readonly id: string;
  /** Disks whose kubelets registered, by the name of their Node. */
  readonly nodes: Map<string, Disk>;
  readonly tokens: Set<string>;
  /** How a worker leaves, as set-drain-policy wrote it down. */
  policy?: string;
  /** Nodes it shall have, as wait-ready wrote them down. */
  expected?: string;
}

/** A machine that is powered on. */
export interface Boot {
  readonly domainId: string;
  readonly domainName: string;
  /** Address the DHCP server gives it. */
  readonly lease: string;
  readonly rootVolumeId: string;
  readonly dataVolumeId: string | undefined;
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
  #data = new Map<string, Data>();
  #machines = new Map<string, Machine>();
  readonly #chosen = new Map<string, string>();
  /** Pods that no drain can move, by the name of their node. */
  readonly stuck = new Set<string>();
  /** Addresses that workers gave back when they left. */
  readonly givenBack: string[] = [];
  /** URL of the API server that kubeconfigs lead to. */
  apiServer = "";
  /** Every secret that was ever made on a guest. */
  readonly secrets: string[] = [];

  /** Remembers every guest; the function that is returned brings them back. */
  remember(): () => void {
    const all = structuredClone([this.#disks, this.#data, this.#machines] as const);
    return () => {
      this.stuck.clear();
      this.givenBack.length = 0;
      [this.#disks, this.#data, this.#machines] = structuredClone(all);
    };
  }

  /** Lets a machine set its own address, as its seed disk would tell it to. */
  chooseAddress(domainName: string, address: string): void {
    this.#chosen.set(domainName, address);
  }

  /** Powers a machine on; what its disk was before, it is again. */
  boot({ domainId, domainName, lease, rootVolumeId, dataVolumeId }: Boot): void {
    const disk = this.#disks.get(rootVolumeId) ?? {};
    this.#disks.set(rootVolumeId, disk);
    const data = dataVolumeId === undefined ? undefined : (this.#data.get(dataVolumeId) ?? {});
    if (data) {
      data.hostKey ??= `ssh-ed25519 ${domainId}`;
      this.#data.set(dataVolumeId!, data);
    }
    this.#machines.set(domainId, { domainId, address: this.#chosen.get(domainName) ?? lease, disk, data });
  }

  /** Powers a machine off, as `virsh destroy` does; it can be started again. */
  stop(domainId: string): void {
    this.#machines.get(domainId)!.off = true;
  }

  start(domainId: string): void {
    delete this.#machines.get(domainId)!.off;
  }

  isRunning(domainId: string): boolean {
    const machine = this.#machines.get(domainId);
    return machine !== undefined && !machine.off;
  }

  /** Deletes a Node, as `kubectl delete node` does. */
  deleteNode(name: string): void {
    for (const { controls } of this.#data.values()) controls?.nodes.delete(name);
  }

  /** What the API server answers when it is asked for Nodes; undefined while there is none. */
  nodeList(): object | undefined {
    const controlPlane = [...this.#machines.values()].find(({ data, off }) => data?.controls && !off);
    if (!controlPlane) return undefined;
    const items = this.#nodes(controlPlane.data!.controls!)
      .split("\n")
      .map((line) => line.split(" "))
      .map(([name, status]) => ({ metadata: { name }, status: { conditions: [{ type: "Ready", status }] } }));
    return { items };
  }

  /** Takes a machine away. */
  remove(domainId: string): void {
    this.#machines.delete(domainId);
  }

  /** Deletes a disk, and returns the id of the cluster whose control plane was on it. */
  wipe(volumeId: string): string | undefined {
    const id = this.#data.get(volumeId)?.controls?.id;
    this.#data.delete(volumeId);
    this.#disks.delete(volumeId);
    return id;
  }

  /** Address and ssh host key, as the guest agent tells them. */
  identity(domainId: string): { address: string; hostKey: string } {
    const { address, data } = this.#machines.get(domainId)!;
    return { address, hostKey: data?.hostKey ?? `ssh-ed25519 ${domainId}` };
  }

  /** Name of the script that a command starts. */
  script(command: string): string {
    return command.split(" ").at(-1)!;
  }

  /** Names of the workers that have joined the cluster a kubeconfig is for. */
  workersOf(kubeconfig: string): string[] {
    const data = [...this.#data.values()].find(({ controls }) => controls && kubeconfig.includes(controls.id));
    return [...(data?.controls?.nodes.keys() ?? [])].filter((name) => name !== "master");
  }

  /** Runs a command on the machine at an address and returns its stdout. @throws what the script would fail with. */
  run({ command, host, hostKey, stdin }: Run): string {
    const machine = this.#at(host);
    if (!machine) throw new Error(`no machine answers at ${host}`);
    if (hostKey !== this.identity(machine.domainId).hostKey) throw new Error(`the host key of ${host} is another one`);
    const script = this.script(command);
    const { text, parameter, rest } = readInput(script, stdin);
    switch (script) {
      case "init-control-plane":
        return this.#init(machine, parameter("NODE_NAME"), command.includes(" REPEATED=yes "));
      case "print-kubeconfig":
        return this.#secret(this.#kubeconfig(this.#controlPlane(machine)));
      case "set-drain-policy":
        this.#controlPlane(machine).policy = parameter("DRAIN_POLICY");
        return "";
      case "join":
        return this.#join(machine, parameter("NODE_NAME"), rest);
      default:
        return this.#decide(this.#controlPlane(machine), machine, text, rest);
    }
  }

  #at(host: string): Machine | undefined {
    return [...this.#machines.values()].find(({ address, off }) => address === host && !off);
  }

  #controlPlane({ data, disk, address }: Machine): Cluster {
    // A machine with an earlier one's data is a control plane only when it was told so.
    if (!data?.controls || !disk.isControlPlane) {
      throw new Error(`there is no control plane on ${address}`);
    }
    return data.controls;
  }

  #kubeconfig({ id }: Cluster): string {
    const clusters = [{ cluster: { server: this.apiServer } }];
    return `${JSON.stringify({ clusters, users: [{ user: {} }] })} # of cluster ${id}`;
  }

  #init({ data, disk }: Machine, name: string, repeated: boolean): string {
    if (!data) throw new Error(`${name} has no data disk`);
    if (repeated && !data.controls) throw new Error(`the data disk of ${name} has nothing of its cluster any more`);
    data.controls ??= { id: randomUUID(), nodes: new Map(), tokens: new Set() };
    data.controls.nodes.set(name, disk);
    disk.isControlPlane = true;
    return JSON.stringify({ kubernetesVersion: "v1.36.3", seconds: { boot: 1 } });
  }

  #join({ disk }: Machine, name: string, stdin: string): string {
    const { discovery } = JSON.parse(stdin) as { discovery: { bootstrapToken: Record<string, string> } };
    const { token = "", apiServerEndpoint = "" } = discovery.bootstrapToken;
    const [tokenId] = token.split(".");
    if (disk.joinedWith === undefined || (tokenId && tokenId !== disk.joinedWith)) {
      const cluster = this.#at(apiServerEndpoint.split(":")[0]!)?.data?.controls;
      if (!cluster?.tokens.has(token)) throw new Error(`${name} was refused: no such token`);
      cluster.nodes.set(name, disk);
      disk.joinedWith = tokenId!;
    }
    return JSON.stringify({ seconds: { join: 1 } });
  }

  /** Lets a script that changes the cluster through its API run, and does what it did. */
  #decide(cluster: Cluster, { disk }: Machine, text: string, stdin: string): string {
    const token = `${randomBytes(3).toString("hex")}.${randomBytes(8).toString("hex")}`;
    // What is not there now never will be: nothing else happens while a script runs here.
    const impatient = text.replace(/^READY_TIMEOUT_SECONDS=.*$/m, "READY_TIMEOUT_SECONDS=0");
    const surroundings = {
      NODES: this.#nodes(cluster),
      TOKEN: token,
      CLUSTER: cluster.id,
      STUCK: [...this.stuck].join(" "),
      POLICY: cluster.policy ?? "",
    };
    const outcome = runForReal(impatient, surroundings, stdin, cluster.expected);
    const { result, deleted, registered, givenBack } = outcome;
    if (outcome.expected !== undefined) cluster.expected = outcome.expected;
    if (givenBack !== undefined) this.givenBack.push(givenBack);
    deleted.forEach((name) => cluster.nodes.delete(name));
    registered.forEach((name) => cluster.nodes.set(name, disk));
    if (result.includes(token)) cluster.tokens.add(this.#secret(token));
    return result;
  }

  /** Every Node with the status of its condition Ready and its address, a line each. */
  #nodes(cluster: Cluster): string {
    const line = ([name, disk]: [string, Disk]) => {
      const machine = [...this.#machines.values()].find((candidate) => candidate.disk === disk);
      return `${name} ${machine && !machine.off ? "True" : "Unknown"} ${machine?.address ?? "192.168.222.9"}`;
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
