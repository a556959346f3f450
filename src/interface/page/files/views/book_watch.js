// While somebody types: somebody else may be faster, or the place may change. That is said at once, with what is free
// instead; nobody is torn away from typing.

import { get } from "../api.js";
import { element } from "../dom.js";
import { follow } from "../live.js";
import { path } from "../paths.js";
import { refusal } from "../refusals.js";
import { go } from "../router.js";
import { isSignedIn, roles } from "../session.js";
import { instead, isFree, merged } from "../slots.js";
import * as times from "../times.js";
import { bookAddress } from "./book_address.js";

const TAKING = new Set(["held", "pending", "confirmed"]);

/** Somebody was faster: what is free instead, and waiting for it. `book()`: it is free after all. */
export function tooLate(problem, { wish, book, signal, ...offered }) {
  const made = refusal(problem, { zone: wish.resource.timezone, ...offered });
  const box = element("div", {});
  const { resource, start, end, customer, whom } = wish;
  const asked = { resource, start, end, customer, whom, book, signal };
  const ask = async () => (await import("../line_join.js")).askToWait(box, asked);
  made.append(element("p", {}, element("button", { type: "button", onclick: ask }, "Wait for this time")), box);
  return made;
}

/**
 * Says in `trouble` what becomes of the wish, until the signal says stop. `another`: where one chooses another time.
 * `isBusy()`: while the time is being set aside, it is taken by oneself. `take(slot)`: once it is free again, it is
 * offered. `isGone`: it is said already that it is not free.
 */
export async function watchTime(trouble, { wish, another, signal, isBusy, take, isGone = false }) {
  const { resource, start, end, customer } = wish;
  const { timezone: zone, policy } = resource;
  let { date } = wish; // under which it is listed
  const duration = times.minutes(start, end);
  const isIt = (slot) => times.instant(slot.start) === times.instant(start);
  let slots = [];
  let wasFree = !isGone;
  const after = await load();
  if (signal.aborted) return;
  const stop = follow([resource.id], { after, day, resource: revised, reset: load });
  signal.addEventListener("abort", stop);

  async function load() {
    // What a window offers past midnight is listed under the date before; not every address says so.
    const range = `from=${times.later(times.dateOf(start), -1)}&to=${times.dateOf(start)}&duration=${duration}`;
    try {
      const { data, position } = await get(`${path`/v1/resources/${resource.id}/availability`}?${range}`, { signal });
      const day = data.days.find((each) => each.slots.some(isIt)) ?? data.days.find((each) => each.date === date);
      ({ date, slots } = day ?? data.days.at(-1));
      look();
      return position;
    } catch (error) {
      if (!signal.aborted) changed(error.message);
      return null;
    }
  }

  // The stream tells slots of the shortest length; longer ones are asked for.
  function day(told) {
    if (told.date !== date) return undefined;
    if (duration !== policy.min_duration) return load();
    slots = merged(slots, told.slots);
    return look();
  }

  function revised({ retired }) {
    if (!retired) return load();
    return changed("This place can no longer be booked.");
  }

  function look() {
    const slot = slots.find(isIt);
    const isStillFree = Boolean(slot) && isFree(slot);
    if (wasFree && !isStillFree && !isBusy()) late();
    if (!wasFree && isStillFree) freed();
    wasFree = isStillFree;
  }

  // Where it was said that it is gone, it comes first of what is offered; what was chosen instead meanwhile is left.
  function freed() {
    if (!trouble.hasChildNodes() || isBusy()) return trouble.replaceChildren();
    const message = `${times.range(start, end, zone)} can be booked after all.`;
    const problem = { message, facts: { title: "It is free again" } };
    const alternatives = [{ start, end }, ...instead(slots, start)].slice(0, 5);
    return trouble.replaceChildren(refusal(problem, { zone, offer: take, alternatives }));
  }

  async function late() {
    const mine = await own().catch(() => null); // whether it is one's own or not, it is gone
    if (signal.aborted || wasFree) return;
    if (mine) return had(mine);
    const message = `${times.range(start, end, zone)} is not free any more. Nothing that you typed is lost.`;
    const offer = (each) =>
      go(bookAddress(resource.id, { start: each.start, end: each.end, date, customer, step: "details" }));
    const problem = { message, facts: { title: "Somebody was faster" } };
    const alternatives = instead(slots, start);
    trouble.replaceChildren(tooLate(problem, { wish, book: () => offer({ start, end }), signal, offer, alternatives }));
  }

  // One's own booking of it: made before one came back here, or in another window.
  async function own() {
    if (!isSignedIn || !roles.has("customer")) return null;
    const asked = new URLSearchParams({ resource: resource.id, from: start, to: end });
    const { data } = await get(`/v1/bookings?${asked}`, { signal });
    return data.items.find(({ status }) => TAKING.has(status));
  }

  function had({ id, status }) {
    const message =
      status === "held" ? "You are setting it aside in another window." : "You have booked this time already.";
    const made = refusal({ message, facts: { title: "This is yours" } });
    if (status !== "held") made.append(way(`/mine/${id}`, "See the booking"), " ");
    made.append(way(another, "Choose another time"));
    trouble.replaceChildren(made);
  }

  function changed(message) {
    const made = refusal({ message, facts: { title: "This place has changed" } });
    made.append(element("p", {}, "What you typed stays here."), way(another, "Choose another time"), " ");
    made.append(way("/find", "Find another place"));
    trouble.replaceChildren(made);
    wasFree = false;
  }
}

const way = (href, text) => element("a", { class: "button", href }, text);
