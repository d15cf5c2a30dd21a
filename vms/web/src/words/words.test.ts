import ts from "typescript";
import { describe, expect, test } from "vitest";

import { en } from "./en";
import { id } from "./id";
import { bitrate, codecName, length, size } from "./amounts";
import { fillIn, language, say, type MessageKey } from "./words";

const keys = Object.keys(id) as MessageKey[];
const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

describe("the catalogues", () => {
  test("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort());
  });

  test("fill in the same names", () => {
    for (const key of keys) expect([key, holes(en[key])]).toEqual([key, holes(id[key])]);
  });

  test("have no empty message", () => {
    for (const key of keys) expect([id[key].trim(), en[key].trim()]).not.toContain("");
  });

  test("a message changes with the language, without a reload", () => {
    language.value = "en";
    expect(say("state.noSignal", { time: "12:03:41" })).toBe("No signal since 12:03:41");
    language.value = "id";
    expect(say("state.noSignal", { time: "12:03:41" })).toBe("Tidak ada sinyal sejak 12:03:41");
  });

  test("what is not filled in stays visible instead of vanishing", () => {
    expect(fillIn("{a} {b}", { a: 1 })).toBe("1 {b}");
  });
});

test("amounts are written in the page's language", () => {
  language.value = "en";
  expect(length(3_725_000_000)).toBe("1 h 2 min");
  expect(length(10_000_000)).toBe("10 s");
  expect(length(2_150_000)).toBe("2.2 s");
  expect(bitrate(4_120_000)).toBe("4.1 Mbit/s");
  expect(size(2_000_000)).toBe("2.0 MB");
  language.value = "id";
  expect(bitrate(4_120_000)).toBe("4,1 Mbit/dtk");
  expect(codecName("avc1.64001f")).toBe("H.264");
  expect(codecName("hvc1.1.6.L93.B0")).toBe("H.265");
});

// ---- no string stands outside the message files ----

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
/** Attributes and properties whose text a person reads or hears. */
const READ = new Set(["title", "alt", "placeholder", "label", "aria-label", "aria-valuetext", "ariaLabel", "textContent", "innerText"]);
/** Names of keys on the keyboard are not words of a language. */
const LETTERS = /\p{L}{2}/u;

function spoken(name: string, text: string): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const literal = (node: ts.Node | undefined): boolean =>
    node !== undefined && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && LETTERS.test(literalText(node));
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && LETTERS.test(node.text)) found.push(node.text.trim());
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText(file))) {
      const value = node.initializer;
      const inner = value !== undefined && ts.isJsxExpression(value) ? value.expression : value;
      if (literal(inner)) found.push(node.getText(file));
    }
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && literal(node.expression)) found.push(node.getText(file));
    if (ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && READ.has(node.left.name.text) && literal(node.right))
      found.push(node.getText(file));
    if (ts.isCallExpression(node) && /setAttribute$/.test(node.expression.getText(file)) && literal(node.arguments[1])) {
      const [attribute] = node.arguments;
      if (attribute !== undefined && ts.isStringLiteral(attribute) && READ.has(attribute.text)) found.push(node.getText(file));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The fixed words of a literal; what is filled in comes from elsewhere. */
function literalText(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return "";
  return node.head.text + node.templateSpans.map((span) => span.literal.text).join("");
}

describe("no string stands outside the message files", () => {
  const names = Object.keys(sources).filter((name) => !name.endsWith(".test.ts") && !/^\.\/(id|en)(-archive)?\.ts$/.test(name));

  test("the sources are really looked at", () => {
    expect(names.length).toBeGreaterThan(40);
    expect(spoken("x.tsx", 'const a = <p title="Hello there">Good day {x}</p>;')).toHaveLength(2);
    expect(spoken("x.ts", 'a.textContent = "Hello"; b.setAttribute("aria-label", `Hello ${x}`);')).toHaveLength(2);
  });

  test.each(names)("%s", (name) => {
    expect(spoken(name, sources[name]!)).toEqual([]);
  });

  test("every message is said somewhere", () => {
    const all = names.map((name) => sources[name]).join("\n");
    const prefixes = ["cause.", "condition.", "problem.", "error.", "field.", "state.", "note.", "role.", "health.role.", "tile.stream.", "keep.", "keepHint.", "transport.", "engine.", "complete.", "runs.", "step.", "event.", "damage.", "purpose.", "fill.", "lock.state.", "rule.scope.", "timeline.gap."];
    const unsaid = keys.filter((key) => !all.includes(`"${key}"`) && !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(unsaid).toEqual([]);
  });
});
