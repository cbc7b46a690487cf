import { suffix } from "../../names.ts";
import { clusterStateOf, type ClusterNode } from "../diagnose/state.ts";
import { clusterOf, type StackState } from "../stack/state.ts";
import { worst, type Condition } from "./condition.ts";
import type { Arrow, Box, Frame, Graph } from "./graph.ts";
import { conditionOf, wordsFor, type NodeStates } from "./node-states.ts";
import { baseImagesOf, diskOf, folderOf, placeOf, simulatedPoolsOf, subnetsOf, workerPoolsOf } from "./state-facts.ts";

/** Sources of {@link drawCluster}. */
export interface DrawSources {
  readonly stack: string;
  readonly state: StackState;
  /** States of the nodes; undefined where nothing was asked. */
  readonly live?: NodeStates | undefined;
  /** A worker pool of more nodes is one box. */
  readonly fold: number;
}

/** Nodes that share a box: one node, or a folded pool. */
interface Shown {
  readonly box: Box;
  readonly nodes: readonly ClusterNode[];
}

/** Draws the cluster of a stack from its state. @throws where the stack has none. */
export function drawCluster(sources: DrawSources): Graph {
  const { stack, state } = sources;
  const cluster = clusterOf(state);
  if (cluster === "") {
    throw new Error(`stack ${stack} has no cluster to draw. Fix: npm run up -- --stack ${stack}`);
  }
  const { nodes, uris, networks, pools } = clusterStateOf(state);
  const hypervisors = boxes("hypervisor", uris.map(shortUri), () => []);
  const networkBoxes = boxes("network", networks, (name) => [subnetsOf(state, name) ?? "existed before"]);
  const poolBoxes = boxes("storage-pool", pools, (name) => [folderOf(state, name) ?? "existed before"]);
  const images = baseImagesOf(state);
  const imageBoxes = boxes(
    "base-image",
    images.map(({ name }) => name),
    () => [],
  );
  const { shown, frames } = showNodes(sources, nodes);
  const simulated = Object.entries(simulatedPoolsOf(state)).map(([name, count], index): Box => ({
    ...{ id: `simulated${index}`, kind: "simulated", condition: "unknown" },
    lines: [name, `${count} simulated ${count === 1 ? "node" : "nodes"}`],
  }));
  const master = shown.find(({ box }) => box.kind === "control-plane")?.box.id;
  const arrows = [
    ...placesOn(uris, nodes, state, { hypervisors, networkBoxes, poolBoxes, networks, pools }),
    ...imageBoxes.flatMap(({ id }) => (poolBoxes[0] === undefined ? [] : [{ from: poolBoxes[0].id, to: id }])),
    ...shown.flatMap((one) => [
      ...networkArrow(state, one, networks, networkBoxes),
      ...diskArrows(state, one, { images, imageBoxes, pools, poolBoxes }),
    ]),
    ...simulated.flatMap(({ id }) => (master === undefined ? [] : [{ from: master, to: id, label: "kwok" }])),
  ];
  return {
    title: `cluster ${cluster} of stack ${stack}`,
    boxes: [...hypervisors, ...networkBoxes, ...poolBoxes, ...imageBoxes, ...shown.map(({ box }) => box), ...simulated],
    frames,
    arrows,
  };
}

const titles = {
  hypervisor: "hypervisor",
  network: "network",
  "storage-pool": "storage pool",
  "base-image": "base image",
} as const;

function boxes(
  kind: keyof typeof titles,
  names: readonly string[],
  more: (name: string) => readonly string[],
): readonly Box[] {
  return names.map((name, index) => ({
    ...{ id: `${kind.replace("-", "")}${index}`, kind, condition: "thing" as const },
    lines: [name, titles[kind], ...more(name)],
  }));
}

/** The query of a URI names files of this machine, which the drawing need not tell. */
function shortUri(uri: string): string {
  return uri.split("?")[0] ?? uri;
}

function showNodes(
  { state, live, fold }: DrawSources,
  nodes: readonly ClusterNode[],
): { readonly shown: readonly Shown[]; readonly frames: readonly Frame[] } {
  const poolOf = workerPoolsOf(state);
  const single = (node: ClusterNode, id: string, kind: Box["kind"], frame?: string): Shown => {
    const { condition, words } = stateOf(node, live);
    const lines = [node.name, kind === "worker" ? "worker" : "control plane", node.address, words];
    const box = { id, kind, condition, lines: lines.filter((line) => line !== undefined) };
    return { nodes: [node], box: frame === undefined ? box : { ...box, frame } };
  };
  const masters = nodes
    .filter(({ role }) => role === "control-plane")
    .map((node, index) => single(node, `controlplane${index}`, "control-plane"));
  const workers = Map.groupBy(
    nodes.filter(({ role }) => role === "worker"),
    ({ resource }) => poolOf.get(resource) ?? "workers",
  );
  const pools = [...workers].map(([name, members], index) => {
    const frame = { id: `pool${index}`, name: `worker pool ${name}` };
    if (members.length <= fold) {
      return {
        frame,
        shown: members.map((node, place) => single(node, `worker${index}x${place}`, "worker", frame.id)),
      };
    }
    const states = members.map((node) => stateOf(node, live));
    const box: Box = {
      ...{ id: `workers${index}`, kind: "workers", frame: frame.id },
      condition: worst(states.map(({ condition }) => condition)),
      lines: [
        `${members.length} workers`,
        `${members[0]?.name ?? ""} … ${members.at(-1)?.name ?? ""}`,
        ...counts(states),
      ],
    };
    return { frame, shown: [{ box, nodes: members }] };
  });
  return { shown: [...masters, ...pools.flatMap(({ shown }) => shown)], frames: pools.map(({ frame }) => frame) };
}

