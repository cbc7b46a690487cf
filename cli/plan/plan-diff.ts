import { resourceType } from "../../names.ts";
import { kindOfType } from "../consent/resource-kinds.ts";
import type { Plan, Planned } from "./planned.ts";
import { describeValue, differencesOf, isUnknown, type Difference } from "./value.ts";

/** Words for operations, after a sign that colours the line in a block of a diff. */
const headings: Readonly<Record<Exclude<Planned["operation"], "same">, string>> = {
  create: "+ create ",
  update: "! update ",
  replace: "! replace",
  delete: "- delete ",
};

/** Returns the changes of a plan as the text of a diff: each resource, and each property that differs. Has no secrets. */
export function planDiff({ resources }: Plan): string {
  return resources
    .flatMap((resource) => {
      const { operation, type } = resource;
      // A component has no properties of its own; its resources are in the list.
      if (operation === "same" || /^(nodeforge|pulumi):/.test(type)) return [];
      return [`${headings[operation]} ${kindOf(type)} ${resource.name}`, ...propertiesOf(resource)];
    })
    .join("\n");
}

function kindOf(type: string): string {
  const isStep = type === resourceType.localCommand || type === resourceType.remoteCommand;
  return isStep ? "step" : (kindOfType(type) ?? type);
}

function propertiesOf({ operation, before, after, differing }: Planned): readonly string[] {
  if (operation !== "update" && operation !== "replace") return [];
  const differences = differencesOf(before, after);
  // A difference between the state and libvirt is not one of the inputs.
  const known = new Set(differences.map(({ path }) => path.replace(/[.[].*$/, "")));
  const unseen = differing.filter((property) => !known.has(property.replace(/[.[].*$/, "")));
  return [...differences.flatMap(describeDifference), ...unseen.map((property) => `    ${property}`)];
}

function describeDifference({ path, before, after }: Difference): readonly string[] {
  const isLong = [before, after].some((value) => typeof value === "string" && value.includes("\n"));
  if (isLong && isUnknown(after)) return [`    ${path}: ${describeValue(after)}`];
  if (isLong && typeof before === "string" && typeof after === "string") {
    return [`    ${path}:`, ...changedLines(before, after)];
  }
  return [`    ${path}: ${describeValue(before)} → ${describeValue(after)}`];
}

/** Lists the lines that only one of two texts has. */
function changedLines(before: string, after: string): readonly string[] {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const only = (one: readonly string[], other: readonly string[]) =>
    one.filter((line) => line.trim() !== "" && !other.includes(line));
  return [
    ...only(old, young).map((line) => `-       ${describeValue(line)}`),
    ...only(young, old).map((line) => `+       ${describeValue(line)}`),
  ];
}
