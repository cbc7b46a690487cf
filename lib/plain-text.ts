import { stripVTControlCharacters } from "node:util";

// Control characters except tabs and line ends, and characters that change the direction of writing (Unicode, UAX #9).
// eslint-disable-next-line no-control-regex -- it removes them
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Returns a text without everything that a terminal would obey: colours, cursor movements, control characters. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/\r+\n/g, "\n").replace(/\r/g, "\n").replace(unprintable, "");
}
