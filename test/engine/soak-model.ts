import { changed, created, deleted, type Damage, type OtherOwner } from "./soak-resources.ts";
import { controlPlane, imagesOf, nodesOf, type Desired, type Image, type NodeSettings } from "./soak-settings.ts";

/** A node of the cluster, as the runs so far must have left it. */
export interface NodeState {
  /** Undefined after a run that ended while it changed the node. */
  readonly settings: NodeSettings | undefined;
  readonly damage: ReadonlySet<Damage>;
  /** Whether a worker is in the cluster and Ready; unknown while it is new, and after a kill. */
  readonly service: "up" | "down" | "unknown";
}

/** Operations of a run on the resources of one owner: a node, the base images or the data disk. */
export interface Expected {
  /** Operations as sorted text, such as `create Domain worker-small-1`. Undefined where every operation is allowed. */
  readonly operations: readonly string[] | undefined;
  /** Whether a complete run makes all of them. */
  readonly exact: boolean;
}

/**
 * Says what must be true of a cluster after each operation, without the engine.
 *
 * It knows the settings that each node must have, what was changed by hand since, and what a run may have left undone. From
 * these it derives the operations of the next run, by rules of its own.
 */
export class Model {
  #desired: Desired;
  #applied: Desired;
  readonly #history: Desired[] = [];
  #nodes: ReadonlyMap<string, NodeState>;
  /** Base images in libvirt; undefined after a run that ended while it changed them. */
  #bases: ReadonlySet<Image> | undefined;
  #lostBases: ReadonlySet<Image> = new Set();
  /** Whether the state has the control plane's data disk. */
  #data: "known" | "forgotten" | "unknown" = "known";
  #unfinished = false;
  /** Whether a run that ended early may have restored the control plane's Node. */
  #mayBeRestored = false;

  /** @param desired Settings that a complete run has applied. */
  constructor(desired: Desired) {
    this.#desired = desired;
    this.#applied = desired;
    this.#nodes = settled(desired);
    this.#bases = imagesOf(desired);
  }

  get desired(): Desired {
    return this.#desired;
  }

  /** Settings of the last complete run. */
  get applied(): Desired {
    return this.#applied;
  }

  get nodes(): ReadonlyMap<string, NodeState> {
    return this.#nodes;
  }

