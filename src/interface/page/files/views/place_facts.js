// What is worth knowing of a place: its kind, its size, its equipment.

import { element } from "../dom.js";
import { spelled } from "../words.js";

/** A line of facts. */
export function facts({ kind, seats, capacity, attributes, policy }) {
  const said = [
    spelled(kind),
    seats && `${seats} seats`,
    capacity > 1 && `${capacity} places`,
    ...Object.entries(attributes).map(equipment),
    policy.approval && "bookings wait for approval",
  ].filter(Boolean);
  const items = said.map((each) => element("li", {}, each));
  return element("ul", { class: "facts" }, items);
}

function equipment([name, value]) {
  if (value === true) return spelled(name);
  if (value === false) return null;
  return typeof value === "number" ? `${name.replaceAll("_", " ")} ${value}` : `${spelled(name)} ${value}`;
}
