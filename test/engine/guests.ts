import { randomBytes, randomUUID } from "node:crypto";
import type { GuestScript } from "../../guest/script.ts";
import { scriptOf } from "../../guest/installed-script.ts";
import { parseScriptInput, parseWholeScripts } from "../support/script-input.ts";
import { runForReal, type ScriptOutcome, type Surroundings } from "./shell.ts";

/** A root disk. */
interface Disk {
  /** Id of the token that join.sh recorded. */
  joinedWith?: string;
  /** Whether init-control-plane.sh has run here. */
  isControlPlane?: boolean;
  /** Ids of the installed scripts. */
  readonly scripts: Set<string>;
}

/** A data disk, which outlives the control plane's machine. */
interface Data {
  controls?: Cluster;
  /** ssh host key of its first machine. */
  hostKey?: string;
}

interface Machine {
  readonly domainId: string;
  readonly address: string;
  readonly disk: Disk;
  readonly data: Data | undefined;
  /** Whether it is powered off. */
  off?: boolean;
  /** Whether it is a control plane that boots. Its API server answers only after a step has waited for it. */
  boots?: boolean;
}

interface Cluster {
  readonly id: string;
  /** Disks whose kubelets registered, by the name of their Node. */
  readonly nodes: Map<string, Disk>;
  readonly tokens: Set<string>;
  /** Drain policy that set-drain-policy recorded. */
  policy?: string;
  /** Expected Nodes that wait-ready recorded. */
  expected?: string;
  /** Number of simulated nodes of each pool. */
  simulated?: Record<string, number>;
}

/** Arguments of {@link Guests.boot}. */
export interface Boot {
  readonly domainId: string;
  readonly domainName: string;
  /** Address from the DHCP server. */
  readonly lease: string;
  readonly rootVolumeId: string;
  readonly dataVolumeId: string | undefined;
}

/** A remote command, its connection and its standard input. */
export interface Run {
  readonly command: string;
  readonly host: string;
  readonly hostKey: string;
  readonly stdin: string;
}

/** Script on the control plane that reads or changes the cluster through its API. */
export interface ApiScript {
  readonly name: GuestScript;
  readonly parameters: Readonly<Record<string, string>>;
  readonly text: string;
  /** Variables of the fake programs. Each is computed when it is read. */
  readonly surroundings: Surroundings;
  readonly stdin: string;
  /** List of expected Nodes that an earlier script has written. */
  readonly expected: string | undefined;
}

/**
 * Simulated guests of a hypervisor, with the state that the scripts of guest/ read and change.
 *
 * The scripts on the control plane run for real (shell.ts), unless a benchmark passes another way. A few lines simulate the initialization of a control plane and
 * a join. Without the simulation, the engine could run the steps in any order, and every test would still pass.
 */
export class Guests {
  #disks = new Map<string, Disk>();
  #data = new Map<string, Data>();
  #machines = new Map<string, Machine>();
  readonly #chosen = new Map<string, string>();
  /** Machines by their address, also those that are off. */
  #addresses = new Map<string, Set<Machine>>();
  readonly #runScript: (script: ApiScript) => ScriptOutcome;
  /** Pods that no drain can move, by the name of their node. */
  readonly stuck = new Set<string>();
  /** Released addresses of removed workers. */
  readonly givenBack: string[] = [];
  /** URL of the API server in kubeconfigs. */
  apiServer = "";
  /** Every secret that a guest has created. */
  readonly secrets: string[] = [];

  /** @param runScript Runs a script on the control plane. @default for real */
  constructor(
    runScript = ({ text, surroundings, stdin, expected }: ApiScript) => runForReal(text, surroundings, stdin, expected),
  ) {
    this.#runScript = runScript;
  }

