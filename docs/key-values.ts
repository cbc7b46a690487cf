import { parseConfig, type Surroundings } from "../config/index.ts";
import { ConfigError } from "../config/problems.ts";
import type { Value } from "../config/schema.ts";

/** Configuration of a stack as Pulumi passes it: texts, and lists and objects as JSON. */
type RawConfig = Readonly<Record<string, string>>;

/** Makes a configuration in which one key has a value. */
export type Place = (value: Value) => RawConfig;

/** Surroundings that read no file of this machine. Problems of the ssh key do not matter, because each question is about one key. */
const surroundings: Surroundings = {
  stack: "dev",
  environment: {},
  keys: { own: "/nonexistent/id_ed25519", home: "/nonexistent" },
  locateImage: (named) => named || "/node.qcow2",
  localDomainType: "kvm",
};

/** Returns how config/ describes a valid value, where it refuses the one that a configuration gives to a key. */
function expectations(raw: RawConfig, path: string): readonly string[] {
  const { problems } = parseConfig(raw, surroundings);
  try {
    problems.throwIfAny();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter(({ key }) => key === path).map(({ expected }) => expected);
  }
  return [];
}

/** Smallest and largest number that a key takes. A bound is missing where config/ has none. */
interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Numbers outside of every range. They have nine digits, the most that config/ reads. */
const extremes = { least: -999_999_999, most: 999_999_999 };

/**
 * Returns the range of a whole number. config/ checks ranges in code, so its answers to the extremes tell them.
 * @param path Key as config/ names it in an error.
 */
export function boundsOf(place: Place, path: string): Bounds {
  const bound = (extreme: keyof typeof extremes) => {
    const said = expectations(place(extremes[extreme]), path).join("\n");
    const [, number] = new RegExp(`^at ${extreme} (-?\\d+)$`, "m").exec(said) ?? [];
    return number === undefined ? undefined : Number(number);
  };
  const [minimum, maximum] = [bound("least"), bound("most")];
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
}

/**
 * Returns the words that a key or an item of its list takes; undefined for a key that takes other texts as well.
 * @param path Key as config/ names it in an error.
 * @throws when config/ refuses a word that its own error lists.
 */
export function wordsOf(place: Place, path: string): readonly string[] | undefined {
  const [said = ""] = expectations(place("?"), path);
  const words = said.replace(/ \(did you mean .*\)$/, "").split(/, | or /);
  if (words.length < 2 || !words.every((word) => /^[a-z][A-Za-z0-9-]*$/.test(word))) return undefined;
  const refused = words.filter((word) => expectations(place(word), path).length > 0);
  if (refused.length > 0) throw new Error(`config/ says that ${path} takes ${refused.join(", ")}, but refuses it`);
  return words;
}
