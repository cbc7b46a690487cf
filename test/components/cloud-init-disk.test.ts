import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { staticNetworkOf } from "../../cloud-init/network-config.ts";
import { seedOf } from "../../cloud-init/seed.ts";
import { cloudInitDisk } from "../../components/cloud-init-disk.ts";
import { OwnNames } from "../../components/own-names.ts";
import { contentName, resourceType } from "../../names.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { deriveTopology } from "../../topology.ts";
import { one, settled, startMocks } from "../support/mocks.ts";
import { configWith } from "../support/settings.ts";

const config = configWith();
const { master: node } = deriveTopology(config);
const network = staticNetworkOf(config.network);
const seed = seedOf(node, config.ssh, network);
const resource = contentName("dev-master-seed", seed.digest);

let folder: string;
let image: string;
beforeEach(async () => {
  await startMocks();
  folder = mkdtempSync(join(tmpdir(), "nodeforge-seed-disk-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  image = join(folder, "nodeforge", "seeds", `${seed.digest}.iso`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Leaves a file in the place of the image, as an earlier run does. */
function writeEarlier(): void {
  mkdirSync(join(image, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(image, "of an earlier run");
}

/** Creates the disk. @param names Names of the volumes in the state. */
async function create(...names: readonly string[]): Promise<void> {
  const type = resourceType.volume;
  const prior = new PriorState(new Map(names.map((name) => [`urn of ${name}`, { type, name, outputs: {} }])));
  const own = new OwnNames("dev", pulumi.output("id"), new PriorState());
  const args = { node, login: config.ssh, network, poolName: "pool", names: own, prior };
  cloudInitDisk("dev-master-seed", args, {});
  await settled();
  expect(one("Volume", resource).inputs.source).toBe(image);
}

describe("the image of a seed disk", () => {
  it("is written for a disk that the state does not have, also over a file of its name", async () => {
    await create();
    expect(readFileSync(image, "latin1")).toContain(seed.files["user-data"]);
    writeEarlier();
    await startMocks();
    await create("dev-master-seed-000000000000");
    expect(readFileSync(image, "latin1")).toContain(seed.files["user-data"]);
  });

  it("is not written again for a disk of the state", async () => {
    writeEarlier();
    await create(resource);
    expect(readFileSync(image, "utf8")).toBe("of an earlier run");
  });

  it("is written for a disk of the state if the file is missing", async () => {
    await create(resource);
    expect(readFileSync(image, "latin1")).toContain(seed.files["user-data"]);
  });
});
