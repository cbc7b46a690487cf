import * as pulumi from "@pulumi/pulumi";
import { chooseImage } from "../image/location.ts";
import type { ImageUse, VerifiedImage } from "../image/verify.ts";
import { detectDomainType, resolveDomainType, type DomainType } from "../libvirt/virtualisation.ts";
import { uriProblem, withoutPassword } from "../libvirt/uri.ts";
import { readAuditPolicy } from "./audit-policy.ts";
import { readComponentMetrics, type MeasuredComponent } from "./component-metrics.ts";
import { readControlPlaneArguments, readFeatureGates, type ComponentArguments } from "./components.ts";
import { readDrain, type DrainConfig } from "./drain.ts";
import { readImage } from "./image.ts";
import { readJoinWaveSize } from "./join-waves.ts";
import { checkLabel, checkLibvirtName } from "./names.ts";
import { readNetworks, type ClusterNetworkConfig, type NetworkConfig } from "./network.ts";
import { longestMinutes, mostWorkers, readMaster, within, type MasterConfig } from "./nodes.ts";
import { ConfigError, Problems } from "./problems.ts";
import { checkProxy, type ProxyEnvironment } from "./proxy.ts";
import { readSchema } from "./schema.ts";
import { readSimulatedNodes, type SimulatedNodesConfig } from "./simulated-nodes.ts";
import { readSsh, type Login, type SshConfig, type SshSurroundings } from "./ssh.ts";
import { defaultDrainMinutes, readTimeouts, type Timeouts } from "./timeouts.ts";
import { Values } from "./values.ts";
import { readWorkerPools, type WorkerPoolConfig } from "./worker-pools.ts";

/** Storage pool of the volumes. The cluster creates its own pool, or uses an existing one and never changes it. */
export type StoragePoolConfig =
  | { readonly origin: "created"; readonly name: string; readonly path: string }
  | { readonly origin: "existing"; readonly name: string };

/**
 * The whole configuration of the program, read and checked before anything is created.
 * @typeParam Image {@link ImageUse} before the images are verified.
 */
export interface ClusterConfig<Image = VerifiedImage> {
  readonly clusterName: string;
  readonly libvirtUri: string;
  readonly domainType: DomainType;
  /** Image of the control plane, and of the pools that name none. */
  readonly image: Image;
  readonly storagePool: StoragePoolConfig;
  readonly network: NetworkConfig;
  readonly clusterNetwork: ClusterNetworkConfig;
  readonly master: MasterConfig;
  /** Further arguments of the control plane's components. */
  readonly controlPlaneArguments: ComponentArguments;
  /** Feature gates of the API server, the controller manager, the scheduler and the kubelets. */
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Audit policy of the API server as JSON; undefined for no audit log. */
  readonly auditPolicy: string | undefined;
  /** Components of the control plane whose metrics other machines can read, each once. */
  readonly componentMetrics: readonly MeasuredComponent[];
  /** At least one pool. The plain keys are the short form of one pool. */
  readonly workerPools: readonly WorkerPoolConfig<Image>[];
  readonly simulatedNodes: SimulatedNodesConfig;
  readonly ssh: SshConfig;
  readonly tokenTtlMinutes: number;
  /** How many workers may join at the same time. */
  readonly joinWaveSize: number;
  readonly smokeCheck: boolean;
  readonly drain: DrainConfig;
  /** How many workers may be unavailable at a time while their machines are replaced. */
  readonly maxUnavailable: number;
  readonly timeouts: Timeouts;
}

/** Inputs of the configuration besides the stack's own settings. */
export interface Surroundings extends Pick<SshSurroundings, "keys"> {
  readonly stack: string;
  readonly environment: SshSurroundings["environment"] & ProxyEnvironment;
  /** Whether a configuration has the immutable inputs of the running cluster. @default no cluster runs */
  readonly isRunning?: (config: ClusterConfig<unknown>) => boolean;
  /** Returns the path or URL of the image to use; it gets the value of the key `image`. */
  readonly locateImage: (named: string) => string | undefined;
  /** Domain type that this machine can run. */
  readonly localDomainType: DomainType;
}

/** A parsed configuration before its images are read. Its problems are collected, but no error is thrown yet. */
export interface DeclaredConfig {
  readonly config: ClusterConfig<ImageUse>;
  readonly problems: Problems;
}

/**
 * Reads the configuration of the running stack. Neither reads nor downloads an image: preflight/images.ts does, and names
 * every wrong key in one error.
 * @param isRunning Whether a configuration has the immutable inputs of the running cluster.
 * @throws {pulumi.RunError} when a file cannot be read; the engine prints it without a stack trace.
 */
