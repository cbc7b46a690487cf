/** Colours of the window itself. */
const named: Readonly<Record<string, string>> = {
  window: "#12161c",
  frame: "#5b6470",
  text: "#e4e8ee",
  quiet: "#aab2bd",
};

/** Colours 0 to 15, of which 0 is the window. Each other one has a contrast of 7 to the window. */
const base: readonly string[] = [
  ...["#12161c", "#ff8f87", "#6fd47a", "#e5c15a", "#86bdff", "#d9abf7", "#63d3d8", "#cdd3db"],
  ...["#a3abb6", "#ffb0aa", "#93e69b", "#f3d989", "#a9d2ff", "#e8c8ff", "#95e8ec", "#ffffff"],
];

/**
 * Returns the value of a colour as `#rrggbb`: of the palette of 256, of a part of the window, or the RGB value itself. From 16 on,
 * the palette is that of xterm: a cube with six levels, then 24 greys.
 */
export function colourValue(colour: number | string): string {
  if (typeof colour === "string") return named[colour] ?? colour;
  if (colour < 16) return base[colour] ?? "";
  if (colour >= 232) return hex([0, 0, 0].map(() => 8 + 10 * (colour - 232)));
  const level = (value: number) => (value === 0 ? 0 : 55 + 40 * value);
  const place = colour - 16;
  return hex([Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map(level));
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
