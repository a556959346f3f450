// What everybody should hear of: a lost connection, a session that ends. Read out by screen readers.

import { element } from "./dom.js";

const place = document.getElementById("notices");
const shown = new Map();

/**
 * Show a notice, instead of an earlier one of the same name. `kind`: "", "good" or "bad". What says the same already
 * stays as it is: it is not read out again, and who has the focus in it keeps it.
 */
export function notice(name, kind, ...content) {
  const made = element("p", { class: `notice ${kind}`.trim() }, ...content);
  const before = shown.get(name);
  if (before?.textContent === made.textContent && before.className === made.className) {
    before.querySelector("a")?.setAttribute("href", made.querySelector("a").getAttribute("href"));
    return;
  }
  const link = before?.contains(document.activeElement) && made.querySelector("a");
  shown.set(name, made);
  if (before) before.replaceWith(made);
  else place.append(made);
  if (link) link.focus();
}

/** Take a notice away, if it is there. Whoever has the focus in it goes on with what is shown. */
export function withdraw(name) {
  const before = shown.get(name);
  if (before?.contains(document.activeElement)) document.getElementById("main").focus();
  before?.remove();
  shown.delete(name);
}
