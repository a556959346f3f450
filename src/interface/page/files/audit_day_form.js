// Which day of which place, and as it was when.

import { instantsOf } from "./clocks.js";
import { element } from "./dom.js";
import { field } from "./fields.js";
import * as times from "./times.js";

/**
 * `places`: all there are, and the one that is shown. `chosen({resource, date, moment})`: the last is an instant, or
 * empty.
 */
export function dayForm({ places, resource, date, chosen }) {
  const options = places.map(({ id, name }) => element("option", { value: id, selected: id === resource }, name));
  const which = element("select", { name: "resource", required: true }, options);
  const day = element("input", { type: "date", name: "date", required: true, value: date });
  const when = element("input", { type: "datetime-local", name: "when", step: "1" });
  const submit = (event) => {
    event.preventDefault();
    if (!times.isDate(day.value)) return day.focus();
    const { timezone } = places.find(({ id }) => id === which.value);
    const moment = when.value && instantOf(when.value, timezone);
    if (moment !== null) return chosen({ resource: which.value, date: day.value, moment });
    when.setCustomValidity(`There was no such time in ${times.placeOf(timezone)}: the clocks left that date out.`);
    return when.reportValidity();
  };
  const oninput = () => when.setCustomValidity("");
  return element(
    "form",
    { class: "filters day-form", "aria-label": "Which day", onsubmit: submit, oninput },
    field("Place", which),
    field("Date", day),
    field("As it was at", when, "The clock of the place; empty: as it is"),
    element("div", { class: "actions" }, element("button", { class: "main" }, "Show the day")),
  );
}

// The instant at which the clock of a zone shows a time: of two the first, and where it jumps over it, the hour after.
// null: there was no such time, and no hour after, where a whole date was left out.
function instantOf(wall, zone) {
  const later = new Date(Date.parse(`${wall}Z`) + 3_600_000).toISOString().slice(0, 19);
  const [at] = [...instantsOf(wall, zone), ...instantsOf(later, zone)];
  return at === undefined ? null : new Date(at).toISOString();
}
