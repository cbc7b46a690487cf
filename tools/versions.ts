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

/** SHA-256 of released files, by name. {@link versions} says where each comes from: never from the server of the file. */
export type Pins = Readonly<Record<string, string>>;

/** The pins of versions.json. */
export const pins: Pins = document.sha256;

/** What {@link pins} is, in words. */
export const pinsFile = "tools/versions.json";
