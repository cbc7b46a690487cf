import document from "./versions.json" with { type: "json" };

/**
 * Versions of everything that is installed, downloaded or built, without a leading `v`.
 *
 * versions.json is where they are stated. What other tools must read for themselves (package.json, go.mod,
 * nix/node.toml) is compared with it by a test.
 */
export const versions = document;

/** A provider plugin of the program. */
export type PluginName = keyof typeof document.plugins;