  /** Base images in libvirt; undefined after a run that ended while it changed them. */
  get bases(): ReadonlySet<Image> | undefined {
    if (this.#bases === undefined) return undefined;
    return new Set([...this.#bases].filter((image) => !this.#lostBases.has(image)));
  }

  /** Whether the last run was killed, or failed. */
  get isUnfinished(): boolean {
    return this.#unfinished;
  }

  /** Whether a run must recover and refresh first, because its state may differ from libvirt. */
  get needsRecovery(): boolean {
    const isDamaged = [...this.#nodes.values()].some(({ damage }) => damage.size > 0);
    return this.#unfinished || isDamaged || this.#lostBases.size > 0;
  }

  /** Whether the cluster has the desired settings, and nothing is left to do. */
  get isSettled(): boolean {
    return !this.needsRecovery && [...this.expected().values()].every(({ operations }) => operations?.length === 0);
  }

  /**
   * Whether the next run may fail and the run after it must not. A worker without a Node joins again only if the API server
   * tells that the Node is missing. The check of the whole cluster waits for the worker in vain.
   */
  get mayFailOnce(): boolean {
    const desired = nodesOf(this.#desired);
    const isMissing = ([name, { damage }]: [string, NodeState]) =>
      name !== controlPlane && desired.has(name) && damage.has("Node");
    return this.#apiServer !== "up" && [...this.#nodes].some(isMissing);
  }

  /** Whether the objects of an owner in libvirt are known. */
  knows(owner: string): boolean {
    if (owner === ("base images" satisfies OtherOwner)) return this.#bases !== undefined;
    const node = this.#nodes.get(owner);
    return node === undefined || node.settings !== undefined;
  }

  /** Whether it is known if the API server shows a Node, and as what. */
  knowsNode(name: string): boolean {
    const isKnown = name !== controlPlane || !this.#mayBeRestored;
    return isKnown && this.knows(name) && this.#apiServer === "up";
  }

  /** Desired settings of a number of changes ago, also such that no run applied; undefined when there are fewer. */
  earlier(changes: number): Desired | undefined {
    return this.#history.at(-changes);
  }

  want(desired: Desired): void {
    this.#history.push(this.#desired);
    this.#desired = desired;
  }

  damage(name: string, damage: Damage): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const all = new Set([...node.damage, damage]);
    this.#nodes = new Map(this.#nodes).set(name, { ...node, damage: all });
  }

  loseBase(image: Image): void {
    this.#lostBases = new Set([...this.#lostBases, image]);
  }

  /** Records a run that was refused without the data disk, after which the disk was put back. */
  forgetData(): void {
    this.#data = "forgotten";
    this.#unfinished = false;
  }

  /** Records a run that ended successfully. */
  complete(): void {
    this.#applied = this.#desired;
    this.#nodes = settled(this.#desired);
    this.#bases = imagesOf(this.#desired);
    this.#lostBases = new Set();
    this.#data = "known";
    this.#unfinished = false;
    this.#mayBeRestored = false;
  }

  /**
   * Records a run that did not end successfully.
   * @param touched Owners with operations.
   * @param service Service of the workers with operations.
   */
  stop(touched: ReadonlySet<string>, service: (name: string) => NodeState["service"]): void {
    const nodes = new Map(this.#nodes);
    if (nodes.get(controlPlane)?.damage.has("Node")) this.#mayBeRestored = true;
    for (const name of nodesOf(this.#desired).keys()) {
      if (touched.has(name) && !nodes.has(name)) {
        nodes.set(name, { settings: undefined, damage: new Set(), service: "unknown" });
      }
    }
    for (const [name, node] of nodes) {
      if (!touched.has(name)) continue;
      // Nothing tells whether the worker has joined again.
      const damage = new Set([...node.damage].filter((each) => each === "Node"));
      nodes.set(name, { settings: undefined, damage, service: service(name) });
    }
    this.#nodes = nodes;
    if (touched.has("base images" satisfies OtherOwner)) this.#bases = undefined;
    if (touched.has("data disk" satisfies OtherOwner)) this.#data = "unknown";
    this.#unfinished = true;
  }

  /** Operations of the next complete run, by the owner of their resources. */
  expected(): ReadonlyMap<string, Expected> {
    const desired = nodesOf(this.#desired);
    const names = new Set([...this.#nodes.keys(), ...desired.keys()]);
    const expected = new Map<string, Expected>();
    for (const name of names) expected.set(name, this.#ofNode(name, desired.get(name)));
    const data = this.#data === "known" ? [] : ["create Volume master-data"];
    expected.set("base images" satisfies OtherOwner, this.#ofBases());
    expected.set("data disk" satisfies OtherOwner, { operations: data, exact: this.#data !== "unknown" });
    expected.set("cluster" satisfies OtherOwner, { operations: [], exact: true });
    return expected;
  }

  get #apiServer(): "up" | "down" | "unknown" {
    const { settings, damage } = this.#nodes.get(controlPlane)!;
    if (damage.has("off") || damage.has("domain")) return "down";
    return settings === undefined ? "unknown" : "up";
  }

  #ofBases(): Expected {
    const { bases } = this;
    if (bases === undefined) return { operations: undefined, exact: false };
    const used = imagesOf(this.#desired);
    return {
      operations: [
        ...[...used].filter((image) => !bases.has(image)).map(() => "create Volume base"),
        ...[...bases].filter((image) => !used.has(image)).map(() => "delete Volume base"),
      ],
      exact: true,
    };
  }

  #ofNode(name: string, wanted: NodeSettings | undefined): Expected {
    const node = this.#nodes.get(name);
    if (node === undefined) return { operations: wanted ? created(name) : [], exact: true };
    if (node.settings === undefined) return { operations: undefined, exact: false };
    if (wanted === undefined) return { operations: deleted(name, node.damage), exact: true };
    const isMissing = name !== controlPlane && node.damage.has("Node");
    // It joins again if the API server answers the check before the run.
    if (isMissing && this.#apiServer === "unknown") return { operations: undefined, exact: false };
    const joinsAgain = isMissing && this.#apiServer === "up";
    return { operations: changed(name, node.settings, wanted, { damage: node.damage, joinsAgain }), exact: true };
  }
}

/** Every node as a complete run leaves it. */
function settled(desired: Desired): ReadonlyMap<string, NodeState> {
  return new Map(
    [...nodesOf(desired)].map(([name, settings]) => [name, { settings, damage: new Set<Damage>(), service: "up" }]),
  );
}
