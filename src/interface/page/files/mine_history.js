// What happened to a booking, in order, and who did it.

import { get } from "./api.js";
import { element } from "./dom.js";
import { texts } from "./mine_words.js";
import { path } from "./paths.js";
import * as times from "./times.js";

const HAPPENED = {
  BookingHeld: "Set aside",
  BookingRequested: "Asked for",
  BookingConfirmed: "Confirmed",
  BookingRescheduled: "Moved",
  BookingExpired: "Ran out",
  BookingRejected: "Turned down",
  BookingRevoked: "Taken back",
  BookingCancelled: "Cancelled",
  BookingCompleted: "Took place",
  BookingMarkedNoShow: "Nobody came",
};

const ROLES = { customer: "by the customer", staff: "by the desk", agent: "by an agent", admin: "by an administrator" };

/** What happened to a booking, as a list, newest last. `me`: the person whose own doing is “you”. */
export async function history(booking, { me, signal }) {
  const all = await happenings(booking, { me, signal });
  return element("ol", { class: "history" }, all.map(({ text, said, by, at, spoken, reason }) =>
    element(
      "li",
      {},
      element("strong", {}, text),
      said,
      element("span", { class: "soft" }, ` · ${by} · `, element("time", { datetime: at }, spoken)),
      reason && element("p", { class: "said" }, reason),
    ),
  ));
}

/** What happened to it last, as a sentence: `Turned down by the desk, 2 minutes ago.` */
export async function lastOf(booking, { me, signal }) {
  const { text, said, by, at } = (await happenings(booking, { me, signal })).at(-1);
  return `${text}${said} ${by}, ${times.away(at)}.`;
}

async function happenings(booking, { me, signal }) {
  const { data } = await get(path`/v1/bookings/${booking.id}/events?limit=500`, { signal });
  // Events have instants as they were stored: what the place's clock said is worked out.
  const day = { weekday: "short", day: "numeric", month: "short" };
  const zone = booking.legs[0].timezone;
  const says = new Intl.DateTimeFormat(undefined, { ...day, hour: "numeric", minute: "2-digit", timeZone: zone });
  const range = ({ start, end }) => says.formatRange(times.instant(start), times.instant(end));
  let isAsked = false;
  const found = data.items.map(({ topic, version, timestamp, by, facts }) => {
    const name = topic.split(".")[0];
    const confirmed = isAsked ? "Approved" : version === 1 ? "Booked" : HAPPENED[name];
    const text = name === "BookingConfirmed" ? confirmed : HAPPENED[name];
    isAsked ||= name === "BookingRequested";
    const legs = (facts.legs ?? facts.terms?.legs ?? []).map(range).join("; ");
    return text && {
      text,
      said: legs && ` ${name === "BookingRescheduled" ? "to" : "for"} ${legs}`,
      by: actor(by, me),
      at: timestamp,
      spoken: says.format(times.instant(timestamp)),
      reason: texts(facts.reason),
    };
  });
  return found.filter(Boolean);
}

function actor(by, me) {
  const [role, person] = by.split(":");
  if (person && person === me) return "by you";
  return ROLES[role] ?? "by itself";
}
