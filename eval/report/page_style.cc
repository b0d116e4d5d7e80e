#include "eval/report/page_style.h"

namespace nf {

const char* const kPageStyle = R"css(
:root { color-scheme: light dark; --bg: #fff; --ink: #1b1b1b; --dim: #555; --rule: #cfcfcf;
  --soft: #f3f3f0; --link: #00559b; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1rem 4rem; max-width: 52rem; background: var(--bg);
  color: var(--ink); font: 1rem/1.5 system-ui, Helvetica, Arial, sans-serif; }
h1, h2, h3, p, li, caption, figcaption, tbody th { overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; padding-top: 0.5rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.4rem; }
a { color: var(--link); }
nav ol { margin: 0.5rem 0; padding-left: 1.8rem; columns: 14rem; column-gap: 2.4rem; }
.dim { color: var(--dim); font-size: 0.9rem; }
.notice { border-left: 4px solid #c44e00; background: var(--soft); padding: 0.6rem 0.9rem; }
.headline { font-size: 1.1rem; border-left: 4px solid #0072b2; padding-left: 0.8rem; }
figure { margin: 1.2rem 0 1.6rem; }
figcaption { margin-bottom: 0.5rem; }
.pic { overflow-x: auto; }
.pic svg { display: block; width: 100%; max-width: 46rem; height: auto; min-width: 32rem; }
.pic.zoomed svg { width: 92rem; max-width: none; }
.wide { overflow-x: auto; margin: 0.8rem 0 1.2rem; }
table { border-collapse: collapse; font-size: 0.9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
th, td { padding: 0.2rem 0.7rem 0.2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); min-width: 3.5rem; }
tbody th { font-weight: 400; min-width: 9rem; }
td:not(.n) { min-width: 8rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.n { white-space: normal; }
thead [role="button"] { cursor: pointer; }
thead [role="button"]:focus-visible { outline: 2px solid var(--link); }
th[aria-sort] [role="button"]::after { content: " \2193"; }
th[aria-sort="descending"] [role="button"]::after { content: " \2191"; }
pre { background: var(--soft); padding: 0.6rem 0.8rem; overflow: auto; max-height: 24rem;
  font-size: 0.8rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.csv { white-space: pre; overflow-wrap: normal; }
summary { cursor: pointer; color: var(--link); font-size: 0.9rem; }
.save { margin-left: 0.6rem; font: inherit; font-size: 0.85rem; }
.h { fill: var(--bg); }
@media (prefers-color-scheme: dark) {
  :root { --bg: #15171a; --ink: #e7e7e7; --dim: #b3b3b3; --rule: #3c4046; --soft: #22262b;
    --link: #83bdf7; }
  .s0 { color: #56b4e9; } .s1 { color: #ff9a4d; } .s2 { color: #3fcf9f; } .s3 { color: #eea2d6; }
  .s4 { color: #e6c34a; } .s5 { color: #c4c4c4; } .s6 { color: #9fd4f5; } .s7 { color: #b79cf0; }
}
@media print {
  :root { color-scheme: light; }
  @page { size: A4; margin: 16mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  details:not(.unprinted)::details-content { content-visibility: visible; height: auto; }
  nav, details.data, .save { display: none; }
  figure, thead, tr, .headline { break-inside: avoid; }
  thead { display: table-header-group; break-after: avoid; }
  footer { break-before: avoid; }
  h2, h3, caption, figcaption { break-after: avoid; }
  .pic, .wide { overflow: visible; }
  .pic svg { width: auto; max-width: 100%; max-height: 225mm; min-width: 0; }
  table { font-size: 8pt; }
  th, td { padding-right: 0.5rem; }
  tbody th, td:not(.n) { min-width: 5rem; }
  td { overflow-wrap: anywhere; }
  .n { white-space: normal; }
  pre { max-height: none; }
}
)css";

const char* const kPageScript = R"js(
"use strict";
for (const table of document.querySelectorAll(".wide table")) {
  const body = table.tBodies[0];
  const number = (cell) => parseFloat(cell.textContent.replace(/[−–]/, "-"));
  const key = (row, column) => row.cells[column];
  for (const head of table.tHead.rows[0].cells) {
    // Chromium repeats no heading with a real button in it on the next printed page.
    const button = document.createElement("span");
    button.setAttribute("role", "button");
    button.tabIndex = 0;
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      button.click();
    });
    button.addEventListener("click", () => {
      const column = head.cellIndex, numeric = head.classList.contains("n");
      const down = head.getAttribute("aria-sort") === "ascending";
      const rows = [...body.rows].sort((a, b) => {
        const x = key(a, column), y = key(b, column);
        if (!numeric) return x.textContent.localeCompare(y.textContent);
        const m = number(x), n = number(y);
        if (Number.isNaN(m) || Number.isNaN(n)) return Number.isNaN(m) - Number.isNaN(n);
        return down ? n - m : m - n;
      });
      if (!numeric && down) rows.reverse();
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows);
    });
  }
}
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not(.data):not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
for (const figure of document.querySelectorAll("figure")) {
  const pic = figure.querySelector(".pic"), data = figure.querySelector("pre.csv");
  const add = (text, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "save";
    button.textContent = text;
    button.addEventListener("click", act);
    pic.after(button);
  };
  const save = (text, type, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const id = figure.id.replace(/^fig-/, "");
  if (data) add("Save CSV", () => save(data.textContent, "text/csv", id + ".csv"));
  add("Enlarge", () => pic.classList.toggle("zoomed"));
}
)js";

}  // namespace nf
