// Slots, as availability and the live stream tell them: which are free, what is left, and what there is instead.

import * as times from "./times.js";

const WORDS = {
  full: "taken",
  yours: "yours",
  waiting: "in line",
  blocked: "closed by the desk",
  past: "past",
  unbookable: "not bookable now",
};

export const isFree = (slot) => slot.status === "available";

/** Whether one can wait for it, or does. */
export const isWaitable = ({ status }) => ["full", "blocked", "waiting"].includes(status);

/** Whether it begins at some time from now on, be it free or not. */
export const isToCome = ({ status }) => status !== "past";

/** Why nothing is free of a date's slots: `over`, `full`, `blocked` or `unbookable`, as those to come are. */
export function whyNothing(slots) {
  const ahead = slots.filter(isToCome).map(({ status }) => status);
  if (!ahead.length) return "over";
  if (ahead.some((status) => status === "full" || status === "yours")) return "full";
  return ahead.includes("blocked") ? "blocked" : "unbookable";
}

/** Whether a place is booked in intervals of several lengths, and not in slots of one. */
export const hasIntervals = ({ policy }) => policy.max_duration > policy.min_duration;

/** `3 of 20 left`, `free`, `taken`. */
export function left({ status, available, capacity }) {
  if (status === "full" && available > 0) return `only ${available} left`;
  if (status !== "available") return WORDS[status];
  return capacity === 1 ? "free" : `${available} of ${capacity} left`;
}

/** The places of slots that are told again are taken by them (as `event: day` tells them); a new list. */
export function merged(slots, changed) {
  const told = new Map(changed.map((slot) => [slot.start, slot]));
  return slots.map((slot) => told.get(slot.start) ?? slot);
}

/** Slots to offer instead of one that is gone: the next ones of the list, then those before; at most five. */
export function instead(slots, start) {
  const free = slots.filter(isFree);
  const at = times.instant(start);
  const before = free.filter((slot) => times.instant(slot.start) < at).reverse();
  return [...free.filter((slot) => times.instant(slot.start) > at), ...before].slice(0, 5);
}
