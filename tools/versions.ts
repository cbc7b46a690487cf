import document from "./versions.json" with { type: "json" };

/**
 * Versions of everything that is installed, downloaded or built, without a leading `v`.
 *
 * versions.json has them. A test compares it with the files that other tools read (package.json, go.mod, nix/node.toml).
 */
export const versions = document;

/** A provider plugin of the program. */
export type PluginName = keyof typeof document.plugins;

/** SHA-256 of released files, by name. {@link versions} names the source of each, which is never the server of the file. */
export type Pins = Readonly<Record<string, string>>;

/** The pins of versions.json. */
export const pins: Pins = document.sha256;

/** File that has the {@link pins}, for the log. */
export const pinsFile = "tools/versions.json";
