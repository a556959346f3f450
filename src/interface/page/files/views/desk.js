// Desk: what waits for approval, as it comes; the day of all places, as it changes; and what the desk does with both.

import { get } from "../api.js";
import { deskBar, deskPages } from "../desk_bar.js";
import { blockDialog } from "../desk_block.js";
import { dayTimeline } from "../desk_day.js";
import { itemPanel } from "../desk_panel.js";
import { people } from "../desk_people.js";
import { personDialog } from "../desk_person.js";
import { queue } from "../desk_queue.js";
import { deskState } from "../desk_state.js";
import { element } from "../dom.js";
import { everything } from "../lists.js";
import { lamp } from "../live.js";
import { bookingCard } from "../mine_booking.js";
import { oneBooking } from "../mine_one.js";
import { path } from "../paths.js";
import { readdress } from "../router.js";
import { styled } from "../styles.js";
import * as times from "../times.js";
import { askNowAndThen, unattended } from "../unattended.js";

const NOT_WHILE_WAITING = ["cancel", "revoke", "complete", "no-show"]; // where Approve was, nothing else comes
const SOON = 150; // several changes that come at once are drawn once
const NOTICED = 400; // what takes longer to load is said to
const MINUTE = 60_000;
const ASKING = 4_000;
const ASKING_ELSEWHERE = 30_000; // calendars are looked at every quarter of an hour
const LEGEND = [
  ["pending", "waits for approval"],
  ["confirmed", "booked"],
  ["held", "set aside for a moment"],
  ["over", "over"],
  ["blocked", "blocked"],
  ["misfit", "outside the hours it has by now"],
  ["closed", "closed"],
  ["past", "past"],
];

const addressOf = (id) => `/desk/${id}`;

// It comes with what times are chosen with, which the desk itself can be seen without: it is loaded after that.
const moving = () => import("../mine_move.js");

export async function show(place, context) {
  await styled("desk.css");
  const [, , id, what] = context.path.split("/");
  if (id && what === "move") return (await moving()).move(place, { ...context, id, back: addressOf });
  return id ? one(place, { ...context, id }) : desk(place, context);
}

