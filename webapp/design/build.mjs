// Compiles patient.scss and staff.scss into ../static/build, mirrored for right-to-left and named by their content.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postcss from "postcss";
import rtlcss from "rtlcss";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "build");
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

mkdirSync(target, { recursive: true });
for (const old of readdirSync(target)) rmSync(join(target, old));

// Vigidom serves none of the framework's pictures: a rule asking for one (the cross of a search field) is dropped.
function withoutPictures(css) {
  const sheet = postcss.parse(css);
  sheet.walkRules((rule) => {
    if (rule.toString().includes("url(")) rule.remove();
  });
  sheet.walkAtRules("supports", (block) => {
    if (!block.nodes?.length) block.remove();
  });
  return sheet.toString();
}

// The MIT licence of the framework asks to be named wherever its rules go.
const { version } = JSON.parse(readFileSync(join(here, "node_modules", "nhsuk-frontend", "package.json")));
const notice = `/*! Contains nhsuk-frontend ${version}, MIT licence: webapp/design/nhsuk-frontend-licence.txt */`;

const manifest = {};
for (const sheet of ["patient", "staff"]) {
  const { css } = compile(join(here, `${sheet}.scss`), {
    style: "compressed",
    loadPaths: [join(here, "node_modules")],
    quietDeps: true,
    // No byte order mark: the notice goes before the text, and pages are UTF-8.
    charset: false,
  });
  const plain = `${notice}\n${withoutPictures(css)}`;
  for (const [suffix, text] of [["", plain], [".rtl", rtlcss.process(plain)]]) {
    const name = `${sheet}${suffix}.${sha256(text).slice(0, 12)}.css`;
    writeFileSync(join(target, name), text);
    manifest[`${sheet}${suffix}.css`] = name;
  }
}
writeFileSync(join(target, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");

// Lets the tests, which have no Node, notice a source changed without a build.
const sources = readdirSync(here).filter((name) => name.endsWith(".scss") || name === "package.json");
const lines = sources.sort().map((name) => `${sha256(readFileSync(join(here, name)))}  ${name}\n`);
writeFileSync(join(target, "sources.sha256"), lines.join(""));
