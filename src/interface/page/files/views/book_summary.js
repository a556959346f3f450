// A booking at a glance: where, when, how many, and what it is about.

import { element } from "../dom.js";
import * as times from "../times.js";
import { seatsOf } from "./book_hold.js";

/** `places`: those of its legs; `said`: its details, as they were typed or as the API tells them. */
export function summary({ legs, party }, places, said) {
  const [leg] = legs;
  const where = ({ resource }) => places.find(({ id }) => id === resource)?.name ?? resource;
  const when = (each) => times.when(each.start, each.end, each.timezone);
  const several = (each) => ["Where", [element("strong", {}, where(each)), element("br"), when(each)]];
  const one = [["Where", where(leg)], ["When", when(leg)], ["Length", times.length(times.minutes(leg.start, leg.end))]];
  const rows = [
    ...(legs[1] ? legs.map(several) : one),
    seatsOf(places) && ["People", String(party)],
    leg.units > 1 && ["Places", String(leg.units)],
    said?.name && ["For", said.name],
    said?.note && ["About", said.note],
  ].filter(Boolean);
  const row = ([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  return element("dl", { class: "summary card" }, rows.map(row));
}
