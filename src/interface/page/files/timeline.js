// A timeline: places as rows, a day's times as columns. What is chosen is an interval of free time of one place.

import { flash } from "./changing.js";
import { element } from "./dom.js";
import { isFree, left } from "./slots.js";
import { choosing } from "./timeline_choosing.js";
import * as times from "./times.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * `chosen({resource, start, end} | null)` when another interval is. Answers
 * `update([{resource, slots}])`, which answers what was taken and what became free since the last time;
 * `select(resource, start, end)`, an interval chosen elsewhere; `endsFrom(resource, start)`; and `stop()`.
 */
export function roomTimeline({ zone, chosen }) {
  const grid = element("div", {
    class: "timeline",
    role: "grid",
    "aria-label": "Free times by place",
    "aria-describedby": "how-to-pick",
    "aria-multiselectable": "true",
  });
  let rows = [];
  let selection = null; // {resource, from, to}: numbers of slots
  const rowOf = (id) => rows.find(({ resource }) => resource.id === id);
  const cellAt = (id, number) => grid.querySelector(`.cell[data-resource="${id}"][data-number="${number}"]`);
  const stop = choosing(grid, { rows: () => rows, cellAt, selected: () => selection, wish });
  const frame = element("div", { class: "timeline-frame" }, grid);
  return {
    element: frame,
    update,
    select,
    endsFrom: (id, start) => endsFrom(rowOf(id), start),
    stop,
  };

  function update(next) {
    const isSame = shapeOf(next) === shapeOf(rows);
    const changes = isSame ? change(next) : redraw(next);
    if (selection && !fits(rowOf(selection.resource), selection.from, selection.to)) choose(null);
    return changes;
  }

  function change(next) {
    const changes = { taken: [], freed: [] };
    const before = rows;
    rows = next;
    rows.forEach(({ resource, slots }, at) =>
      slots.forEach((slot, number) => {
        const was = before[at].slots[number];
        if (left(was) === left(slot)) return;
        const isTaken = isFree(was) && !["available", "past", "yours"].includes(slot.status);
        if (isTaken) changes.taken.push({ ...slot, resource });
        if (!isFree(was) && isFree(slot)) changes.freed.push({ ...slot, resource });
        const cell = cellAt(resource.id, number);
        sayCell(cell, slot, zone);
        flash(cell);
      }),
    );
    return changes;
  }

  // Other rows, or other times: what was chosen, and where the focus was, is there again where it still can be.
  function redraw(next) {
    const had = selection && interval(selection);
    const { resource, number } = grid.contains(document.activeElement) ? document.activeElement.dataset : {};
    const start = number && rowOf(resource).slots[number].start;
    rows = next;
    draw(grid, rows, zone);
    const first = grid.querySelector(".cell[data-status='available']") ?? grid.querySelector(".cell");
    const again =
      start &&
      cellAt(
        resource,
        rowOf(resource)?.slots.findIndex((slot) => slot.start === start),
      );
    if (again ?? first) (again ?? first).tabIndex = 0;
    if (number) (again ?? first)?.focus();
    if (!had || !select(had.resource.id, had.start, had.end)) choose(null);
    return { taken: [], freed: [] };
  }

  function wish(id, anchor, number, isOver) {
    const reached = stretched(rowOf(id), anchor, number);
    choose(reached && { resource: id, ...reached }, isOver);
  }

  // `isOver`: not while somebody still drags.
  function choose(next, isOver = true) {
    selection = next;
    for (const cell of grid.querySelectorAll(".cell")) {
      const { resource, number } = cell.dataset;
      const isIn = next?.resource === resource && number >= next.from && number <= next.to;
      cell.setAttribute("aria-selected", String(isIn));
    }
    grid.querySelector(".band")?.remove();
    if (next) cellAt(next.resource, next.from).after(band(grid, interval(next), zone));
    if (isOver) chosen(next && interval(next));
  }

  // Sideways alone: nobody who chose it elsewhere shall lose the place that they look at.
  function lead() {
    const made = grid.querySelector(".band");
    const names = grid.clientWidth - made.parentElement.clientWidth;
    const [begin, room] = [made.offsetLeft, frame.clientWidth - names];
    const isSeen = begin >= frame.scrollLeft && begin + made.offsetWidth <= frame.scrollLeft + room;
    if (!isSeen) frame.scrollLeft = begin - room / 4;
  }

  function interval({ resource: id, from, to }) {
    const { resource, slots } = rowOf(id);
    return { resource, start: slots[from].start, end: slots[to].end };
  }

  /** Choose an interval from outside; answers whether it can be. */
  function select(id, start, end) {
    const row = rowOf(id);
    const from = row?.slots.findIndex((slot) => slot.start === start) ?? -1;
    const to = row?.slots.findIndex((slot) => slot.end === end) ?? -1;
    if (from < 0 || to < from || !fits(row, from, to)) return false;
    choose({ resource: id, from, to });
    lead();
    return true;
  }
}

