/** A file of the control plane, below /etc/kubernetes. */
export interface NodeFile {
  readonly name: string;
  /** Permission bits in octal, e.g. `600`. */
  readonly mode: string;
  /** Content in base64. Secret. */
  readonly content: string;
}

/** Facts that guest/backup-control-plane.sh prints before the snapshot. */
export interface NodeFacts {
  readonly kubernetesVersion: string;
  readonly etcdVersion: string;
  readonly etcdRevision: string;
  /** Files with keys, certificates and marks. */
  readonly files: readonly NodeFile[];
}

/** Output of guest/backup-control-plane.sh. */
export interface NodeOutput {
  readonly facts: NodeFacts;
  /** etcd's snapshot. Reading it throws where the node ended early. */
  readonly snapshot: AsyncIterable<Buffer>;
}

/** Files without which a restore is impossible. */
const required = ["pki/sa.key", "pki/sa.pub", "pki/ca.crt", "pki/ca.key"];

interface Line {
  readonly kubernetesVersion?: unknown;
  readonly status?: { readonly version?: unknown; readonly header?: { readonly revision?: unknown } };
  readonly file?: unknown;
  readonly mode?: unknown;
  readonly content?: unknown;
  readonly result?: { readonly blob?: unknown } | null;
  readonly error?: { readonly message?: unknown } | null;
  readonly complete?: unknown;
}

/**
 * Parses the output of guest/backup-control-plane.sh up to the snapshot.
 * @throws when the output is no such output, or lacks a file that a restore needs.
 */
export async function parseNodeOutput(lines: AsyncIterable<string>): Promise<NodeOutput> {
  const reader = lines[Symbol.asyncIterator]();
  const next = async (): Promise<Line> => {
    for (;;) {
      const line = await reader.next();
      if (line.done === true) throw new Error("the control plane sent no complete backup. Fix: repeat the command");
      if (line.value.trim() !== "") return parsed(line.value);
    }
  };
  const first = await next();
  const { version, header } = first.status ?? {};
  const { kubernetesVersion } = first;
  if (typeof kubernetesVersion !== "string" || typeof version !== "string" || typeof header?.revision !== "string") {
    throw new Error("the control plane sent no versions, so its output is no backup. Fix: repeat the command");
  }
  const files: NodeFile[] = [];
  let line = await next();
  for (; line.file !== undefined; line = await next()) files.push(fileOf(line));
  const missing = required.filter((name) => !files.some((file) => file.name === name));
  if (missing.length > 0) {
    throw new Error(`the control plane has no ${missing.join(", ")}, which a restore needs. Fix: npm run diagnose`);
  }
  const facts = { kubernetesVersion, etcdVersion: version, etcdRevision: header.revision, files };
  return { facts, snapshot: snapshotOf(line, next) };
}

async function* snapshotOf(first: Line, next: () => Promise<Line>): AsyncGenerator<Buffer, void, undefined> {
  for (let line = first; line.complete !== true; line = await next()) {
    if (line.error !== undefined) {
      const message = line.error?.message;
      throw new Error(`etcd ended its snapshot: ${typeof message === "string" ? message : "it gave no reason"}`);
    }
    // A message of etcd without bytes has no blob.
    const { blob = "" } = line.result ?? {};
    if (line.result === undefined || line.result === null || typeof blob !== "string") {
      throw new Error("the control plane sent something between the pieces of the snapshot. Fix: repeat the command");
    }
    yield Buffer.from(blob, "base64");
  }
}

function fileOf({ file, mode, content }: Line): NodeFile {
  const isPath = typeof file === "string" && /^[\w.-]+(\/[\w.-]+)*$/.test(file) && !file.split("/").includes("..");
  if (!isPath || typeof mode !== "string" || !/^[0-7]{3,4}$/.test(mode) || typeof content !== "string") {
    throw new Error(`the control plane sent a file with the name ${JSON.stringify(file)}, which no backup has`);
  }
  return { name: file, mode, content };
}

function parsed(text: string): Line {
  try {
    return (JSON.parse(text) ?? {}) as Line;
  } catch {
    throw new Error("the control plane sent a line that is no JSON. Fix: repeat the command");
  }
}