async function desk(place, { query, signal }) {
  const light = element("span", {});
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  place.append(element("div", { class: "between" }, element("h1", { tabindex: "-1" }, "Desk"), light), progress);
  const { me, places } = await ownPlaces(signal);
  if (!places.length) {
    progress.textContent = "There is no place yet whose desk is yours.";
    return;
  }
  const who = people(signal, soon);
  const names = new Map(places.map(({ id, name }) => [id, name]));
  const kindsOf = () => [...new Set(places.map(({ kind }) => kind))].sort();
  const wanted = query.get("kind") ?? "";
  const kind = kindsOf().includes(wanted) ? wanted : "";
  let isAwaited = kind !== wanted; // its first place may be registered any moment: a minute of asking often
  let often = MINUTE / ASKING;
  // What was asked for last. What is shown is what the state knows: until that has come, its date stands above it.
  let asked = { kind, page: Math.max(0, Math.trunc(Number(query.get("page"))) || 0) };
  let day = today();
  asked.date = times.isDate(query.get("date")) ? query.get("date") : day;

  const said = element("p", { role: "status", class: "said" });
  const waiting = queue({ cardOf: (booking) => cardOf(booking, { without: NOT_WHILE_WAITING }) });
  const timeline = dayTimeline({ opened: (item) => item && panel.open(item) });
  const panel = itemPanel({ cardOf, refresh, lifted, closed: (key) => timeline.focus(key) });
  const block = blockDialog(places, placed);
  const book = personDialog(places, who.known, signal);
  const bar = deskBar({
    turn,
    today: () => turn({ date: today() }),
    block: () => block.open(asked.date, state.known.places[0]?.id),
    book: () => book.open(asked.date, state.known.places[0]?.id),
    calendars: () => unattended(elsewhere().then(({ open }) => open(state.known.places[0]?.id)), signal),
  });
  const pages = deskPages({ turn });
  const placesAfresh = async () => (await ownPlaces(signal)).places;
  const tells = { changed: heard, drawn: soon, revised, forgotten, state: lamp(light) };
  const state = deskState({ places, placesAfresh, ...tells, signal });
  const waits = element("section", { hidden: true });
  const warns = element("section", { hidden: true });
  let calendars = null; // loaded once somebody wants them, or might
  let line = null; // who waits on the date, once anybody does
  let lineOf = null;
  let turnOfLine = 0;
  let drawing = null;
  await load();
  if (signal.aborted) return;
  const demand = element("p", {}, element("a", { href: "/demand" }, "Demand"));
  const shown = [waiting, bar, pages, timeline].map((each) => each.element);
  progress.replaceWith(said, warns, ...shown, legend(), waits, demand);
  place.append(block.element, book.element, panel.element);
  draw();
  moving().catch(() => {}); // asked for again by whoever moves something
  const clock = setInterval(tick, MINUTE);
  signal.addEventListener("abort", () => clearInterval(clock));
  signal.addEventListener("abort", askNowAndThen(inLine, ASKING));
  signal.addEventListener("abort", askNowAndThen(others, MINUTE));
  signal.addEventListener("abort", askNowAndThen(async () => isAwaited && often-- > 0 && others(), ASKING));
  signal.addEventListener("abort", askNowAndThen(async () => (await elsewhere()).update(), ASKING_ELSEWHERE));

  function today() {
    return times.today((places.find((each) => !asked.kind || each.kind === asked.kind) ?? places[0]).timezone);
  }

  async function load() {
    await state.show(asked);
    learn([...state.known.bookings.values()]);
  }

  // Another date, kind or page. The heading changes with what it stands above; what does not come can be tried again.
  async function turn(next) {
    if (!times.isDate(next.date ?? asked.date)) return;
    const [was, isLate] = [day, isOver()];
    const wish = { ...asked, ...next };
    asked = wish;
    day = today();
    if (isLate) wish.date = next.date ?? day;
    isAwaited = false;
    timeline.element.setAttribute("aria-busy", "true");
    const loading = `Loading ${times.longDate(wish.date)} …`;
    const saying = setTimeout(() => say(loading), NOTICED);
    bar.update(state.known, asked, kindsOf());
    try {
      await load();
      if (asked !== wish || signal.aborted) return;
      const { date, kind: shown, page } = wish;
      const rest = { ...(shown && { kind: shown }), ...(page && { page }) };
      readdress(`/desk?${new URLSearchParams({ date, ...rest })}`);
      if (said.textContent === loading || said.querySelector("button")) say();
    } catch (error) {
      if (asked !== wish || signal.aborted) return;
      const { date, kind: shown, page } = state.known;
      asked = { date, kind: shown, page };
      day = was;
      const again = element("button", { type: "button", onclick: () => turn(wish) }, "Try again");
      say(`${times.longDate(wish.date)} could not be loaded. ${error.message} `, again);
    } finally {
      clearTimeout(saying);
      if (asked === wish || asked.date === state.known.date) timeline.element.removeAttribute("aria-busy");
      if (!signal.aborted) draw();
    }
  }

  function isOver() {
    return asked.date === day && day < today();
  }

  // Whoever looks at today goes on with the next day, once they are not at work on this one.
  function tick() {
    timeline.tick();
    if (!isOver()) day = today();
    else if (!place.querySelector("dialog[open], input:focus")) turn({});
  }

  // Of places that others register nobody tells.
  async function others() {
    await state.placesAnew();
    if (isAwaited && kindsOf().includes(wanted)) turn({ kind: wanted, page: 0 });
  }

  // Of several answers that of the last question counts: one of before still has who was taken out since.
  async function inLine() {
    const mine = ++turnOfLine;
    const { date } = state.known;
    const { items } = await everything(`/v1/waitlist?date=${date}&waiting=true&`, signal);
    if (!items.length && !line) return;
    const { deskLine } = await import("../desk_line.js");
    await who.learn(items);
    if (signal.aborted || mine !== turnOfLine || date !== state.known.date) return;
    const took = (text) => say(text) ?? inLine();
    line ??= deskLine(waits, { who, took, signal });
    line(state.known.places, items);
  }

  async function elsewhere() {
    const { deskCalendars } = await import("../desk_calendars.js");
    if (!calendars) place.append((calendars = deskCalendars(warns, { places, addressOf, signal })).element);
    return calendars;
  }

  function heard(booking, was) {
    learn([booking]);
    if (booking.status !== "pending" || was?.status === "pending") return;
    const [{ resource, start, end, timezone }] = booking.legs;
    say(`New: ${nameOf(resource)}, ${times.dateAndRange(start, end, timezone)} waits for approval.`);
  }

  function learn(bookings) {
    unattended(who.learn(bookings).then((isNew) => isNew && soon()), signal);
  }

  function revised() {
    names.clear();
    for (const { id, name } of places) names.set(id, name);
    soon();
  }

  function forgotten() {
    waiting.forget();
    panel.forget();
  }

  function nameOf(resource) {
    return names.get(resource) ?? resource;
  }

  function say(...text) {
    said.replaceChildren(...text);
  }

  function soon() {
    drawing ??= setTimeout(() => {
      drawing = null;
      if (!signal.aborted) draw();
    }, SOON);
  }

  function draw() {
    const { bookings, kind: shown } = state.known;
    const kinds = new Map(places.map(({ id, kind: its }) => [id, its]));
    const isHere = ({ legs }) => !shown || legs.some(({ resource }) => kinds.get(resource) === shown);
    waiting.update({ bookings, isHere, elsewhere: () => turn({ kind: "", page: 0 }) });
    bar.update(state.known, asked, kindsOf());
    pages.update(state.known);
    timeline.update({ ...state.known, nameOf: who.nameOf });
    panel.update(timeline.itemOf, bookings);
    if (lineOf !== state.known.date) unattended(inLine(), signal);
    lineOf = state.known.date;
  }

  function cardOf(booking, rest = {}) {
    const href = ({ id }) => addressOf(id);
    const away = ({ id }) => `${addressOf(id)}/move`;
    const whose = (each) => person(who, each);
    return bookingCard(booking, { names, who: whose, href, move: away, me: me.customer, changed, signal, ...rest });
  }

  function changed(booking, what) {
    state.keep(booking);
    soon();
    if (what) say(`${nameOf(booking.legs[0].resource)}, ${who.nameOf(booking)}: ${what}`);
  }

  function refresh(bookings) {
    unattended(state.refresh(bookings), signal);
  }

  function lifted({ id, name }) {
    say(`${name}: the time is free again.`);
    unattended(state.reloadDay(id), signal);
  }

  function placed({ resource, overlaps, start, end, timezone }) {
    const several = overlaps.length === 1 ? "One booking stands" : `${overlaps.length} bookings stand`;
    const link = (id, at) => [at ? ", " : "", element("a", { href: addressOf(id) }, `booking ${at + 1}`)];
    const stand = overlaps.length ? ` ${several} in it: ` : "";
    const where = `${nameOf(resource)} is blocked, ${times.dateAndRange(start, end, timezone)}.${stand}`;
    say(where, ...overlaps.flatMap(link));
    unattended(state.reloadDay(resource), signal);
  }
}

