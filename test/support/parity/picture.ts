/**
 * Properties of an image's node, by name, such as `unit kubelet / ExecStart / --config`.
 *
 * Two images make the same node if their pictures are equal.
 */
export type Picture = ReadonlyMap<string, string>;

/** Returns the name of a property, from its general to its particular part. */
export const at = (...place: readonly (string | number)[]) => place.join(" / ");

/** Collects a picture. Numbers repeated properties, because a repetition may have a meaning. */
export class Painter {
  readonly #lines = new Map<string, string>();

  /** Adds a property. */
  add(place: string, value: string): void {
    let free = place;
    for (let count = 2; this.#lines.has(free); count++) free = `${place} #${count}`;
    this.#lines.set(free, value);
  }

  /** Adds the members of a set, whose order has no meaning. */
  addSet(place: string, members: Iterable<string>): void {
    for (const member of members) this.add(at(place, member), "yes");
  }

  /** Adds the members of a list in their order. */
  addList(place: string, members: readonly string[]): void {
    members.forEach((member, index) => this.add(at(place, index + 1), member));
  }

  /** Adds each leaf of a value. */
  addData(place: string, value: unknown): void {
    if (Array.isArray(value)) {
      if (value.length === 0) this.add(place, "[]");
      value.forEach((member, index) => this.addData(at(place, index + 1), member));
    } else if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) this.addData(at(place, key), member);
    } else {
      this.add(place, String(value));
    }
  }

  /** Adds a command line: a flag by its name, any other argument by its position. */
  addCommand(place: string, command: string): void {
    const [program = "", ...words] = command.split(" ");
    this.add(at(place, "program"), program.replace(/^\/nix\/store\/[^/]+\/bin\//, ""));
    words.forEach((word, index) => {
      const [flag = "", value] = word.split(/=(.*)/s);
      this.add(at(place, flag.startsWith("--") ? flag : `argument ${index + 1}`), value ?? word);
    });
  }

  get picture(): Picture {
    return new Map([...this.#lines].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

/** Keys of a unit file whose value is a set of units. */
const unitSets = new Set(["After", "Before", "Conflicts", "Requires", "WantedBy", "Wants"]);

/** Adds one `Key=value` line of a unit. Treats true as yes, and false as no. */
export function addUnitLine(painter: Painter, unit: string, key: string, value: string): void {
  const place = at(`unit ${unit}`, key);
  if (unitSets.has(key)) painter.addSet(place, value.split(" ").filter(Boolean));
  else if (key.startsWith("Exec")) painter.addCommand(place, value);
  else painter.add(place, { true: "yes", false: "no" }[value] ?? value);
}

/** Adds every line of a unit file or drop-in. */
export function addUnitText(painter: Painter, unit: string, text: string): void {
  for (const line of text.split("\n")) {
    const [key = "", value] = line.split(/=(.*)/s);
    if (value !== undefined) addUnitLine(painter, unit, key, value);
  }
}

/** Adds a file by its text, or by its data if both images may format equal data differently. */
export function addFile(painter: Painter, path: string, text: string): void {
  if (path.endsWith("image.json")) painter.addData(`file ${path}`, JSON.parse(text));
  else painter.add(`file ${path}`, text);
}