export async function loadConfig(isRunning?: Surroundings["isRunning"]): Promise<DeclaredConfig> {
  const project = pulumi.getProject();
  const ours = Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) => {
    const [namespace, name = ""] = key.split(":");
    return namespace === project ? [[name, value]] : [];
  });
  try {
    const declared = parseConfig(Object.fromEntries(ours) as Record<string, string>, {
      stack: pulumi.getStack(),
      environment: process.env,
      locateImage: (named) => chooseImage(named).source,
      localDomainType: detectDomainType(),
      ...(isRunning && { isRunning }),
    });
    const { keptKey } = declared.config.ssh;
    if (keptKey !== undefined && !declared.problems.any) await pulumi.log.warn(keptKeyWarning(keptKey));
    return declared;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Converts an error to one that the engine prints without a stack trace. */
export function refusalOf(error: unknown): pulumi.RunError {
  return new pulumi.RunError(error instanceof ConfigError ? error.message : `Nothing was created: ${String(error)}`);
}

/** Warning about a key of ~/.ssh that the stack does not name. */
function keptKeyWarning(path: string): string {
  return (
    `This cluster was created with ${path}, so the private key beside it is in the stack's state. To keep that key, set ` +
    `sshPublicKey to this path. To remove it from the state, set sshAgent too; docs/operations.md names what remains.`
  );
}

/**
 * Checks a configuration and completes it with the defaults.
 * @param raw Values as text, keyed without the project's namespace.
 */
export function parseConfig(raw: Readonly<Record<string, string>>, surroundings: Surroundings): DeclaredConfig {
  const problems = new Problems();
  const values = new Values(readSchema(), raw, problems);
  const clusterName = values.string("clusterName") || surroundings.stack;
  checkLabel(problems, "clusterName", clusterName, 32);
  const domainType = readDomainType(values, problems, surroundings.localDomainType);
  const source = surroundings.locateImage(values.string("image")) ?? "";
  const keys = { image: "image", imageSha256: "imageSha256" };
  const named = readImage({ source, sha256: values.string("imageSha256"), keys }, problems);
  const master = readMaster(values, problems);
  const image: ImageUse = { ...named, keys: { ...keys, diskGiB: "masterDiskGiB" }, diskGiB: master.diskGiB };
  const workerPools = readWorkerPools(values, problems, { image: named, masterName: master.name });
  const controlPlaneArguments = readControlPlaneArguments(values, problems);
  const real = { masterName: master.name, workerPools };
  const simulatedNodes = readSimulatedNodes(values, problems, real, controlPlaneArguments.controllerManager);
  const { network, cluster } = readNetworks(values, problems, workerPools, simulatedNodes.pools.length > 0);
  checkProxy(problems, surroundings.environment, network.masterAddress);
  // kubeadm's own tokens live a day, which is longer than any join.
  within(problems, "tokenTtlMinutes", values.integer("tokenTtlMinutes"), [1, longestMinutes]);
  // Only `npm run backup` uses it.
  within(problems, "backupsKept", values.integer("backupsKept"), [1, 9999]);
  within(problems, "maxUnavailable", values.integer("maxUnavailable"), [1, mostWorkers]);
  const rest: Omit<ClusterConfig<ImageUse>, "ssh"> = {
    clusterName,
    libvirtUri: readUri(values, problems),
    domainType,
    image,
    storagePool: readStoragePool(values, problems, clusterName),
    network,
    clusterNetwork: cluster,
    master,
    controlPlaneArguments,
    featureGates: readFeatureGates(values, problems),
    auditPolicy: readAuditPolicy(values, problems),
    componentMetrics: readComponentMetrics(values, problems),
    workerPools,
    simulatedNodes,
    tokenTtlMinutes: values.integer("tokenTtlMinutes"),
    joinWaveSize: readJoinWaveSize(values, problems, domainType),
    smokeCheck: values.boolean("smokeCheck"),
    drain: readDrain(values, problems, defaultDrainMinutes[domainType]),
    maxUnavailable: values.integer("maxUnavailable"),
    timeouts: readTimeouts(values, problems, domainType),
  };
  const { environment, keys: keyPlaces, isRunning = () => false } = surroundings;
  const isMadeWith = (login: Login) => isRunning({ ...rest, ssh: login });
  const ssh = readSsh(values, problems, { environment, isMadeWith, ...(keyPlaces && { keys: keyPlaces }) });
  return { config: { ...rest, ssh }, problems };
}

function readUri(values: Values, problems: Problems): string {
  const uri = values.string("libvirtUri");
  const expected = uriProblem(uri);
  if (expected !== undefined) problems.add("libvirtUri", expected, withoutPassword(uri));
  return uri;
}

function readDomainType(values: Values, problems: Problems, local: DomainType): DomainType {
  const given = values.string("domainType");
  if (!["auto", "kvm", "qemu"].includes(given)) problems.add("domainType", "auto, kvm or qemu", given);
  return resolveDomainType(given, values.string("libvirtUri"), local);
}

function readStoragePool(values: Values, problems: Problems, clusterName: string): StoragePoolConfig {
  const existing = values.string("storagePool");
  if (existing) {
    checkLibvirtName(problems, "storagePool", existing);
    return { origin: "existing", name: existing };
  }
  const path = values.string("storagePoolPath") || `/var/lib/libvirt/nodeforge-${clusterName}`;
  // libvirt owns the folder of a pool and removes it with the pool, so no other program may use the folder.
  // The default has the cluster's name, which may be wrong itself.
  if (!isOwnFolder(path) && (values.string("storagePoolPath") !== "" || !problems.has("clusterName"))) {
    problems.add(
      "storagePoolPath",
      "an absolute path with at least two parts and without `..`, for a folder that nothing else uses",
      path,
    );
  }
  return { origin: "created", name: `nodeforge-${clusterName}`, path };
}

/** Returns whether a path has two parts or more, none of them empty, `.` or `..`. The path itself stays as written, also in the state. */
function isOwnFolder(path: string): boolean {
  const parts = path.replace(/\/$/, "").split("/").slice(1);
  // eslint-disable-next-line no-control-regex -- control characters are rejected
  const isPlain = path.startsWith("/") && !/[\0-\x1f\x7f]/.test(path);
  return isPlain && parts.length >= 2 && parts.every((part) => !["", ".", ".."].includes(part));
}
