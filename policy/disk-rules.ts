import { existsSync, readFileSync } from "node:fs";
import { imageOfBaseVolume, resourceType } from "../names.ts";
import type { Rule } from "./rule.ts";

/** Keys of cloud-init that set a password, and private keys. Each file of the ISO image is stored as it is. */
const secretsOfSeed =
  /^[\s-]*(?:passwd|hashed_passwd|plain_text_passwd|password|chpasswd)\s*:|^[\s-]*ssh_pwauth\s*:\s*(?:true|yes)|BEGIN [A-Z ]*PRIVATE KEY/m;

/** Rules for volumes. */
export const diskRules: readonly Rule[] = [
  {
    name: "image-digest",
    description: "Each uploaded image has the digest of its content in its name.",
    types: [resourceType.volume],
    problemOf: ({ props: { name, source, format } }) => {
      if (source === undefined || format !== "qcow2") return undefined;
      return typeof name === "string" && imageOfBaseVolume(name) !== undefined
        ? undefined
        : `the volume ${JSON.stringify(name ?? null)} has no digest in its name. Fix: upload images with components/base-image.ts`;
    },
  },
  {
    name: "seed-without-secrets",
    description: "No seed disk has a password or a private key, because each user of the storage pool can read it.",
    types: [resourceType.volume],
    problemOf: ({ props: { source, format } }) => {
      // The file is on the machine that plans. A plan made elsewhere does not have it.
      if (format !== "iso" || typeof source !== "string" || !existsSync(source)) return undefined;
      const found = secretsOfSeed.exec(readFileSync(source, "latin1"));
      return found === null
        ? undefined
        : `the seed disk has ${JSON.stringify(found[0].trim())}. Fix: remove it from cloud-init/user-data.ts`;
    },
  },
];
