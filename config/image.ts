import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** The node image every node starts from. */
export interface ImageConfig {
  /** Path or URL of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal; it names the base volume. */
  readonly sha256: string;
}

/** What a file that is to be a node image turns out to be. */
export interface ImageFile {
  readonly sha256: string;
  /** Whether it begins as qcow2 files do. */
  readonly isQcow2: boolean;
}

const qcow2Magic = "514649fb";

/**
 * Reads and checks the node image; what is wrong goes to `problems`.
 * @param fallback Image to use when the stack names none; undefined when there is none.
 */
export function readImage(values: Values, problems: Problems, fallback: string | undefined): ImageConfig {
  const wanted = values.string("imageSha256").toLowerCase();
  const source = values.string("image") || fallback || "";
  if (wanted && !/^[0-9a-f]{64}$/.test(wanted)) {
    problems.add("imageSha256", "64 hexadecimal digits", wanted);
    return { source, sha256: wanted };
  }
  if (/^https?:\/\//.test(source)) {
    if (!wanted) problems.add("imageSha256", "the SHA-256 of the image that is downloaded", wanted);
    return { source, sha256: wanted };
  }
  return readFile(problems, source, wanted);
}

function readFile(problems: Problems, source: string, wanted: string): ImageConfig {
  const found = inspectImage(source);
  if (found === undefined) {
    const hint = source ? "the path of a readable node image" : "a node image; `npm run image` makes one";
    problems.add("image", hint, source);
    return { source, sha256: wanted };
  }
  if (!found.isQcow2) problems.add("image", "a qcow2 image", source);
  if (wanted && wanted !== found.sha256) problems.add("imageSha256", `${found.sha256}, the image's own`, wanted);
  return { source, sha256: found.sha256 };
}

/** Reads a file in pieces, because images are larger than a Buffer should be; undefined when it cannot be read. */
export function inspectImage(path: string): ImageFile | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, "r");
    const hash = createHash("sha256");
    const piece = Buffer.alloc(4 << 20);
    let magic: string | undefined;
    for (let length = 0; (length = readSync(file, piece)) > 0;) {
      magic ??= piece.subarray(0, 4).toString("hex");
      hash.update(piece.subarray(0, length));
    }
    closeSync(file);
    return { sha256: hash.digest("hex"), isQcow2: magic === qcow2Magic };
  } catch {
    return undefined;
  }
}
