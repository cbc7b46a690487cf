import { delimiter, join } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";
import { pulumiCli } from "../../tools/pulumi-cli.ts";
import { writeImage, writeKey } from "./material.ts";

/**
 * Environment of the Pulumi CLI for a stack of a temporary folder. Its state is in `state`, and its temporary files are in
 * `tmp`. Both folders must exist when the CLI runs.
 * @param virsh Folder of the fake virsh.
 * @param plugins Address of the instant plugins.
 */
export async function engineEnvironment(
  folder: string,
  virsh: string,
  plugins: string,
): Promise<Record<string, string>> {
  return {
    PATH: [virsh, inCheckout("node_modules", ".bin"), await pulumiCli(), process.env.PATH].join(delimiter),
    TMPDIR: join(folder, "tmp"),
    PULUMI_HOME: join(folder, "home"),
    // Without it, each state has a file of metadata beside it. A kill can leave the file empty, and the state is then
    // refused with `failed to load checkpoint: EOF`.
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "of the tests",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: plugins,
    // Without it, the option --event-log is missing.
    PULUMI_DEBUG_COMMANDS: "true",
    NODEFORGE_IMAGE: await writeImage(folder, "node.qcow2", "first"),
    NODEFORGE_SSH_KEY: await writeKey(folder, "id_ed25519"),
  };
}
