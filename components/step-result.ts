import { anyObject, readJson, type Shape } from "../lib/outside.ts";

/**
 * Returns the result of a step, which its script printed as JSON. An error does not quote it, because it may be secret.
 * @param step Name of the step, for the error.
 * @param shape A constant. @default any object
 * @throws when the result has another shape.
 */
export function stepResult<T>(step: string, result: string, shape: Shape = anyObject): T {
  return readJson<T>(result, { name: `the result of ${step}`, fix: "npm run diagnose" }, shape);
}
