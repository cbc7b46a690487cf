import { stripVTControlCharacters } from "node:util";

// Control characters but tabs and line ends, and what turns the direction of writing (Unicode, UAX #9).
// eslint-disable-next-line no-control-regex -- they are what is taken out
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text as a terminal shows it, without anything that a terminal would obey: no colours, no moving, no NUL. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/\r+\n/g, "\n").replace(/\r/g, "\n").replace(unprintable, "");
}