const shapeOf = (rows) =>
  JSON.stringify(rows.map(({ resource, slots }) => [resource, slots.map(({ start }) => start)]));

// Which runs of a row's slots can be booked, by what is free and by the place's policy. Slots are named by their
// numbers in the row. They may overlap: each has the shortest length that can be booked, and begins a step after the
// one before.

// Whether the slots from one number to another are free, unbroken, and together as long as the policy has it.
function fits({ resource: { policy }, slots }, from, to) {
  const run = slots.slice(from, to + 1);
  if (!run.length || !run.every(isFree)) return false;
  const isUnbroken = run.every((slot, at) => !at || follows(slot, run[at - 1], policy.step));
  return isUnbroken && times.minutes(run[0].start, run.at(-1).end) <= policy.max_duration;
}

function follows(slot, before, step) {
  return times.instant(slot.start) <= times.instant(before.end) && times.minutes(before.start, slot.start) === step;
}

// As much as fits of what is wanted, from one number on towards another: `{from, to}`; null when nothing does.
function stretched(row, anchor, wanted) {
  if (!fits(row, anchor, anchor)) return null;
  const step = wanted < anchor ? -1 : 1;
  let reached = anchor;
  while (reached !== wanted && fits(row, ...ordered(anchor, reached + step))) reached += step;
  const [from, to] = ordered(anchor, reached);
  return { from, to };
}

const ordered = (one, other) => [Math.min(one, other), Math.max(one, other)];

// The ends that an interval could have which begins at `start`.
function endsFrom(row, start) {
  const from = row?.slots.findIndex((slot) => slot.start === start) ?? -1;
  const ends = [];
  for (let to = from; to >= 0 && to < row.slots.length && fits(row, from, to); to += 1) ends.push(row.slots[to].end);
  return ends;
}

// What it looks like: a scale of hours, a row for each place, a cell for each slot, a band over what is chosen.

// Fills the grid with rows; `zone`: whose clock it shows.
function draw(grid, rows, zone) {
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
  grid.replaceChildren(head, ...rows.map((row) => drawnRow(row, begin, zone)));
}

// A full hour by the place's clock, which need not be one by UTC.
function firstHour(slots, begin) {
  const { start } = slots.find((slot) => times.instant(slot.start) === begin);
  return begin + ((60 - Number(start.slice(14, 16))) % 60) * MINUTE;
}

function drawnRow({ resource, slots }, begin, zone) {
  const name = element(
    "span",
    { class: "row-name", role: "rowheader", title: resource.name },
    element("strong", {}, resource.name),
    resource.seats && element("span", { class: "soft" }, ` ${resource.seats} seats`),
  );
  const cells = slots.map((slot, number) => drawnCell(slot, slots[number + 1], { resource, number, begin, zone }));
  const closed = element("span", { class: "soft", role: "gridcell" }, "closed");
  const track = element("div", { class: "track", role: "presentation" }, cells.length ? cells : closed);
  return element("div", { class: "row", role: "row" }, name, track);
}

// Slots may overlap: a cell goes as far as the next one begins.
function drawnCell(slot, next, { resource, number, begin, zone }) {
  const facts = { "data-resource": resource.id, "data-number": number };
  const cell = element("div", { class: "cell", role: "gridcell", tabindex: "-1", "aria-selected": "false", ...facts });
  sayCell(cell, slot, zone);
  const until = next && times.instant(next.start) < times.instant(slot.end) ? next.start : slot.end;
  return placed(cell, times.instant(slot.start) - begin, times.minutes(slot.start, until) * MINUTE);
}

// What a cell says of its slot.
function sayCell(cell, slot, zone) {
  const own = times.yours(slot.start, slot.start, zone);
  cell.dataset.status = slot.status;
  cell.setAttribute("aria-label", [times.clock(slot.start, zone), own, left(slot)].filter(Boolean).join(", "));
}

// What lies over the cells of the chosen interval, for the eye.
function band(grid, { start, end }, zone) {
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
