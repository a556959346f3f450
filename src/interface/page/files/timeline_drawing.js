// What a timeline looks like: a scale of hours, a row for each place, a cell for each slot, a band over what is chosen.

import { element } from "./dom.js";
import { left } from "./slots.js";
import * as times from "./times.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Fills the grid with rows; `zone`: whose clock it shows. */
export function draw(grid, rows, zone) {
  const all = rows.flatMap(({ slots }) => slots);
  const begin = Math.min(...all.map(({ start }) => times.instant(start)));
  const until = Math.max(...all.map(({ end }) => times.instant(end)));
  grid.style.setProperty("--hours", String((until - begin) / HOUR || 1));
  grid.dataset.begin = begin;
  const hours = [];
  for (let at = firstHour(all, begin); at < until; at += HOUR) hours.push(at);
  const hourOf = (at) => element("span", times.spoken, times.hour(at, zone));
  const scale = element(
    "div",
    { class: "scale", "aria-hidden": "true" },
    hours.map((at) => placed(hourOf(at), at - begin, 0)),
  );
  const head = element("div", { class: "row head", role: "presentation" }, element("span", {}), scale);
  grid.replaceChildren(head, ...rows.map((row) => rowOf(row, begin, zone)));
}

// A full hour by the place's clock, which need not be one by UTC.
function firstHour(slots, begin) {
  const { start } = slots.find((slot) => times.instant(slot.start) === begin);
  return begin + ((60 - Number(start.slice(14, 16))) % 60) * MINUTE;
}

function rowOf({ resource, slots }, begin, zone) {
  const name = element(
    "span",
    { class: "row-name", role: "rowheader", title: resource.name },
    element("strong", {}, resource.name),
    resource.seats && element("span", { class: "soft" }, ` ${resource.seats} seats`),
  );
  const cells = slots.map((slot, number) => cellOf(slot, slots[number + 1], { resource, number, begin, zone }));
  const closed = element("span", { class: "soft", role: "gridcell" }, "closed");
  const track = element("div", { class: "track", role: "presentation" }, cells.length ? cells : closed);
  return element("div", { class: "row", role: "row" }, name, track);
}

// Slots may overlap: a cell goes as far as the next one begins.
function cellOf(slot, next, { resource, number, begin, zone }) {
  const facts = { "data-resource": resource.id, "data-number": number };
  const cell = element("div", { class: "cell", role: "gridcell", tabindex: "-1", "aria-selected": "false", ...facts });
  sayCell(cell, slot, zone);
  const until = next && times.instant(next.start) < times.instant(slot.end) ? next.start : slot.end;
  return placed(cell, times.instant(slot.start) - begin, times.minutes(slot.start, until) * MINUTE);
}

/** What a cell says of its slot. */
export function sayCell(cell, slot, zone) {
  const own = times.yours(slot.start, slot.start, zone);
  cell.dataset.status = slot.status;
  cell.setAttribute("aria-label", [times.clock(slot.start, zone), own, left(slot)].filter(Boolean).join(", "));
}

/** What lies over the cells of the chosen interval, for the eye. */
export function band(grid, { start, end }, zone) {
  const text = times.range(start, end, zone);
  const made = element("span", { class: "band", "aria-hidden": "true" }, element("span", times.spoken, text));
  return placed(made, times.instant(start) - Number(grid.dataset.begin), times.minutes(start, end) * MINUTE);
}

// Both in milliseconds, from where the grid begins.
function placed(made, at, length) {
  made.style.setProperty("--at", String(at / HOUR));
  made.style.setProperty("--width", String(length / HOUR));
  return made;
}
