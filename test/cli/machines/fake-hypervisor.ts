import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "../../../cli/machines/machine.ts";
import { VirshError, type Virsh } from "../../../libvirt/virsh.ts";

/** A machine of {@link FakeHypervisor}. */
export interface FakeMachine {
  state: string;
  reason: string;
  /** Tags in its disks. */
  tags: string[];
  records: string;
  /** Mark of a revert that has not finished. */
  mark: string;
  /** Error of a command, or of QEMU for an operation on snapshots such as `snapshot-save`. */
  readonly refuses?: Partial<Record<string, string>>;
  /** Whether its guest ignores the request to shut down. */
  readonly isDeaf?: boolean;
  /** Format of its second disk. @default "qcow2" */
  readonly secondFormat?: string;
}

/** Returns a running machine. */
export function running(properties: Partial<FakeMachine> = {}): FakeMachine {
  return { state: "running", reason: "booted", tags: [], records: "", mark: "", ...properties };
}

/** Returns a machine that is off. */
export function off(reason = "shutdown", properties: Partial<FakeMachine> = {}): FakeMachine {
  return { ...running(properties), state: "shut off", reason };
}

/** A libvirt in memory, as far as stop, start, snapshots and reverts need it. */
export class FakeHypervisor {
  /** Every call that changes something, in order. */
  readonly done: string[] = [];
  readonly said: string[] = [];
  readonly machines: Record<string, FakeMachine>;
  /** Free bytes of the pool of all disks. */
  free = 100 * 2 ** 30;
  readonly #jobs = new Map<string, string | undefined>();

  constructor(machines: Readonly<Record<string, FakeMachine>>) {
    this.machines = { ...machines };
  }

  /** Options of the functions under test. */
  get options() {
    return { connect: () => this.virsh, log: (line: string) => void this.said.push(line) };
  }

  readonly virsh: Virsh = async (...args) => {
    const [command = "", uuid = "", ...more] = args;
    await sleep(0);
    if (command === "vol-pool") return "pool\n";
    if (command === "pool-refresh") return "";
    if (command === "pool-info") return `Name:  pool\nAvailable:      ${this.free}\n`;
    if (["uri", "list", "pool-list", "net-list"].includes(command)) return this.#list(args);
    const machine = this.machines[uuid];
    if (machine === undefined) throw new VirshError("virsh", `error: failed to get domain '${uuid}'`, undefined);
    switch (command) {
      case "domstate":
        return `${machine.state} (${machine.reason})\n`;
      case "dommemstat":
        return "actual 4194304\nrss 1048576\n";
      case "metadata":
        return this.#metadata(machine, more, uuid);
      case "qemu-monitor-command":
        return JSON.stringify(this.#monitor(machine, uuid, JSON.parse(more[0] ?? "{}") as Request));
      case "domtime":
        return "Time: 0\n";
    }
    const refusal = machine.refuses?.[command];
    if (refusal !== undefined) throw new VirshError("virsh", refusal, undefined);
    this.done.push([command, uuid, ...more].join(" "));
    const become = (state: string, reason: string) => Object.assign(machine, { state, reason });
    if (command === "suspend") become("paused", "user");
    if (command === "resume") become("running", "unpaused");
    if (command === "managedsave") become("shut off", "saved");
    if (command === "shutdown" && machine.isDeaf !== true) become("shut off", "shutdown");
    if (command === "destroy") become("shut off", "destroyed");
    if (command === "start") become(more[0] === "--paused" ? "paused" : "running", "booted");
    return "";
  };

  #list(args: readonly string[]): string {
    const named = (wanted: (machine: FakeMachine) => boolean) =>
      Object.entries(this.machines)
        .flatMap(([uuid, machine]) => (wanted(machine) ? [uuid] : []))
        .join("\n");
    if (args.includes("--state-paused")) return named(({ state }) => state === "paused");
    if (args.includes("--with-managed-save")) return named(({ reason }) => reason === "saved");
    return "";
  }

  #metadata(machine: FakeMachine, more: readonly string[], uuid: string): string {
    const kind = more.includes("urn:nodeforge:revert") ? "mark" : "records";
    if (more.includes("--set")) machine[kind] = more[more.indexOf("--set") + 1] ?? "";
    else if (more.includes("--remove")) machine[kind] = "";
    else if (machine[kind] === "")
      throw new VirshError("virsh", "error: metadata not found: Requested metadata element is not present", undefined);
    else return machine[kind];
    this.done.push(`${kind === "mark" ? `mark${machine.mark}` : "record"} ${uuid}`);
    return "";
  }

  #monitor(machine: FakeMachine, uuid: string, { execute, arguments: given = {} }: Request): object {
    const id = String(given["job-id"] ?? given.id);
    const tag = String(given.tag);
    const image = { snapshots: machine.tags.map((name) => ({ name })) };
    switch (execute) {
      case "query-block": {
        const disk = (node: string, drv: string, file: string) => ({
          inserted: { "node-name": node, drv, ro: false, file, image: drv === "qcow2" ? image : {} },
        });
        const second = disk("data", machine.secondFormat ?? "qcow2", `/pool/${uuid}-data`);
        return { return: [disk("root", "qcow2", `/pool/${uuid}-root`), disk("seed", "raw", "/pool/seed.iso"), second] };
      }
      case "query-jobs":
        return { return: [...this.#jobs].map(([id, error]) => ({ id, status: "concluded", error })) };
      case "job-dismiss":
        this.#jobs.delete(id);
        return { return: {} };
    }
    const error = machine.refuses?.[execute];
    this.done.push(`${execute} ${uuid}`);
    this.#jobs.set(id, error);
    if (error === undefined && execute === "snapshot-save") machine.tags.push(tag);
    if (error === undefined && execute === "snapshot-delete")
      machine.tags = machine.tags.filter((each) => each !== tag);
    return { return: {} };
  }
}

interface Request {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** Machines m, w1 and w2 of a cluster: one control plane and two workers. */
export const machines: readonly Machine[] = ["m", "w1", "w2"].map((uuid) => ({
  uuid,
  name: uuid,
  role: uuid === "m" ? "control-plane" : "worker",
  domain: `lab-${uuid}`,
  uri: "qemu:///system",
  address: "192.168.222.10",
  hostKey: "ssh-ed25519 AAAA",
}));
