import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout, inCheckout } from "../../lib/checkout.ts";

const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: checkout }).sort()];

describe.each(pages)("%s", (page) => {
  test("links only to files that exist", () => {
    const links = [...readFileSync(inCheckout(page), "utf8").matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^https?:/.test(link)).map((link) => link.replace(/#.*/, ""));
    const missing = local.filter((link) => !existsSync(inCheckout(dirname(page), link)));
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