function legend() {
  const colour = (state) => element("span", { "data-state": state, "aria-hidden": "true" });
  const items = LEGEND.map(([state, text]) => element("li", {}, colour(state), text));
  return element("ul", { class: "legend", "aria-label": "What the colours mean" }, items);
}

function person(who, booking) {
  const { email, phone } = who.known.get(booking.customer) ?? {};
  const line = (text) => [element("br"), element("span", { class: "soft" }, text)];
  return element("span", {}, who.nameOf(booking), [email, phone].filter(Boolean).flatMap(line));
}

async function one(place, { id, query, signal, title }) {
  const { data: booking, position } = await get(path`/v1/bookings/${id}`, { signal });
  const { me, places } = await ownPlaces(signal);
  const who = people(signal);
  await who.learn([booking]);
  const names = new Map(places.map(({ id: its, name }) => [its, name]));
  title(names.get(booking.legs[0].resource) ?? "Booking");
  await oneBooking(place, {
    booking,
    position,
    heading: "Booking",
    back: [`/desk?date=${times.dateOf(booking.legs[0].start)}`, "Desk"],
    me: me.customer,
    names,
    who: (each) => person(who, each),
    move: () => `${addressOf(id)}/move`,
    query,
    signal,
  });
}

// Who is at the desk, and the places that it is the desk of.
async function ownPlaces(signal) {
  const [{ data: me }, { items }] = await Promise.all([
    get("/v1/me", { signal }),
    everything("/v1/resources?", signal),
  ]);
  const covers = ({ id, kind }) => me.resources.includes(id) || me.resources.includes(`kind:${kind}`);
  const places = items.filter((place) => !place.retired && (me.resources === null || covers(place)));
  return { me, places };
}
