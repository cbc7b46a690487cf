/** First bytes of every backup. The number is the version of the format. */
const magic = "nodeforge-backup 1\n";

/** SHA-256 in a header whose payload is not complete yet. */
export const unknownDigest = "0".repeat(64);

/** Largest accepted header in bytes. One of a thousand nodes has 30 kB. */
const largest = 2 ** 20;

/** Facts of a backup that are not secret. */
export interface BackupHeader {
  readonly stack: string;
  /** Name of the cluster. */
  readonly cluster: string;
  /** Random id of the cluster; "" where the state has none. */
  readonly clusterId: string;
  /** SHA-256 of the cluster's CA in hexadecimal; missing in a backup of an earlier release. */
  readonly authority?: string;
  /** Time in UTC, as ISO 8601. */
  readonly created: string;
  /** Version of Kubernetes, e.g. `v1.36.3`. */
  readonly kubernetesVersion: string;
  readonly etcdVersion: string;
  /** Revision of etcd just before the snapshot. */
  readonly etcdRevision: string;
  /** Names of the nodes, the control plane first. */
  readonly nodes: readonly string[];
  /** Settings file of Pulumi with the encrypted data key. */
  readonly key: string;
  /** SHA-256 of the encrypted payload in hexadecimal. */
  readonly sha256: string;
}

/** Returns the bytes before the payload: the format, and the header as one line of JSON. */
export function encodeHeader(header: BackupHeader): Buffer {
  const { sha256, ...others } = header;
  // The digest has a fixed length and is last, so that its place is known before the payload.
  return Buffer.from(`${magic}${JSON.stringify({ ...others, sha256 })}\n`);
}

/**
 * Parses the beginning of a file.
 * @returns the header, and the number of bytes before the payload.
 * @throws for a file that is no backup, or one of another format.
 */
export function parseHeader(bytes: Buffer, path: string): { readonly header: BackupHeader; readonly size: number } {
  const start = magic.length;
  const end = bytes.indexOf("\n", start);
  const found = bytes.subarray(0, start).toString("latin1");
  if (found !== magic || end < 0) {
    const version = /^nodeforge-backup (\d+)\n/.exec(bytes.subarray(0, 40).toString("latin1"))?.[1];
    throw new Error(
      version === undefined || version === "1"
        ? `${path} is no backup: expected a file that npm run backup wrote. Fix: name another file`
        : `${path} has format ${version}, expected 1. Fix: use the release of nodeforge that wrote it`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(bytes.subarray(start, end).toString());
  } catch {
    throw new Error(`the header of ${path} is damaged: expected JSON. Fix: use another backup`);
  }
  if (!isHeader(header)) throw new Error(`the header of ${path} is incomplete. Fix: use another backup`);
  return { header, size: end + 1 };
}

/** Number of bytes of a file that have the whole header. */
export const headerReach = magic.length + largest;

function isHeader(value: unknown): value is BackupHeader {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const texts = ["stack", "cluster", "clusterId", "created", "kubernetesVersion", "etcdVersion", "etcdRevision", "key"];
  return (
    texts.every((name) => typeof fields[name] === "string") &&
    ["string", "undefined"].includes(typeof fields.authority) &&
    /^[0-9a-f]{64}$/.test(String(fields.sha256)) &&
    Array.isArray(fields.nodes) &&
    fields.nodes.every((name) => typeof name === "string")
  );
}
