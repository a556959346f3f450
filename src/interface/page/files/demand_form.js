// Of which place, and of which weeks.

import { element } from "./dom.js";
import { field } from "./fields.js";
import * as times from "./times.js";

const WEEKS = [1, 4, 12, 26, 52];

/** `places`: those to choose from; `shown` is one of them. `chosen({resource, weeks, to})`. */
export function demandForm({ places, shown, weeks, to, chosen }) {
  const option = (value, text, selected) => element("option", { value, selected }, text);
  const which = element("select", {}, ...places.map(({ id, name }) => option(id, name, id === shown.id)));
  const lengths = WEEKS.includes(weeks) ? WEEKS : [...WEEKS, weeks];
  const often = element(
    "select",
    {},
    ...lengths.map((each) => option(each, each === 1 ? "1 week" : `${each} weeks`, each === weeks)),
  );
  const until = element("input", { type: "date", required: true, value: to, min: times.FIRST, max: times.LAST });
  const onsubmit = (event) => {
    event.preventDefault();
    chosen({ resource: which.value, weeks: often.value, to: until.value });
  };
  return element(
    "form",
    { class: "filters demand-form", "aria-label": "Which place and weeks", onsubmit },
    field("Place", which),
    field("How long", often),
    field("Up to", until),
    element("div", { class: "actions" }, element("button", { class: "main" }, "Show")),
  );
}
