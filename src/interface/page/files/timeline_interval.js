// Intervals on a timeline: which runs of a place's slots can be booked, by what is free and by the place's policy.
//
// A row is `{resource, slots}`; slots are named by their numbers in it. They may overlap: each has the shortest length
// that can be booked, and begins a step after the one before.

import { isFree } from "./slots.js";
import * as times from "./times.js";

/** Whether the slots from one number to another are free, unbroken, and together as long as the policy has it. */
export function fits({ resource: { policy }, slots }, from, to) {
  const run = slots.slice(from, to + 1);
  if (!run.length || !run.every(isFree)) return false;
  const isUnbroken = run.every((slot, at) => !at || follows(slot, run[at - 1], policy.step));
  return isUnbroken && times.minutes(run[0].start, run.at(-1).end) <= policy.max_duration;
}

function follows(slot, before, step) {
  return times.instant(slot.start) <= times.instant(before.end) && times.minutes(before.start, slot.start) === step;
}

/** As much as fits of what is wanted, from one number on towards another: `{from, to}`; null when nothing does. */
export function stretched(row, anchor, wanted) {
  if (!fits(row, anchor, anchor)) return null;
  const step = wanted < anchor ? -1 : 1;
  let reached = anchor;
  while (reached !== wanted && fits(row, ...ordered(anchor, reached + step))) reached += step;
  const [from, to] = ordered(anchor, reached);
  return { from, to };
}

const ordered = (one, other) => [Math.min(one, other), Math.max(one, other)];

/** The ends that an interval could have which begins at `start`. */
export function endsFrom(row, start) {
  const from = row?.slots.findIndex((slot) => slot.start === start) ?? -1;
  const ends = [];
  for (let to = from; to >= 0 && to < row.slots.length && fits(row, from, to); to += 1) ends.push(row.slots[to].end);
  return ends;
}
