import { list, object, readYaml, text } from "../../lib/outside.ts";
import { run } from "../../lib/process.ts";

/** A conformance test of Kubernetes. */
export interface UpstreamCase {
  /** Full name, e.g. `[sig-node] Secrets should patch a secret [Conformance]`. */
  readonly name: string;
  /** Path of its source in Kubernetes, e.g. `test/e2e/common/node/secrets.go`. */
  readonly file: string;
}

const source = {
  name: "the list of conformance tests",
  fix: "delete e2e-test-* of the cache, so that it is built again",
};
const shape = list(object({ codename: text, file: text }));

/** Returns the conformance tests that the program has, in the order of its list. */
export async function upstreamCases(program: string): Promise<readonly UpstreamCase[]> {
  return readCases(await run(program, ["--list-conformance-tests"]));
}

/** Reads the list of conformance tests, which is YAML. @throws where it is empty or has another shape. */
export function readCases(yaml: string): readonly UpstreamCase[] {
  const rows = readYaml<readonly { readonly codename: string; readonly file: string }[]>(yaml, source, shape);
  if (rows.length === 0) throw new Error(`${source.name}: it is empty, expected cases. Fix: ${source.fix}`);
  return rows.map(({ codename, file }) => ({ name: codename, file }));
}