interface DrawnState {
  readonly condition: Condition;
  readonly words: string | undefined;
}

function stateOf({ name, steps }: ClusterNode, live: NodeStates | undefined): DrawnState {
  if (!steps.some((step) => step.name === "machine" && step.done)) {
    return { condition: "missing", words: "machine not created" };
  }
  const now = live?.get(name) ?? {};
  return { condition: conditionOf(now), words: wordsFor(now) };
}

/** One line for each state of a folded pool, such as "11: machine running, node Ready". */
function counts(states: readonly DrawnState[]): readonly string[] {
  const groups = Map.groupBy(states, ({ words }) => words ?? "");
  return [...groups].filter(([words]) => words !== "").map(([words, members]) => `${members.length}: ${words}`);
}

interface Places {
  readonly hypervisors: readonly Box[];
  readonly networkBoxes: readonly Box[];
  readonly poolBoxes: readonly Box[];
  readonly networks: readonly string[];
  readonly pools: readonly string[];
}

/** Arrows from hypervisors to the networks and storage pools of their machines. */
function placesOn(
  uris: readonly string[],
  nodes: readonly ClusterNode[],
  state: StackState,
  { hypervisors, networkBoxes, poolBoxes, networks, pools }: Places,
): readonly Arrow[] {
  const pairs = nodes.flatMap(({ uri, resource }) => {
    const from = hypervisors[uris.indexOf(uri ?? "")];
    const { networkName, storagePool } = placeOf(state, resource);
    const targets = [networkBoxes[networks.indexOf(networkName ?? "")], poolBoxes[pools.indexOf(storagePool ?? "")]];
    return targets.flatMap((to) => (from === undefined || to === undefined ? [] : [{ from: from.id, to: to.id }]));
  });
  return [...new Map(pairs.map((arrow) => [`${arrow.from} ${arrow.to}`, arrow])).values()];
}

function networkArrow(
  state: StackState,
  { box, nodes }: Shown,
  networks: readonly string[],
  networkBoxes: readonly Box[],
): readonly Arrow[] {
  const names = new Set(nodes.map(({ resource }) => placeOf(state, resource).networkName ?? ""));
  return [...names].flatMap((name) => {
    const from = networkBoxes[networks.indexOf(name)];
    return from === undefined ? [] : [{ from: from.id, to: box.id }];
  });
}

interface Storage extends Pick<Places, "pools" | "poolBoxes"> {
  readonly images: ReturnType<typeof baseImagesOf>;
  readonly imageBoxes: readonly Box[];
}

/** Arrows of a box's disks: from a base image for overlays, from the storage pool for a data disk. */
function diskArrows(
  state: StackState,
  { box, nodes }: Shown,
  { images, imageBoxes, pools, poolBoxes }: Storage,
): readonly Arrow[] {
  const roots = nodes.flatMap(({ resource }) => diskOf(state, resource, suffix.root) ?? []);
  const overlays = images.flatMap(({ volumeId }, index) => {
    const own = roots.filter(({ baseVolumeId }) => baseVolumeId !== undefined && baseVolumeId === volumeId);
    const from = imageBoxes[index];
    return own.length === 0 || from === undefined ? [] : [{ from: from.id, to: box.id, label: overlayLabel(own) }];
  });
  const data = nodes.flatMap(({ resource }) => {
    const disk = diskOf(state, resource, suffix.data);
    const from = poolBoxes[pools.indexOf(placeOf(state, resource).storagePool ?? "")];
    return disk === undefined || from === undefined
      ? []
      : [{ from: from.id, to: box.id, label: `data disk${sizeText(disk.sizeGiB)}` }];
  });
  return [...overlays, ...data];
}

function overlayLabel(disks: readonly { readonly sizeGiB: number | undefined }[]): string {
  const [first] = disks;
  const size = disks.every(({ sizeGiB }) => sizeGiB === first?.sizeGiB) ? sizeText(first?.sizeGiB) : "";
  return disks.length === 1 ? `overlay${size}` : `${disks.length} overlays${size}`;
}

function sizeText(sizeGiB: number | undefined): string {
  return sizeGiB === undefined ? "" : ` ${Math.round(sizeGiB * 10) / 10} GiB`;
}
