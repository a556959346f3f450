// A timeline: places as rows, a day's times as columns. What is chosen is an interval of free time of one place.

import { flash } from "./changing.js";
import { element } from "./dom.js";
import { isFree, left } from "./slots.js";
import { choosing } from "./timeline_choosing.js";
import { band, draw, sayCell } from "./timeline_drawing.js";
import * as times from "./times.js";

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
