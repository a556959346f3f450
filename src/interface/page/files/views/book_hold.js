// What somebody is about to book: what was typed for it, and the hold that sets its time aside.

import { newKey, post } from "../api.js";
import { draftOf, forget, keep } from "../drafts.js";
import { path } from "../paths.js";

/** What is typed for one place is there for another, should one change one's mind. */
export const DRAFT = "booking";

const ENDED = new Set(["cancelled", "expired"]);

let givingBack = Promise.resolve();
let asked = 0;

/**
 * Set a time aside; the booking, which is held, or decided by now. The same wish has the same key: however often one
 * comes back, it is set aside once. What comes after the signal's end is given back. Raises what `post` does.
 */
export async function hold(wish, signal) {
  const draft = draftOf(DRAFT);
  const body = bodyOf(wish);
  const about = JSON.stringify(body);
  const key = draft.about === about && draft.key ? draft.key : newKey();
  const mine = ++asked;
  keep(DRAFT, { about, key });
  const { data } = await post("/v1/holds", body, { key });
  if (signal?.aborted) {
    const isAskedAgain = mine !== asked && draftOf(DRAFT).key === key; // whoever came back waits for the same
    if (data.status === "held" && !isAskedAgain) giveBack(data);
    return data;
  }
  if (ENDED.has(data.status)) {
    keepNothing(); // that one has run out or was given back: this is a new wish
    return hold(wish, signal);
  }
  keep(DRAFT, { of: data.id });
  if (data.status === "held") holds(data);
  return data;
}

/** A booking is set aside, and nobody has said yes to it. Of what another window has set aside, nothing is kept. */
export function holds({ id, version }) {
  if (draftOf(DRAFT).of === id) keep(DRAFT, { held: { id, version } });
}

/** The wish as the API takes it, without what is typed about it. `what`: what it says in the place of one resource. */
export function bodyOf({ resource, places, start, end, customer, what }) {
  const draft = draftOf(DRAFT);
  const party = seatsOf(places) ? Number(draft.party ?? 1) : 1;
  const units = () => (resource.policy.max_units > 1 ? Number(draft.units ?? 1) : 1);
  return { ...(what ?? { resource: resource.id, start, end, units: units() }), party, ...(customer && { customer }) };
}

/** The largest party that each of these places seats; null where it is not asked for. */
export function seatsOf(places) {
  const all = places.map(({ seats }) => seats).filter(Boolean);
  return all.length ? Math.min(...all) : null;
}

/** Somebody says yes to it: from now on it is not given back, whatever becomes of the answer. */
export const promise = () => keep(DRAFT, { held: null });

/** A booking is decided: what was typed for it is sent, and nothing is set aside. */
export function settled(id) {
  if (draftOf(DRAFT).of === id) forget(DRAFT);
}

/** Give back what is set aside and not wanted any more. Comes back when that is done. */
export function release() {
  const { held } = draftOf(DRAFT);
  if (held) giveBack(held);
  return givingBack;
}

// Only as it was seen: what has been confirmed meanwhile is no hold any more, and stays.
function giveBack({ id, version }) {
  if (draftOf(DRAFT).of === id) keepNothing();
  // Whatever goes wrong: it runs out by itself.
  givingBack = post(path`/v1/bookings/${id}/cancel`, {}, { version: `"${version}"` }).catch(() => {});
}

/** What was set aside is over: the next wish is a new one. */
export const keepNothing = () => keep(DRAFT, { held: null, key: null, of: null });

/** What was typed of it, as the API takes it; null when it was nothing. */
export function typed() {
  const { name, note } = draftOf(DRAFT);
  const said = { ...(name?.trim() && { name: name.trim() }), ...(note?.trim() && { note: note.trim() }) };
  return Object.keys(said).length ? said : null;
}
