// What everybody should hear of: a lost connection, a session that ends. Read out by screen readers.

import { element } from "./dom.js";

const place = document.getElementById("notices");
const shown = new Map();

/** Show a notice, instead of an earlier one of the same name. `kind`: "", "good" or "bad". */
export function notice(name, kind, ...content) {
  withdraw(name);
  const made = element("p", { class: `notice ${kind}`.trim() }, ...content);
  shown.set(name, made);
  place.append(made);
}

/** Take a notice away, if it is there. */
export function withdraw(name) {
  shown.get(name)?.remove();
  shown.delete(name);
}
