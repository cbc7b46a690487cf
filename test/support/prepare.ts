import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { debianImage } from "../../image/debian-image.ts";
import { providePlugins } from "../../tools/plugins.ts";
import { pulumiCli } from "../../tools/pulumi-cli.ts";
import { which } from "../../lib/process.ts";
import { browserPrograms, provide } from "../../tools/requirements.ts";

/** Tiers of the tests. */
export type Tier = "unit" | "engine" | "engine-nightly" | "e2e" | "e2e-nightly";

/** Command and environment of a tier's test runner. */
export interface Prepared {
  /** Words before the runner's own command. */
  readonly wrapper: readonly string[];
  /** Variables to add to the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs, downloads or builds everything that a tier needs. The end-to-end tier runs without a network afterwards.
 * @throws if a part can neither be found nor built.
 */
export async function prepareTier(tier: Tier): Promise<Prepared> {
  await provide("checking");
  await provide("building");
  // Other systems build libvirt without AppArmor, and report its tests as skipped.
  if (which("apt-get") !== undefined) await provide("confining");
  if (tier === "unit") {
    // Ubuntu has no package of a browser, and its tests are skipped unless one is installed.
    if (isDebian() && !browserPrograms.some((name) => which(name))) await provide("browsing");
    return { wrapper: [], environment: {} };
  }

  await provide("provisioning");
  const cli = await pulumiCli();
  const environment = { PATH: [cli, process.env.PATH].join(delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (tier === "engine" || tier === "engine-nightly") return { wrapper: [], environment };

  await provide("hypervisor");
  const { folder } = await providePlugins(join(cli, "pulumi"));
  return {
    wrapper: ["test/support/with-hypervisor"],
    environment: {
      ...environment,
      PULUMI_HOME: folder,
      NODEFORGE_IMAGE: process.env.NODEFORGE_IMAGE || (await debianImage()).path,
      // Image to which the tests roll nodes.
      NODEFORGE_SECOND_IMAGE: process.env.NODEFORGE_SECOND_IMAGE || (await debianImage({ marker: "second" })).path,
    },
  };
}

function isDebian(): boolean {
  try {
    return /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}
