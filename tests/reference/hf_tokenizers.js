// Encodes with the npm package `tokenizers`, version 0.23.2: JSON lines {"file": TOKENIZER.JSON, "text": TEXT} on
// standard input, one line [ID, ...] each on standard output, no special tokens added. Where the package cannot be
// loaded or has another version: exit code 3. argv[2], if not empty: the node_modules folder that holds it.
"use strict";
const path = require("path");
const readline = require("readline");

const kVersion = "0.23.2";

function load() {
  const name = process.argv[2] ? path.resolve(process.argv[2], "tokenizers") : "tokenizers";
  try {
    if (require(name + "/package.json").version !== kVersion) throw new Error("not version " + kVersion);
    return require(name).Tokenizer;
  } catch (error) {
    console.error(String(error.message).split("\n")[0]);
    process.exit(3);
  }
}

async function main() {
  const Tokenizer = load();
  const tokenizers = new Map();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { file, text } = JSON.parse(line);
    if (!tokenizers.has(file)) tokenizers.set(file, Tokenizer.fromFile(file));
    const encoding = await tokenizers.get(file).encode(text, null, { addSpecialTokens: false });
    process.stdout.write(JSON.stringify(encoding.getIds()) + "\n");
  }
}

main().catch((error) => {
  console.error(String(error.message).split("\n")[0]);
  process.exit(1);
});
