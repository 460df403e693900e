// Puts main.js and all it imports into ../../static/phone/main.<release>.js. The release is the digest that
// webapp/patient/shell.py works out too: a file of another release is not used, and the modules are served one by one.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, "..", "..", "static", "js", "patient");
const target = join(here, "..", "..", "static", "phone");

const digest = createHash("sha256");
for (const name of readdirSync(sources).filter((name) => name.endsWith(".js")).sort()) {
  digest.update(name).update(readFileSync(join(sources, name)));
}
const release = digest.digest("hex").slice(0, 10);

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
buildSync({
  entryPoints: [join(sources, "main.js")],
  outfile: join(target, `main.${release}.js`),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2020",
  charset: "utf8",
});
console.log(release);
