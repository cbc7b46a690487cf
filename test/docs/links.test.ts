import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout, inCheckout } from "../../lib/checkout.ts";

const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: checkout }).sort()];

/** Links of a page to files of the checkout, each with its target's path and the heading's anchor. */
function linksOf(page: string): readonly { readonly path: string; readonly anchor: string }[] {
  const links = [...readFileSync(inCheckout(page), "utf8").matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [file = "", anchor = ""] = link.split("#");
      return { path: file === "" ? page : join(dirname(page), file), anchor };
    });
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...readFileSync(inCheckout(page), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(pages)("%s", (page) => {
  test("links only to files that exist", () => {
    expect(linksOf(page).filter(({ path }) => !existsSync(inCheckout(path)))).toEqual([]);
  });

  test("links only to headings that exist", () => {
    const missing = linksOf(page).filter(({ path, anchor }) => anchor !== "" && !anchorsOf(path).includes(anchor));
    expect(missing).toEqual([]);
  });
});

test("every answer to a requirement names places that exist", () => {
  const rows = [...readFileSync(inCheckout("docs", "image.md"), "utf8").matchAll(/^\| S(\d+) .*\| ([^|]+) \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  for (const [, number, places = ""] of rows) {
    const named = [...places.matchAll(/`([^`]+)`/g)]
      .map(([, place = ""]) => place)
      .filter((place) => /[/.]/.test(place));
    expect(named.length, `S${number}`).toBeGreaterThan(0);
    expect(
      named.filter((place) => !place.startsWith("--") && !existsSync(join(checkout, place))),
      `S${number}`,
    ).toEqual([]);
  }
});
