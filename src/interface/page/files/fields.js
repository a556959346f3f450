// A field of a form: what it asks, where one says it, and what is worth knowing about it.

import { element } from "./dom.js";

let count = 0;

/** Its name is the label alone; `hint` stands below the input, and is read out after the name. */
export function field(label, input, hint) {
  const id = `asked-${(count += 1)}`;
  input.setAttribute("aria-labelledby", id);
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  const below = hint && element("span", { id: `${id}-hint`, class: "soft hint" }, hint);
  return element("label", { class: "field" }, element("span", { id }, label), input, below);
}
