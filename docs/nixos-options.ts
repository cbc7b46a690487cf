import { evaluate } from "../test/support/parity/nixos.ts";

/** Option, as nix/tests/options.nix describes it. Default and example are Nix expressions. */
interface NixosOption {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly default: string | null;
  readonly example: string | null;
}

const prefix = "services.nodeforge.";
const ofAnyUnit = `${prefix}extraUnits.<name>.`;
const ofDeclaredUnits = `${prefix}units.`;

/** Length of the longest default that a table shows. */
const short = 60;

const head = `# Options of the NixOS module

\`nixosModules.node\` of \`flake.nix\` declares them, under \`${prefix.slice(0, -1)}\`. Their defaults come from \`nix/node.toml\`, as
the Debian image does.

\`npm run docs\` writes this page from the modules, if \`NIXPKGS_LIB\` names a copy of nixpkgs' \`lib\`.
`;

/** Returns the reference of the NixOS options. @param lib Folder of nixpkgs' lib. */
export async function nixosOptionsPage(lib: string): Promise<string> {
  const expression = `import ./nix/tests/options.nix { nixpkgsLib = ${lib}; }`;
  const options = (await evaluate(expression)) as readonly NixosOption[];
  const general = options.filter(({ name }) => ![ofAnyUnit, ofDeclaredUnits].some((start) => name.startsWith(start)));
  const unit = options.filter(({ name }) => name.startsWith(ofAnyUnit));
  const long = general.filter((option) => option.default && oneLine(option.default).length > short);
  return [
    head,
    table(general, prefix),
    ...long.map(({ name, default: value }) => `### ${name.slice(prefix.length)}\n\n${code(value ?? "")}`),
    `## Options of a unit\n\n\`extraUnits.<name>\` and each unit of \`units\` below have them.\n`,
    table(unit, ofAnyUnit),
    `## The declared units\n\nEach unit lists the options that differ from the defaults above. Set \`units.<unit>.<option>\` to change one; the others stay.\n`,
    ...declaredUnits(options, unit),
  ].join("\n");
}

function table(options: readonly NixosOption[], start: string): string {
  const rows = options.map(({ name, type, default: value, description, example }) => {
    const meaning = oneLine(description) + (example === null ? "" : ` Example: \`${oneLine(example)}\`.`);
    return row([`\`${name.slice(start.length)}\``, type, showDefault(value), meaning]);
  });
  return row(["option", "type", "default", "meaning"]) + row(["---", "---", "---", "---"]) + rows.join("");
}

function declaredUnits(options: readonly NixosOption[], blank: readonly NixosOption[]): readonly string[] {
  const defaults = new Map(blank.map((option) => [option.name.slice(ofAnyUnit.length), option.default]));
  const units = options.filter(({ name }) => name.startsWith(ofDeclaredUnits));
  const names = [...new Set(units.map(({ name }) => name.slice(ofDeclaredUnits.length).split(".")[0] ?? ""))];
  return names.map((unit) => {
    const start = `${ofDeclaredUnits}${unit}.`;
    const differing = units
      .filter(({ name }) => name.startsWith(start))
      .map(({ name, default: value }) => ({ key: name.slice(start.length), value: value ?? "" }))
      .filter(({ key, value }) => value !== defaults.get(key));
    return `### units.${unit}\n\n${code(differing.map(({ key, value }) => `${key} = ${value};`).join("\n"))}`;
  });
}

function showDefault(value: string | null): string {
  if (value === null) return "none";
  const line = oneLine(value);
  return line.length > short ? "below" : `\`${line.replaceAll("`", "")}\``;
}

function code(text: string): string {
  return `\`\`\`nix\n${text}\n\`\`\`\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
