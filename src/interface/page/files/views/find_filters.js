// What a place shall have: kind, size, equipment, and when it shall be free. It stands in the address as well.

import { element } from "../dom.js";
import { field } from "../fields.js";
import * as times from "../times.js";
import { spelled } from "../words.js";

/** Minutes that one can ask for. */
export const LENGTHS = [15, 30, 45, 60, 90, 120, 180, 240];
const SOON = 250; // milliseconds: while somebody types, nothing is asked

/** A form about these places, filled from the query; `changed()` soon after something is, until the signal. */
export function filters(all, query, changed, signal) {
  const kinds = [...new Set(all.map(({ kind }) => kind))].map((kind) => [kind, spelled(kind)]);
  const lengths = LENGTHS.map((each) => [each, times.length(each)]);
  const input = (name, attributes) => element("input", { name, value: query.get(name) ?? "", ...attributes });
  const people = { type: "number", min: 1, max: 10_000, inputmode: "numeric", placeholder: "1" };
  let waiting;
  signal.addEventListener("abort", () => clearTimeout(waiting));
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, SOON);
  };
  return element(
    "form",
    {
      class: "filters",
      role: "search",
      "aria-label": "Places",
      oninput: soon,
      onsubmit: (event) => event.preventDefault(),
    },
    field("Search", input("q", { type: "search", placeholder: "Name", autocomplete: "off", maxlength: 200 })),
    field("Kind", select("kind", [["", "All kinds"], ...kinds], query.get("kind"))),
    field("People", input("people", people)),
    field("Free on", input("date", { type: "date" })),
    field("At", input("time", { type: "time", step: 300 })),
    field("For", select("minutes", [["", "Any length"], ...lengths], query.get("minutes"))),
    equipmentOf(all, new Set(query.getAll("has"))),
  );
}

function equipmentOf(all, wanted) {
  const equipment = [...new Set(all.flatMap(equipmentIn))].sort();
  if (!equipment.length) return null;
  const check = (name) => {
    const input = element("input", { type: "checkbox", name: "has", value: name, checked: wanted.has(name) });
    const [what, ...value] = name.split("=");
    const text = value.length ? `${spelled(what)}: ${value.join("=")}` : spelled(what);
    return element("label", { class: "check" }, input, text);
  };
  return element("fieldset", { class: "equipment" }, element("legend", {}, "With"), equipment.map(check));
}

// `projector` for what is there, `floor=2` for what has a value; what is not there is nothing to look for.
function equipmentIn({ attributes }) {
  const said = Object.entries(attributes).filter(([, value]) => value !== false && value !== null);
  return said.map(([name, value]) => (value === true ? name : `${name}=${value}`));
}

/** A choice of values with their texts. */
export function select(name, all, value) {
  const options = all.map(([its, text]) => element("option", { value: its }, text));
  const made = element("select", { name }, options);
  made.value = value ?? "";
  if (made.selectedIndex < 0) made.value = "";
  return made;
}

/** What the form says: `{q, kind, people, date, time, minutes, has}`. */
export function wantedOf(form) {
  const said = new FormData(form);
  const text = (name) => said.get(name).trim();
  const number = (name) => Number(text(name));
  const [q, kind, date, time] = ["q", "kind", "date", "time"].map(text);
  return { q, kind, people: number("people"), date, time, minutes: number("minutes"), has: said.getAll("has") };
}

/** The address at which the form says so. */
export function addressOf({ has, ...others }) {
  const said = Object.entries(others).filter(([, value]) => value);
  const query = new URLSearchParams([...said, ...has.map((each) => ["has", each])]);
  return String(query) ? `/find?${query}` : location.pathname;
}

/** Whether a place is like that, whenever it is free. */
export function isLike({ kind, seats, attributes, name }, wanted) {
  if (wanted.kind && kind !== wanted.kind) return false;
  if (wanted.people && seats !== null && seats < wanted.people) return false;
  if (wanted.q && !`${name} ${kind}`.toLowerCase().includes(wanted.q.toLowerCase())) return false;
  const equipment = equipmentIn({ attributes });
  const named = (each) => each.split("=")[0];
  const isThere = (each) => wanted.has.some((other) => named(other) === named(each) && equipment.includes(other));
  return wanted.has.every(isThere); // of values of the same name, one is enough
}
