import type { NodeState, NodeStates } from "../../../cli/graph/node-states.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { urn } from "../../support/urn.ts";

const cluster = "nodeforge:index:Cluster";
const volume = "libvirt:index/volume:Volume";
const domain = "libvirt:index/domain:Domain";
const hypervisor = urn("pulumi:providers:libvirt", "hypervisor");
const provider = `${hypervisor}::1`;
const gib = 2 ** 30;

/** Properties of a state for drawings that differ from the usual ones. */
export interface Drawn {
  /** Number of workers by pool. @default two in general, twelve in bench */
  readonly pools?: Readonly<Record<string, number>>;
  /** Number of simulated nodes by pool. @default 900 in sim */
  readonly simulated?: Readonly<Record<string, number>>;
  /** Whether network and storage pool existed before. @default false */
  readonly existing?: boolean;
  /** Name of the cluster's network. @default lab-net */
  readonly network?: string;
}

/** Returns the state of a complete cluster "lab". */
export function drawnState(changes: Drawn = {}): StackState {
  const { pools = { general: 2, bench: 12 }, simulated = { sim: 900 } } = changes;
  const { existing = false, network = "lab-net" } = changes;
  const own: readonly StateResource[] = [
    {
      ...{ urn: urn(`${cluster}$libvirt:index/network:Network`, "lab-network"), provider },
      ...{ type: "libvirt:index/network:Network", inputs: { name: network, addresses: ["192.168.222.0/24"] } },
    },
    {
      ...{ urn: urn(`${cluster}$libvirt:index/pool:Pool`, "lab-pool"), type: "libvirt:index/pool:Pool", provider },
      inputs: { name: "nodeforge-lab", target: { path: "/var/lib/libvirt/nodeforge/lab" } },
    },
  ];
  const base = urn(`${cluster}$nodeforge:index:BaseImage`, "lab-base-0123456789ab");
  return {
    pending: [],
    resources: [
      { urn: urn("pulumi:pulumi:Stack", "nodeforge-lab"), type: "pulumi:pulumi:Stack", outputs: {} },
      { urn: urn(cluster, "lab"), type: cluster },
      { urn: hypervisor, type: "pulumi:providers:libvirt", id: "1", inputs: { uri: "qemu:///system" } },
      ...(existing ? [] : own),
      { urn: base, type: "nodeforge:index:BaseImage", inputs: { sha256: "0123456789ab" } },
      { urn: `${base}-volume`, type: volume, id: "base-id", parent: base, provider, inputs: { pool: "nodeforge-lab" } },
      ...machine("Master", "master", network, "192.168.222.10"),
      ...Object.entries(pools)
        .flatMap(([pool, count]) =>
          Array.from({ length: count }, (_, index) =>
            machine("Worker", `worker-${pool}-${index + 1}`, network, "", pool),
          ),
        )
        .flat(),
      ...(Object.keys(simulated).length === 0
        ? []
        : [
            {
              urn: urn(`${cluster}$nodeforge:index:SimulatedNodes`, "lab-simulated"),
              ...{ type: "nodeforge:index:SimulatedNodes", inputs: { nodes: simulated } },
            },
          ]),
    ],
  };
}

function machine(
  kind: "Master" | "Worker",
  node: string,
  networkName: string,
  address: string,
  pool?: string,
): readonly StateResource[] {
  const types = pool === undefined ? cluster : `${cluster}$nodeforge:index:WorkerPool`;
  const component = `${types}$nodeforge:index:${kind}`;
  const name = `lab-${node}`;
  const owner = urn(component, name);
  const own = { parent: owner, provider };
  const disk = (suffix: string, inputs: object): StateResource => ({
    ...{ ...own, urn: urn(`${component}$${volume}`, `${name}-${suffix}`), type: volume, id: `${name}-${suffix}` },
    inputs: { pool: "nodeforge-lab", ...inputs },
  });
  const link = { mac: "52:54:00:00:00:01", networkName, ...(address === "" ? {} : { addresses: [address] }) };
  return [
    {
      ...{ urn: owner, type: `nodeforge:index:${kind}`, inputs: { node, addressing: "dhcp" } },
      ...{ parent: pool === undefined ? urn(cluster, "lab") : urn(types, `lab-${pool}`) },
    },
    disk("root", { baseVolumeId: "base-id", size: (pool === undefined ? 20 : 10) * gib }),
    ...(kind === "Master" ? [disk("data", { size: 8 * gib })] : []),
    {
      ...{ ...own, urn: urn(`${component}$${domain}`, name), type: domain, id: `id-${node}` },
      inputs: { name, networkInterfaces: [link] },
    },
  ];
}

/** Returns the states of all nodes of {@link drawnState}: in order, except for the given ones. */
export function nodeStates(others: Readonly<Record<string, NodeState>> = {}, state = drawnState()): NodeStates {
  const names = state.resources.flatMap(({ inputs }) => (typeof inputs?.node === "string" ? [inputs.node] : []));
  return new Map(names.map((name) => [name, others[name] ?? { machine: "running", node: "Ready" }]));
}
