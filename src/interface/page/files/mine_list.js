// All that one has booked, as it changes: what lies ahead and what was called off, as cards; what is over, as a list.

import { get, now } from "./api.js";
import { say } from "./changing.js";
import { element } from "./dom.js";
import { everything } from "./lists.js";
import { follow, lamp } from "./live.js";
import { bookingCard } from "./mine_booking.js";
import { LATE, badge, becameOf, isActive, isBad } from "./mine_words.js";
import { openedLater } from "./opened.js";
import { path } from "./paths.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

const MONTH = 31 * 86_400_000;
const MOST_FOLLOWED = 50;
const KEPT = "It is kept for you: confirm it or let it go.";
const HAPPENED = new Set(["completed", "no_show"]);
const ASKING = 5_000; // bookings at places that are not followed yet are asked for
const MINUTE = 60_000; // what lies ahead, and what one can do with it, changes with time alone

export const addressOf = (id) => `/mine/${id}`;

/** Names of resources by id; those that cannot be seen are called by their id. */
export async function namesOf(ids, signal) {
  const nameOf = (id) =>
    get(path`/v1/resources/${id}`, { signal }).then(
      ({ data }) => [id, data.name],
      (error) => {
        if (signal?.aborted) throw error;
        return [id, id];
      },
    );
  return new Map(await Promise.all([...new Set(ids)].map(nameOf)));
}

export const resourcesOf = (bookings) => [
  ...new Set(bookings.flatMap(({ legs }) => legs.map(({ resource }) => resource))),
];

const begins = ({ legs: [leg] }) => times.instant(leg.start);
const ends = ({ legs }) => Math.max(...legs.map(({ end }) => times.instant(end)));

const isThere = (list, elements) =>
  list.children.length === elements.length && elements.every((each, at) => list.children[at] === each);

