import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../../cli/bench/workload/template.ts";

const render = (text: string, data = {}) => parseTemplate(text).render({ Index: 7, Count: 10, ...data });

describe("parseTemplate", () => {
  it.each([
    ["plain", "plain"],
    ["a-{{.Index}}-{{ .Count }}", "a-7-10"],
    ["{{Mod .Index 5}}", "2"],
    ["{{ DivideInt 30000 .Count }}", "3000"],
    ["{{ DivideInt .Index 2 }} {{ DivideFloat .Index 2 }}", "3 3.5"],
    ["{{ AddInt .Index 1 2 }} {{ SubtractInt .Index 9 }} {{ MultiplyInt .Index 3 }}", "10 -2 21"],
    ['{{ printf "n-%03d-%s-%v%%" .Index "x" true }}', "n-007-x-true%"],
    ["{{ AddInt (MultiplyInt .Index 2) 1 | Mod 31 }}", "1"],
    ["{{if eq .Index 7}}yes{{else}}no{{end}}", "yes"],
    ["{{if lt .Index 7}}less{{else if gt .Index 7}}more{{else}}same{{end}}", "same"],
    ["{{if and (ne .Index 1) (not false)}}a{{if .Zero}}b{{end}}{{end}}c", "ac"],
    ["a  {{- /* a comment */ -}}  b", "ab"],
    ['{{ index .List 1 }} {{ len .List }} {{ "}}" }}', "y 2 }}"],
  ])("renders %s", (text, expected) => {
    expect(render(text, { Zero: 0, List: ["x", "y"] })).toBe(expected);
  });

  it.each([
    ["{{range .List}}x{{end}}", /range is not supported/],
    ["{{ toYaml .Index }}", /toYaml is not supported; known functions: .*DivideInt/],
    ["{{ $x }}", /\$x is not supported/],
    ["{{ .A.B }}", /\.A\.B is not supported/],
    ["{{ .Index 1 }}", /\.Index is no function/],
    ["{{ .Index", /has no end/],
    ["{{if true}}x", /has no \{\{end\}\}/],
    ["{{ (.Index }}", /parenthesis has no end/],
    ["{{ .Index ) }}", /has no opening parenthesis/],
    ["{{ }}", /has no value/],
  ])("refuses %s", (text, expected) => {
    expect(() => parseTemplate(text)).toThrow(expected);
  });

  it.each([
    ["{{ .Other }}", /there is no \.Other; known: \.Index, \.Count/],
    ["{{ DivideInt 1 0 }}", /DivideInt: division by zero/],
    ["{{ Mod 1 0 }}", /Mod: division by zero/],
    ['{{ AddInt "x" }}', /AddInt: wanted a number, got "x"/],
    ['{{ printf "%x" 1 }}', /printf: the verb %x is not supported/],
    ['{{ printf "%d" }}', /wants 1 values, got 0/],
  ])("fails to render %s", (text, expected) => {
    expect(() => render(text)).toThrow(expected);
  });

  it("tells the fields that it reads", () => {
    expect([...parseTemplate("{{ AddInt .Index .Step }}").fields]).toEqual(["Index", "Step"]);
    expect(parseTemplate("text").fields.size).toBe(0);
  });
});
