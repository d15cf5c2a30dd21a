import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { defineConfig, type Plugin } from "vite";

const OUT = "dist";
const COMPRESSED = /\.(js|css|html|svg)$/;

/** Writes .gz and .br beside every text file, then holds the sizes against budget.json. */
function served(): Plugin {
  return {
    name: "served",
    apply: "build",
    closeBundle() {
      const sizes: Record<string, number> = { js: 0, css: 0 };
      for (const file of files(OUT).filter((name) => COMPRESSED.test(name))) {
        const text = readFileSync(file);
        const small = brotliCompressSync(text, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
        });
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
        writeFileSync(`${file}.br`, small);
        const kind = file.split(".").pop() ?? "";
        if (kind in sizes) sizes[kind] = (sizes[kind] ?? 0) + small.length;
      }
      hold(sizes);
    },
  };
}

function hold(sizes: Record<string, number>): void {
  const budget = JSON.parse(readFileSync("budget.json", "utf8")) as Record<string, number>;
  for (const [kind, size] of Object.entries(sizes)) {
    const most = budget[kind] ?? 0;
    console.log(`${kind}: ${size} of ${most} bytes (brotli)`);
    if (size > most) throw new Error(`${kind} is over its budget: ${size} > ${most} bytes`);
  }
}

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  plugins: [served()],
  build: {
    outDir: OUT,
    target: "es2022",
    // No data: addresses for small files and no inline preload script: the page's policy forbids both.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080", "/whep": "http://127.0.0.1:8080" } },
});