export async function allBookings(place, { signal }) {
  const light = element("span", {});
  const showState = lamp(light);
  const said = element("p", { role: "status", class: "said" });
  const [upcoming, off] = [element("div", { class: "bookings" }), element("div", { class: "bookings" })];
  const sectionHead = (text) => element("h2", { tabindex: "-1" }, text);
  const calledOff = element("section", { hidden: true }, sectionHead("Called off"), off);
  const waits = element("section", { hidden: true });
  const past = element("ul", { class: "rows past-bookings" });
  const earlier = element("button", { type: "button", onclick: () => further() });
  earlier.textContent = "Show earlier ones";
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const title = element("h1", { tabindex: "-1" }, "My bookings");
  const calendar = openedLater("Follow in your calendar", () => import("./mine_calendar.js"), signal);
  const profile = openedLater("How you are reached", () => import("./mine_profile.js"), signal);
  place.append(element("div", { class: "between" }, title, light), progress);

  const { data: me } = await get("/v1/me", { signal });
  let start = new Date(now()); // what ended before is past
  let since = new Date(start - MONTH);
  const mine = (rest) => everything(`/v1/bookings?customer=${me.customer}&${rest}&`, signal);
  const cards = new Map(); // what lies ahead
  const gone = new Map(); // what is over
  const rows = new Map(); // the elements that say so
  const ahead = await mine(`from=${start.toISOString()}`);
  const before = await mine(`from=${since.toISOString()}&to=${start.toISOString()}`);
  let { position } = ahead; // what happened up to there is known
  const names = await namesOf(resourcesOf([...ahead.items, ...before.items]), signal);
  progress.replaceWith(
    said,
    sectionHead("Upcoming"),
    upcoming,
    waits,
    calledOff,
    sectionHead("Past and cancelled"),
    past,
    element("p", { class: "actions more" }, earlier),
    calendar,
    profile,
  );
  for (const booking of [...ahead.items, ...before.items]) take(booking);
  draw();
  let followed = null;
  let stop = () => {};
  let waited = []; // places where one is in line
  let look = null; // how one stands there
  watch();
  const lineLost = () => say(said, "What you wait for did not load. Please load the page anew.", true);
  import("./mine_line.js").then(({ ownLine }) => (look = ownLine(waits, inLine())), lineLost);
  const stopsAsking = [askNowAndThen(changes, ASKING), askNowAndThen(again, MINUTE)];
  signal.addEventListener("abort", () => {
    stop();
    stopsAsking.forEach((stopAsking) => stopAsking());
  });

  // What somebody else ended stays in sight, under a heading of its own: one would look for it there. So does, once it
  // is over, what somebody is typing about.
  function take(booking) {
    const card = cards.get(booking.id);
    const isOver = ends(booking) <= start;
    if (HAPPENED.has(booking.status) || (isOver && !card?.isTyping)) cards.delete(booking.id);
    else if (card) return card.update(booking);
    const isAhead = !isOver && (isActive(booking) || ["rejected", "revoked"].includes(booking.status));
    if (!isAhead) return void gone.set(booking.id, booking);
    const href = ({ id }) => addressOf(id);
    const move = ({ id }) => `${addressOf(id)}/move`;
    const about = { names, href, move, me: me.customer, late: LATE, changed, signal };
    cards.set(booking.id, bookingCard(booking, about));
    return undefined;
  }

  function draw() {
    const isKept = ({ booking }) => Number(booking.status === "held"); // these first: they run out
    const order = (a, b) => isKept(b) - isKept(a) || begins(a.booking) - begins(b.booking);
    const inOrder = [...cards.values()].sort(order);
    const elementsOf = (cardsOf) => cardsOf.map((card) => card.element);
    const [stand, ended] = [true, false].map((isIt) => inOrder.filter((card) => isActive(card.booking) === isIt));
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const section = [upcoming, off, past].find((list) => list.contains(focused));
    const none = cards.size || gone.size ? "Nothing lies ahead. " : "You have not booked anything yet. ";
    if (!stand.length) upcoming.replaceChildren(element("p", {}, none, findLink()));
    else inPlace(upcoming, elementsOf(stand));
    inPlace(off, elementsOf(ended));
    calledOff.hidden = !ended.length;
    const over = [...gone.values()].sort((a, b) => ends(b) - ends(a)).map(row);
    const nothing = `Nothing since ${times.longDate(since.toISOString().slice(0, 10))}.`;
    if (over.length) inPlace(past, over);
    else past.replaceChildren(element("li", { class: "soft" }, nothing));
    if (focused?.isConnected === false) headOf(section).focus();
    else if (focused !== document.activeElement) focused?.focus(); // also in a card that has gone to another place
  }

  // Where somebody goes on whose card is there no longer; of a section that is gone itself, the page's.
  function headOf(section) {
    const head = section?.previousElementSibling;
    return head?.checkVisibility() ? head : title;
  }

  function inPlace(list, elements) {
    if (!isThere(list, elements)) list.replaceChildren(...elements);
  }

  function findLink() {
    return element("a", { href: "/find" }, "Find a place");
  }

  // What says the same stays the same element: a link in it may have the focus.
  function row(booking) {
    const [leg] = booking.legs;
    const sign = JSON.stringify([booking.version, booking.status, booking.legs, names.get(leg.resource)]);
    const known = rows.get(booking.id);
    if (known?.sign === sign) return known.made;
    const name = resourcesOf([booking]).map((id) => names.get(id) ?? id).join(", ");
    const link = element("a", { href: addressOf(booking.id) }, name);
    const made = element("li", {}, link, " ", times.when(leg.start, leg.end, leg.timezone), badge(booking));
    rows.set(booking.id, { sign, made });
    return made;
  }

  function changed(booking, what) {
    if (what) say(said, `${names.get(booking.legs[0].resource)}: ${what}`);
    draw();
  }

  // Follow the places of what lies ahead; which they are changes with what is booked.
  function watch() {
    const booked = resourcesOf([...cards.values()].map((card) => card.booking));
    const ids = [...new Set([...waited, ...booked])].slice(0, MOST_FOLLOWED);
    if (followed === ids.join()) return;
    followed = ids.join();
    stop();
    stop = () => {};
    const booking = (each) => unattended(heard(each), signal);
    if (ids.length) stop = follow(ids, { after: position, state: showState, booking, reset: afresh });
  }

  function inLine() {
    const changed = (resources) => {
      waited = resources;
      watch();
    };
    const tell = (text) => say(said, text);
    return { me: me.customer, served: changes, changed, tell, away: () => title.focus(), signal };
  }

  async function changes() {
    const answer = await mine(`changed_after=${encodeURIComponent(position)}`).catch((error) => {
      if (error.code !== "unknown-position") throw error;
      return null; // it is another log: what was known of the old one is nothing now
    });
    if (answer === null) await afresh();
    else {
      for (const booking of answer.items) await heard(booking);
      position = answer.position;
    }
    watch();
    if (!followed) showState("live");
  }

  async function again() {
    start = new Date(now());
    for (const { booking } of [...cards.values()]) take(booking);
    draw();
    const { items } = await mine(`from=${start.toISOString()}`);
    for (const booking of items) {
      if (cards.get(booking.id)?.booking.version === booking.version) take(booking);
      else await heard(booking);
    }
  }

  async function heard(booking) {
    const was = cards.get(booking.id)?.booking ?? gone.get(booking.id);
    if (was && was.version >= booking.version) return;
    await learn([booking]);
    take(booking);
    tell(booking, was);
    draw();
    if (look && booking.status === "held") unattended(look(), signal);
  }

  function tell(booking, was) {
    const [{ resource, start: begin, end, timezone }] = booking.legs;
    const isMoved = was && JSON.stringify(was.legs) !== JSON.stringify(booking.legs);
    if (was?.status === booking.status && !isMoved) return;
    const where = `${names.get(resource)}, ${times.dateAndRange(begin, end, timezone)}`;
    const became = booking.status === "held" ? KEPT : becameOf(booking);
    say(said, `${where}: ${isMoved ? "Moved." : became}`, !isMoved && isBad(booking));
  }

  async function learn(bookings) {
    const unknown = resourcesOf(bookings).filter((id) => !names.has(id));
    for (const [id, name] of await namesOf(unknown, signal)) names.set(id, name);
  }

  // Another log, perhaps: an older version of a booking holds there, and what is not in it is no more.
  async function afresh() {
    const { items, position: reached } = await mine(`from=${start.toISOString()}`);
    const over = await mine(`from=${since.toISOString()}&to=${start.toISOString()}`);
    const all = new Map([...items, ...over.items].map((booking) => [booking.id, booking]));
    await learn([...all.values()]);
    const before = new Map([...gone, ...[...cards].map(([id, card]) => [id, card.booking])]);
    gone.clear();
    for (const [id, card] of cards) {
      if (all.has(id)) card.forget();
      else cards.delete(id);
    }
    for (const booking of all.values()) {
      take(booking);
      tell(booking, before.get(booking.id));
    }
    position = reached;
    draw();
  }

  // What did not come is asked for again by whoever asks for more.
  async function further() {
    say(said, "");
    const from = new Date(since - 12 * MONTH);
    try {
      const { items } = await mine(`from=${from.toISOString()}&to=${since.toISOString()}`);
      await learn(items);
      for (const booking of items) gone.set(booking.id, booking);
      since = from;
      draw();
      say(said, items.length ? "" : `Nothing more since ${times.longDate(since.toISOString().slice(0, 10))}.`);
    } catch (error) {
      if (!signal.aborted) say(said, error.message, true);
    }
  }
}
