import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail, ok, warn, type Finding } from "./finding.ts";

const again = "remove its folder and run `npm run image`";

/** Whether the node image is there, and is the file that its manifest describes. */
export async function checkImage(path: string | undefined): Promise<Finding> {
  if (path === undefined) return fail("node image", "there is none", "`npm run up` and `npm run image` build one");
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return fail("node image", `${path} cannot be read`, "`npm run image` builds another");
  const manifest = await readFile(join(dirname(path), "manifest.json"), "utf8").catch(() => undefined);
  if (manifest === undefined)
    return warn("node image", `${path} has no manifest`, "nothing to do when you made the image yourself");
  const { sha256 } = JSON.parse(manifest) as { sha256?: string };
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const found = hash.digest("hex");
  return found === sha256
    ? ok("node image", `${path} (${found.slice(0, 12)})`)
    : fail(
        "node image",
        `${path} has SHA-256 ${found.slice(0, 12)}, its manifest says ${String(sha256).slice(0, 12)}`,
        again,
      );
}
