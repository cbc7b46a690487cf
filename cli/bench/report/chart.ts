import { Error as errorsOnly, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** Text and lines follow the colour scheme of the page; only data have colours of their own. */
const config = {
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "currentColor",
    titleColor: "currentColor",
    domainColor: "currentColor",
    tickColor: "currentColor",
    gridColor: "currentColor",
    gridOpacity: 0.12,
    titleFontWeight: "normal",
    labelLimit: 260,
  },
  legend: { labelColor: "currentColor", titleColor: "currentColor", labelLimit: 260 },
  header: { labelColor: "currentColor", titleColor: "currentColor", labelFontWeight: "bold", labelLimit: 600 },
} as const;

/**
 * Returns a plot as an SVG element for a page. Vega escapes names in the data. The namespaces are removed, because HTML knows
 * them and the page then has no address of another host.
 */
export async function chart(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, background: "transparent", config });
  const view = new View(parse(compiled), { renderer: "none", logLevel: errorsOnly });
  try {
    const svg = await view.toSVG();
    return svg.replace(/^<svg[^>]*>/, (tag) => tag.replace(/ (?:xmlns(?::xlink)?|version)="[^"]*"/g, ""));
  } finally {
    view.finalize();
  }
}
