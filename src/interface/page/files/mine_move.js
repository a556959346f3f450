// Moving a booking: the same picker as for booking, then a look at both times before it happens.

import { get, newKey, post } from "./api.js";
import { disable } from "./changing.js";
import { element } from "./dom.js";
import { lastOf } from "./mine_history.js";
import { stateOf } from "./mine_words.js";
import { path } from "./paths.js";
import { picker } from "./picker.js";
import { refusal, showRefusal } from "./refusals.js";
import { go } from "./router.js";
import * as times from "./times.js";
import { unattended } from "./unattended.js";
import { listed } from "./words.js";

const SAFE = "The old time is given back in the same instant. If the new one has gone by then, nothing changes.";

// What a window offers past midnight is listed under the date on which it begins.
async function listedUnder({ resource, start }, signal) {
  const [before, date] = [times.later(times.dateOf(start), -1), times.dateOf(start)];
  const { data } = await get(`${path`/v1/resources/${resource}/availability`}?from=${before}&to=${date}`, { signal });
  return data.days.find(({ slots }) => slots.some((slot) => slot.start === start))?.date ?? date;
}

/** Fills `place` for the booking `id`; afterwards one is at `back(id)`. */
export async function move(place, { id, back, signal, title }) {
  const { data, position } = await get(path`/v1/bookings/${id}`, { signal });
  let booking = data;
  const [leg, ...others] = booking.legs;
  const load = async ({ resource: each }) => (await get(path`/v1/resources/${each}`, { signal })).data;
  const places = await Promise.all(booking.legs.map(load));
  const [resource] = places;
  const name = listed([...new Set(places.map((each) => each.name))]);
  title(`Move · ${name}`);
  const heading = element("h1", { tabindex: "-1" }, `Move: ${name}`);
  const away = element("a", { href: back(id) }, "Back without moving");
  const now = element("p", { class: "chosen" });
  const [trouble, review, choice] = [element("div", {}), element("div", {}), element("div", {})];
  place.append(element("nav", { class: "crumbs", "aria-label": "Where you are" }, away), heading, now);
  const sending = element("p", { class: "soft", role: "status" });
  place.append(trouble, review, sending, choice);
  stands();
  const joint = others.length > 0 && (await import("./mine_move_joint.js")).jointMove(booking, places);
  if (signal.aborted) return undefined;
  if (joint === null || !mayMove()) {
    const several = "Its parts have times of their own, which cannot be moved together here. Cancel it, and book anew.";
    const late = `It stands as “${stateOf(booking)}” and can no longer be moved here. Please ask the desk.`;
    choice.append(element("p", { class: "notice" }, mayMove() ? several : late));
    return undefined;
  }
  let isSending = false;
  let meanwhile = null; // what is told while one sends
  let wish = null; // what is chosen, and the button that moves it there: {next, sure}
  const hears = { signal, chosen, booking: heard, reset: look };
  if (joint) return joint.choose(choice, { date: times.dateOf(leg.start), after: position, ...hears });
  const date = await listedUnder(leg, signal);
  return picker(choice, { resource, date, action: "Choose this time", ...hears });

  function mayMove() {
    return booking.actions.includes("reschedule");
  }

  function stands() {
    const nameOf = (each) => places.find((one) => one.id === each)?.name ?? each;
    const lines = booking.legs.map(({ resource: where, start, end, timezone }, number) => [
      number > 0 && element("br"),
      booking.legs.length > 1 && `${nameOf(where)}: `,
      times.when(start, end, timezone),
    ]);
    now.replaceChildren("Now: ", ...lines.flat().filter(Boolean));
  }

  function chosen(next) {
    const key = newKey();
    trouble.replaceChildren();
    const there = next.resource.id === resource.id ? "" : `${next.resource.name}, `;
    const sure = element("button", { type: "button", class: "main", onclick: () => send(next, key) }, "Move it");
    wish = { next, sure };
    const other = element("button", { type: "button", onclick: again }, "Another time");
    const question = element("h2", { tabindex: "-1" }, "Move it to this time?");
    const said = next.said?.() ?? [there, times.when(next.start, next.end, next.resource.timezone)];
    review.replaceChildren(
      element(
        "section",
        { class: "card ask" },
        question,
        element("p", {}, said),
        element("p", { class: "soft" }, SAFE),
        element("p", { class: "actions" }, sure, other),
      ),
    );
    choice.hidden = true;
    question.focus();
    if (!mayMove()) unattended(tell(), signal);
  }

  function again() {
    wish = null;
    review.replaceChildren();
    choice.hidden = false;
    heading.focus();
  }

  async function send(next, key) {
    if (isSending || !mayMove()) return;
    isSending = true;
    sending.textContent = "Moving it …";
    review.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    const body = next.what ?? { start: next.start, end: next.end, resource: next.resource.id };
    try {
      await post(path`/v1/bookings/${id}/reschedule`, body, { key, version: `"${booking.version}"` });
      if (!signal.aborted) go(`${back(id)}?moved=1`);
    } catch (error) {
      if (signal.aborted) return;
      if (error.code === "stale-version") await overtaken().catch(() => showRefusal(trouble, refusal(error)));
      else unattended(refused(error, next), signal);
    } finally {
      isSending = false;
      const told = meanwhile;
      meanwhile = null;
      if (told && !signal.aborted) heard(told);
      sending.textContent = "";
      review.removeAttribute("aria-busy");
    }
  }

  // Of several places, what is offered instead is asked for first: whoever chooses again meanwhile is left alone.
  async function refused(error, next) {
    const isTaken = error.code === "not-available";
    if (isTaken) again();
    const offer = ({ start, end }) => chosen(joint ? joint.wishAt(start) : { ...next, start, end });
    const zone = next.resource.timezone;
    const isAsked = joint && isTaken;
    const told = refusal(error, isAsked ? {} : { zone, offer });
    showRefusal(trouble, told);
    if (!isAsked) return;
    const made = await next.late(error, { wish: next, offer, signal });
    if (signal.aborted || !told.isConnected) return;
    if (told === document.activeElement) showRefusal(trouble, made);
    else trouble.replaceChildren(made);
  }

  // Somebody else was faster with the booking than this wish: one click repeats it where that can still be.
  async function overtaken() {
    ({ data: booking } = await get(path`/v1/bookings/${id}`, { signal }));
    await tell({ isRefused: true });
  }

  function heard(told) {
    if (told.id !== id || told.version <= booking.version) return;
    if (isSending) meanwhile = told;
    else take(told);
  }

  // Another log, perhaps: an older version holds there, or none.
  async function look() {
    const { data } = await get(path`/v1/bookings/${id}`, { signal }).catch((error) => {
      if (error.code !== "unknown-booking") throw error;
      return { data: { ...booking, version: 0, actions: [] } };
    });
    if (data.version !== booking.version) take(data);
  }

  function take(told) {
    booking = told;
    unattended(tell(), signal);
  }

  // What has become of the booking meanwhile, and how it stands. What is chosen stays, and nobody is led away from it.
  async function tell({ isRefused = false } = {}) {
    stands();
    if (wish) disable(wish.sure, !mayMove());
    const told = booking;
    const last = await lastOf(told, { signal }).catch(() => `${stateOf(told)}.`);
    if (signal.aborted || told !== booking) return; // gone on since: that is told by whoever heard it
    const question = wish ? "Do you still want to move it?" : "You can still move it.";
    const facts = { title: "It was changed meanwhile" };
    const made = refusal({ facts, message: `${last} ${mayMove() ? question : "It can no longer be moved."}` });
    const sure = element("button", { type: "button", onclick: repeat }, "Move it all the same");
    const see = element("a", { class: "button", href: back(id) }, "See how it stands now");
    made.append(element("p", { class: "actions" }, isRefused && wish && mayMove() && sure, see));
    if (isRefused) showRefusal(trouble, made);
    else trouble.replaceChildren(made);
  }

  function repeat() {
    if (wish) send(wish.next, newKey());
  }
}
