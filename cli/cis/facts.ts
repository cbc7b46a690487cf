import { isRecord } from "../../lib/record.ts";

/** A file or a folder of a node. */
export interface FileFact {
  /** Permissions, e.g. 0o600. */
  readonly mode: number;
  /** User and group, e.g. `root:root`. */
  readonly owner: string;
}

/** Facts that a node states of itself: guest/cis-facts.sh, and its kubelet's configuration. */
export interface NodeFacts {
  /** Arguments of each running unit, by flag without dashes. A flag without a value has "". */
  readonly units: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly files: ReadonlyMap<string, FileFact>;
  /** Authentication configuration of the API server. */
  readonly authentication: unknown;
  /** First provider that encrypts secrets. */
  readonly provider: string | undefined;
  /** Fingerprint of each certificate authority, by its path below /etc/kubernetes/pki without the ending. */
  readonly authorities: ReadonlyMap<string, string>;
  /** Configuration with which the kubelet runs; empty when it does not answer. */
  readonly kubelet: Readonly<Record<string, unknown>>;
}

/**
 * Reads the output of guest/cis-facts.sh. A node is not trusted: a line of another form is left out.
 * @throws when the output was cut off.
 */
export function parseFacts(text: string, kubelet: NodeFacts["kubelet"]): NodeFacts {
  const lines = text.trimEnd().split("\n");
  if (lines.at(-1) !== "end") throw new Error("the facts of the node were cut off. Fix: repeat the command");
  const units = new Map<string, Map<string, string>>();
  const files = new Map<string, FileFact>();
  const authorities = new Map<string, string>();
  let authentication: unknown;
  let provider: string | undefined;
  for (const line of lines) {
    const [kind = "", one = "", two = "", three = ""] = line.split("\t");
    if (kind === "unit") units.set(one, new Map());
    else if (kind === "argument") {
      const [flag = "", ...value] = two.split("=");
      units.get(one)?.set(flag, value.join("="));
    } else if (kind === "file" && /^[0-7]{1,4}$/.test(two)) {
      files.set(one, { mode: Number.parseInt(two, 8), owner: three });
    } else if (kind === "anonymous") authentication = parsed(one);
    else if (kind === "provider") provider = one;
    else if (kind === "authority") authorities.set(one, two);
  }
  return { units, files, authentication, provider, authorities, kubelet };
}

/**
 * Reads a kubelet's answer to `/configz`: its configuration, empty where the answer has none.
 * @throws when it is another answer.
 */
export function parseKubelet(text: string): NodeFacts["kubelet"] {
  const answer = parsed(text);
  if (isRecord(answer)) {
    const { kubeletconfig = {} } = answer;
    if (isRecord(kubeletconfig)) return kubeletconfig;
  }
  throw new Error(
    `the kubelet answered ${JSON.stringify(text.slice(0, 80))}, expected JSON with an object kubeletconfig. ` +
      "Fix: repeat the command, and run npm run diagnose if it fails again",
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
