import { delimiter, join } from "node:path";
import { debianImage } from "../../image/debian-image.ts";
import { providePlugins } from "../../tools/plugins.ts";
import { pulumiCli } from "../../tools/pulumi-cli.ts";
import { which } from "../../lib/process.ts";
import { provide } from "../../tools/requirements.ts";

/** Tiers of the tests. */
export type Tier = "unit" | "engine" | "e2e" | "nightly";

/** How a tier's test runner is started. */
export interface Prepared {
  /** Put before the runner's own command. */
  readonly wrapper: readonly string[];
  /** Added to the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs, downloads or builds what a tier needs, while there is still a network: the end-to-end tier has none.
 * @throws when something can neither be found nor made.
 */
export async function prepareTier(tier: Tier): Promise<Prepared> {
  await provide("checking");
  await provide("building");
  // Elsewhere libvirt is not built for AppArmor, and its tests say that they were left out.
  if (which("apt-get") !== undefined) await provide("confining");
  if (tier === "unit") return { wrapper: [], environment: {} };

  await provide("provisioning");
  const cli = await pulumiCli();
  const environment = { PATH: [cli, process.env.PATH].join(delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (tier === "engine") return { wrapper: [], environment };

  await provide("hypervisor");
  const { folder } = await providePlugins(join(cli, "pulumi"));
  return {
    wrapper: ["test/support/with-hypervisor"],
    environment: {
      ...environment,
      PULUMI_HOME: folder,
      NODEFORGE_IMAGE: process.env.NODEFORGE_IMAGE || (await debianImage()).path,
      // What nodes are rolled to.
      NODEFORGE_SECOND_IMAGE: process.env.NODEFORGE_SECOND_IMAGE || (await debianImage({ marker: "second" })).path,
    },
  };
}
