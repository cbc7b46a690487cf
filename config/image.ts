import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** A node image. */
export interface ImageConfig {
  /** Path or URL of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal; it names the base volume. */
  readonly sha256: string;
}

const qcow2Magic = "514649fb";

/** Reads and checks node images. A file that several name is read once: hashing an image takes seconds. */
export class ImageReader {
  readonly #problems: Problems;
  readonly #inspected = new Map<string, Inspected | undefined>();

  /** @param problems Takes what is wrong with an image. */
  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /**
   * Reads the keys `image` and `imageSha256`.
   * @param fallback Image to use when they name none; undefined when there is none.
   */
  read(values: Values, fallback?: string): ImageConfig {
    const wanted = values.string("imageSha256").toLowerCase();
    const source = values.string("image") || fallback || "";
    const name = values.name("imageSha256");
    if (wanted && !/^[0-9a-f]{64}$/.test(wanted)) {
      this.#problems.add(name, "64 hexadecimal digits", wanted);
      return { source, sha256: wanted };
    }
    if (/^https?:\/\//.test(source)) {
      if (!wanted) this.#problems.add(name, "the SHA-256 of the image that is downloaded", wanted);
      return { source, sha256: wanted };
    }
    return this.#readFile(values, source, wanted);
  }

  #readFile(values: Values, source: string, wanted: string): ImageConfig {
    const [image, imageSha256] = [values.name("image"), values.name("imageSha256")];
    const found = this.#inspect(source);
    if (found === undefined) {
      const hint = source ? "the path of a readable node image" : "a node image; `npm run image` makes one";
      this.#problems.add(image, hint, source);
      return { source, sha256: wanted };
    }
    if (found.magic !== qcow2Magic) this.#problems.add(image, "a qcow2 image", source);
    if (wanted && wanted !== found.sha256) {
      this.#problems.add(imageSha256, `${found.sha256}, the image's own`, wanted);
    }
    return { source, sha256: found.sha256 };
  }

  #inspect(path: string): Inspected | undefined {
    if (!this.#inspected.has(path)) this.#inspected.set(path, inspect(path));
    return this.#inspected.get(path);
  }
}

interface Inspected {
  readonly sha256: string;
  readonly magic: string;
}

/** SHA-256 and first four bytes of a file, read in pieces because images are larger than a Buffer should be. */
function inspect(path: string): Inspected | undefined {
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
    return { sha256: hash.digest("hex"), magic: magic ?? "" };
  } catch {
    return undefined;
  }
}
