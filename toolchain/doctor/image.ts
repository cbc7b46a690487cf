import { stat } from "node:fs/promises";
import { mismatches, readManifest } from "../image-manifest.ts";
import { hashOf } from "../node-image/manifest.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

/** Whether the node image is there, is the file that its manifest describes, and keeps the contract of this checkout. */
export async function checkImage(path: string | undefined): Promise<Finding> {
  if (path === undefined) return fail("node image", "there is none", "`npm run up` and `npm run image` build one");
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return fail("node image", `${path} cannot be read`, "`npm run image` builds another");
  const manifest = readManifest(path);
  if (manifest === undefined)
    return warn("node image", `${path} has no manifest`, "nothing to do when you made the image yourself");
  const found = await hashOf(path);
  const [first] = mismatches(manifest, found);
  return first === undefined
    ? ok("node image", `${path} (${found.slice(0, 12)})`)
    : fail("node image", `${path} is ${first.given}`, `wanted is ${first.wanted}`);
}
