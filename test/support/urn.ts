/**
 * Returns the URN of a resource, as Pulumi's engine writes it.
 * @param type Type token. For the child of a component, the tokens of its parents precede it, each with a `$` at its end.
 * @param name Resource name.
 * @param stack Name of the stack. @default "lab"
 */
export function urn(type: string, name: string, stack = "lab"): string {
  return `urn:pulumi:${stack}::nodeforge::${type}::${name}`;
}