  /** Saves every guest. Returns a function that restores them. */
  remember(): () => void {
    const all = structuredClone([this.#disks, this.#data, this.#machines, this.#addresses] as const);
    return () => {
      this.stuck.clear();
      this.givenBack.length = 0;
      [this.#disks, this.#data, this.#machines, this.#addresses] = structuredClone(all);
    };
  }

  /** Lets a machine set its own address, as its seed disk would. */
  chooseAddress(domainName: string, address: string): void {
    this.#chosen.set(domainName, address);
  }

  /** Powers a machine on. Its disks keep their content. */
  boot({ domainId, domainName, lease, rootVolumeId, dataVolumeId }: Boot): void {
    const disk = this.#disks.get(rootVolumeId) ?? { scripts: new Set() };
    this.#disks.set(rootVolumeId, disk);
    const data = dataVolumeId === undefined ? undefined : (this.#data.get(dataVolumeId) ?? {});
    if (data) {
      data.hostKey ??= `ssh-ed25519 ${domainId}`;
      this.#data.set(dataVolumeId!, data);
    }
    this.remove(domainId);
    const machine: Machine = { domainId, address: this.#chosen.get(domainName) ?? lease, disk, data };
    this.#machines.set(domainId, machine);
    this.#addresses.set(machine.address, (this.#addresses.get(machine.address) ?? new Set()).add(machine));
  }

  /** Powers a machine off, as `virsh destroy` does. {@link start} powers it on. */
  stop(domainId: string): void {
    this.#machines.get(domainId)!.off = true;
  }

  start(domainId: string): void {
    delete this.#machines.get(domainId)!.off;
  }

  /** Powers a machine on if it is off, as an update of its domain does. A control plane boots while the engine continues. */
  turnOn(domainId: string): void {
    const machine = this.#machines.get(domainId)!;
    if (machine.off && machine.disk.isControlPlane) machine.boots = true;
    this.start(domainId);
  }

  /** Whether a control plane boots. */
  get controlPlaneBoots(): boolean {
    return [...this.#machines.values()].some(({ boots, off }) => boots && !off);
  }

  isRunning(domainId: string): boolean {
    const machine = this.#machines.get(domainId);
    return machine !== undefined && !machine.off;
  }

  /** Deletes a Node, as `kubectl delete node` does. */
  deleteNode(name: string): void {
    for (const { controls } of this.#data.values()) controls?.nodes.delete(name);
  }

  /** List of Nodes from the API server; undefined without a running control plane. */
  nodeList(): object | undefined {
    const cluster = this.#answering();
    if (!cluster) return undefined;
    const items = this.#nodes(cluster)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" "))
      .map(([name, status]) => ({ metadata: { name }, status: { conditions: [{ type: "Ready", status }] } }));
    return { items };
  }

  /** @throws as the Kubernetes provider does where no API server answers. @param clusterId Id of its cluster. @default any */
  reach(clusterId?: string): void {
    if (this.#answering(clusterId) === undefined) throw new Error("configured Kubernetes cluster is unreachable");
  }

  /** Cluster whose API server answers. @param id Its id. @default any */
  #answering(id?: string): Cluster | undefined {
    return [...this.#machines.values()]
      .filter(({ disk, off, boots }) => disk.isControlPlane && !off && !boots)
      .map(({ data }) => data?.controls)
      .find((cluster) => cluster !== undefined && (id ?? cluster.id) === cluster.id);
  }

  /** Deletes a machine. */
  remove(domainId: string): void {
    const machine = this.#machines.get(domainId);
    if (machine) this.#addresses.get(machine.address)?.delete(machine);
    this.#machines.delete(domainId);
  }

  /** Deletes a disk, and returns the id of the cluster on it. */
  wipe(volumeId: string): string | undefined {
    const id = this.#data.get(volumeId)?.controls?.id;
    this.#data.delete(volumeId);
    this.#disks.delete(volumeId);
    return id;
  }

  /** Address and ssh host key, from the guest agent. */
  identity(domainId: string): { address: string; hostKey: string } {
    const { address, data } = this.#machines.get(domainId)!;
    return { address, hostKey: data?.hostKey ?? `ssh-ed25519 ${domainId}` };
  }

  /** Number of simulated nodes of each pool, of the one control plane; undefined without any. */
  get simulated(): Readonly<Record<string, number>> | undefined {
    return [...this.#data.values()].find(({ controls }) => controls)?.controls?.simulated;
  }

  /** Installs scripts of this checkout by their ids, through the guest agent. */
  install(domainId: string, ids: readonly string[]): void {
    for (const id of ids) this.#machines.get(domainId)!.disk.scripts.add(scriptOf(id).id);
  }

  /** Removes the scripts from every node. */
  uninstall(): void {
    for (const { scripts } of this.#disks.values()) scripts.clear();
  }

  /** Name of the script that a command starts. Commands of earlier releases name no version. */
  script(command: string): string {
    return command
      .split(" ")
      .at(-1)!
      .replace(/-[0-9a-f]{12}$/, "");
  }

  /** Names of the workers of a kubeconfig's cluster. */
  workersOf(kubeconfig: string): string[] {
    const data = [...this.#data.values()].find(({ controls }) => controls && kubeconfig.includes(controls.id));
    return [...(data?.controls?.nodes.keys() ?? [])].filter((name) => name !== "master");
  }

  /** Runs a command on the machine at an address and returns its stdout. @throws the error of the script. */
  run({ command, host, hostKey, stdin }: Run): string {
    const machine = this.#at(host);
    if (!machine) throw new Error(`no machine answers at ${host}`);
    if (hostKey !== this.identity(machine.domainId).hostKey) throw new Error(`the host key of ${host} is another one`);
    const script = this.script(command) as GuestScript;
    // Commands of earlier releases bring the texts of their scripts.
    const bringsTexts = command.includes('"$(head ');
    const { scripts, stdin: rest } = bringsTexts ? parseWholeScripts(stdin) : parseScriptInput(stdin);
    const { text, parameters } = scripts[script] ?? {};
    if (text === undefined) throw new Error(`the parameters of ${script} do not reach the node`);
    // Another version of the script serves as well.
    const isInstalled = bringsTexts || [...machine.disk.scripts].some((id) => this.script(id) === script);
    if (!isInstalled) throw new Error(`${script} is not installed on ${host}`);
    const parameter = (name: string) => parameters?.[name] ?? "";
    switch (script) {
      case "init-control-plane":
        delete machine.boots;
        checkFiles(parameter("ARGUMENTS"), parameter("FILES"));
        return this.#init(machine, parameter("NODE_NAME"), command.includes(" REPEATED=yes "));
      case "print-kubeconfig":
        return this.#secret(this.#kubeconfig(this.#controlPlane(machine)));
      case "set-drain-policy":
        this.#controlPlane(machine).policy = parameter("DRAIN_POLICY");
        return "";
      case "simulate-nodes":
        this.#controlPlane(machine).simulated = simulatedIn(rest);
        return JSON.stringify({ nodes: 1, seconds: 1 });
      case "remove-simulated-nodes":
        delete this.#controlPlane(machine).simulated;
        return "";
      case "join":
        return this.#join(machine, parameter("NODE_NAME"), rest);
      default:
        delete machine.boots;
        return this.#decide(
          this.#controlPlane(machine),
          machine,
          { name: script, parameters: parameters ?? {}, text },
          rest,
        );
    }
  }

  #at(host: string): Machine | undefined {
    return [...(this.#addresses.get(host) ?? [])].find(({ off }) => !off);
  }

  #controlPlane({ data, disk, address }: Machine): Cluster {
    // A machine with the data of an earlier one is a control plane only after init-control-plane.
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

  /** Runs a script that changes the cluster through its API, and applies its changes. */
  #decide(
    cluster: Cluster,
    { disk }: Machine,
    script: Pick<ApiScript, "name" | "parameters" | "text">,
    stdin: string,
  ): string {
    const token = `${randomBytes(3).toString("hex")}.${randomBytes(8).toString("hex")}`;
    const nodes = () => this.#nodes(cluster);
    const outcome = this.#runScript({
      ...script,
      // The script waits in vain for anything that is missing now, because nothing else happens while it runs here.
      text: script.text.replace(/^READY_TIMEOUT_SECONDS=.*$/m, "READY_TIMEOUT_SECONDS=0"),
      surroundings: {
        // The list of all Nodes costs more than the rest of an operation, and few scripts need it.
        get NODES() {
          return nodes();
        },
        TOKEN: token,
        CLUSTER: cluster.id,
        STUCK: [...this.stuck].join(" "),
        POLICY: cluster.policy ?? "",
      },
      stdin,
      expected: cluster.expected,
    });
    const { result, deleted, registered, givenBack } = outcome;
    if (outcome.expected !== undefined) cluster.expected = outcome.expected;
    if (givenBack !== undefined) this.givenBack.push(givenBack);
    deleted.forEach((name) => cluster.nodes.delete(name));
    registered.forEach((name) => cluster.nodes.set(name, disk));
    if (result.includes(token)) cluster.tokens.add(this.#secret(token));
    return result;
  }

  /** A line for each Node: its name, the status of its condition Ready, its address. */
  #nodes(cluster: Cluster): string {
    const machines = new Map([...this.#machines.values()].map((machine) => [machine.disk, machine]));
    const line = ([name, disk]: [string, Disk]) => {
      const machine = machines.get(disk);
      return `${name} ${machine && !machine.off ? "True" : "Unknown"} ${machine?.address ?? "192.168.222.9"}`;
    };
    return [...cluster.nodes].map(line).join("\n");
  }

  #secret(text: string): string {
    this.secrets.push(text);
    return text;
  }
}

/** @throws when an argument of the API server names a file of nodeforge that the step does not write. */
function checkFiles(unitArguments: string, files: string): void {
  const named = [...unitArguments.matchAll(/=(\/etc\/kubernetes\/nodeforge-(?:authentication|admission)-[^"]*)"/g)];
  const missing = named.map(([, path = ""]) => path).filter((path) => !`\n${files}`.includes(`\n${path} {`));
  if (missing.length > 0) throw new Error(`the API server has no file ${missing.join(", ")}`);
}

/** Number of nodes of each pool in the standard input of simulate-nodes. */
function simulatedIn(stdin: string): Record<string, number> {
  const lines = stdin.split("\n\n")[0]!.split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]));
}
