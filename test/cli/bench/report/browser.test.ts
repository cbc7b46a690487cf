import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launch, type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { benchmarkPage } from "../../../../cli/bench/report/page.ts";
import { which } from "../../../../lib/process.ts";
import { browserPrograms } from "../../../../tools/requirements.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { exampleData } from "../export/example-data.ts";

const program = browserPrograms.map((name) => which(name)).find((path) => path !== undefined);

/** Background of a page without one of its own, as Chromium has it. */
const canvas: Readonly<Record<string, string>> = { light: "rgb(255, 255, 255)", dark: "rgb(18, 18, 18)" };

describe.skipIf(program === undefined)("the page about a benchmark, in a browser", () => {
  let browser: Browser;
  let html: string;

  beforeAll(async () => {
    // As root, the browser's sandbox does not start. The page is our own.
    browser = await launch({ executablePath: program!, args: ["--no-sandbox"] });
    html = await benchmarkPage(exampleData(), []);
  });
  afterAll(() => browser.close());

  /** Opens a page in a window of this width. Returns it with what the browser complained about and what it loaded. */
  async function opened(text: string, width: number, scheme = "light") {
    const file = join(temporaryFolder(), "bench.html");
    writeFileSync(file, text);
    const page = await browser.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => requests.push(request.url()));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return { page, url, complaints, requests };
  }

  it.each([1200, 400])("has every plot within a window of %d pixels, and loads nothing", async (width) => {
    const { page, url, complaints, requests } = await opened(html, width);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const plots = await page.$$("svg");
    expect(plots).toHaveLength(6);
    for (const plot of plots) {
      const box = (await plot.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.width).toBeGreaterThan(0.65 * Math.min(width, 900));
      expect(box.height).toBeGreaterThan(50);
    }
    expect([complaints, requests]).toEqual([[], [url]]);
  });

  it.each(["light", "dark"])("has readable text in a %s window, also in its plots", async (scheme) => {
    const { page } = await opened(html, 1200, scheme);
    const texts = await textColours(page);
    expect(texts.length).toBeGreaterThan(50);
    // WCAG 2.2, success criterion 1.4.3.
    expect(texts.filter(({ colour }) => contrast(colour, canvas[scheme]!) < 4.5)).toEqual([]);
  });

  it("starts no script and loads no picture that came with a value", async () => {
    const evil = '<script>document.title = "evil"</script><img src="http://127.0.0.1:9/x.png">';
    const { page, complaints } = await opened(html.replace("<h1>", `${evil}<h1>`), 1200);
    expect(await page.title()).not.toBe("evil");
    expect(complaints.filter((text) => text.includes("Content Security Policy"))).toHaveLength(2);
  });
});

it("a colour has the contrast that WCAG computes", () => {
  expect(contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)")).toBeCloseTo(21);
  expect(contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)")).toBeCloseTo(4.48, 2);
});

/** Returns each text of a page with its colour. The program is a text, because the tests have no types of a browser. */
async function textColours(page: Page) {
  const program = `[...document.body.querySelectorAll("*")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim()))
    .map((element) => {
      const { fill, color } = getComputedStyle(element);
      return { text: element.textContent, colour: element instanceof SVGElement ? fill : color };
    })`;
  return (await page.evaluate(program)) as readonly { readonly text: string; readonly colour: string }[];
}

/** Returns the contrast of two colours, from 1 to 21. */
function contrast(one: string, other: string): number {
  const [high, low] = [one, other].map(luminance).sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Returns the relative luminance of a colour `rgb(…)` of CSS, from 0 to 1. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
