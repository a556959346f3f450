// Whoever is free: any place of a kind, on a day, at a time or between two. The service chooses, and sets aside what it
// chose; it is reviewed and confirmed like any other booking.

import { element } from "../dom.js";
import { draftOf, keep, turnTo } from "../drafts.js";
import { field } from "../fields.js";
import { everything } from "../lists.js";
import { goingOn } from "../next_day.js";
import { path } from "../paths.js";
import { refusal, showRefusal } from "../refusals.js";
import { go } from "../router.js";
import { isSignedIn, roles, signInAddress } from "../session.js";
import * as times from "../times.js";
import { askNowAndThen } from "../unattended.js";
import { listed, spelled } from "../words.js";
import { bookAddress } from "./book_address.js";
import { questions as about } from "./book_details.js";
import { DRAFT, hold, release } from "./book_hold.js";
import { whomOf } from "./book_whom.js";
import { LENGTHS, isLike, select } from "./find_filters.js";

const MOST = 100; // the API takes no more
const NAMED = 8;
const MINUTE = 60_000;
const ONWARD = "Find one and review";
const FIELDS = ["date", "at", "start", "from", "until", "duration", "choose"];

export async function show(place, { query, signal, title }) {
  const kind = query.get("any");
  const customer = query.get("customer") ?? undefined;
  const draft = `any of ${kind}`;
  const heading = element("h1", { tabindex: "-1" }, `Any ${spelled(kind).toLowerCase()}`);
  title(heading.textContent);
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const back = element("a", { href: `/find?${wayBack(query)}` }, "All places");
  place.append(element("p", { class: "crumbs" }, back), heading, progress);
  const people = Number(query.get("people")) || 0;
  const wanted = { q: query.get("q") ?? "", kind, people: 0, has: query.getAll("has") };
  const all = everything(path`/v1/resources?kind=${kind}&`, signal);
  const [{ items }, whom] = await Promise.all([all, whomOf(customer, signal)]);
  const places = items.filter((each) => !each.retired && isLike(each, wanted)).slice(0, MOST);
  if (signal.aborted) return;
  if (!places.length) return progress.replaceWith(element("p", {}, "There is no such place, or not any more."));
  turnTo(DRAFT, customer, ["held", "of"]);
  if (people && !draftOf(DRAFT).party) keep(DRAFT, { party: people });
  const mayBook = isSignedIn && (roles.has("customer") || (customer && roles.has("staff")));
  const onward = element("button", { class: "main" }, ONWARD);
  const trouble = element("div", {});
  // Whoever comes too many for one place may still fit into another.
  const largest = Math.max(...places.map(({ seats }) => seats ?? Infinity));
  const seats = places.some((each) => each.seats) && (largest === Infinity ? 10_000 : largest);
  const wish = { places: [{ seats }], resource: { policy: { max_units: 1 } }, customer, whom };
  const listens = { class: "form", onsubmit: submit, oninput: remember };
  const form = element("form", listens, ...questions(), ...about(wish), actions());
  progress.replaceWith(whomLine(whom), element("p", { class: "soft" }, named(places)), trouble, form);
  showTimes();
  const goOn = goingOn(form.date, today);
  const look = async () => goOn() && keep(draft, { date: form.date.value });
  signal.addEventListener("abort", askNowAndThen(look, MINUTE));
  await release();

  function today() {
    return times.today(places[0].timezone);
  }

  function questions() {
    const asked = { date: query.get("date"), start: query.get("time"), duration: query.get("minutes") };
    const had = { ...asked, ...draftOf(draft) };
    const [first] = places.map(({ timezone }) => times.today(timezone)).sort(); // before it is over everywhere
    const day = had.date >= first ? had.date : today();
    const date = element("input", { type: "date", name: "date", required: true, value: day });
    const at = select("at", [["start", "At a time"], ["between", "Any time between two"]], had.at ?? "start");
    const time = (name, usual) => element("input", { type: "time", name, value: had[name] ?? usual, step: 300 });
    const lengths = LENGTHS.map((each) => [each, times.length(each)]);
    const ways = [["first", "Whoever is free first"], ["fair", "Whoever has the least booked that week"]];
    if (seats) ways.push(["fit", "The smallest in which all find a seat"]);
    return [
      field("On", date),
      field("When", at),
      atOnly("start", field("At", time("start", "10:00"))),
      atOnly("between", field("From", time("from", "09:00"))),
      atOnly("between", field("Until", time("until", "17:00"))),
      field("For how long?", select("duration", [["", "Shortest length"], ...lengths], had.duration)),
      field("Who or which?", select("choose", ways, had.choose ?? "first")),
    ];
  }

  function actions() {
    const soft = (text) => element("span", { class: "soft" }, text);
    if (mayBook) return element("p", { class: "actions" }, onward, soft("What is found is set aside for you."));
    if (isSignedIn) return element("p", { class: "notice" }, "Booking is for customers.");
    const signIn = element("a", { class: "button main", href: signInAddress() }, "Sign in to book");
    return element("p", { class: "actions" }, signIn, soft("What you typed stays here."));
  }

  function remember() {
    const said = Object.fromEntries(new FormData(form));
    keep(draft, Object.fromEntries(FIELDS.map((name) => [name, said[name]])));
    keep(DRAFT, Object.fromEntries(Object.entries(said).filter(([name]) => !FIELDS.includes(name))));
    showTimes();
  }

  // Only what counts is asked.
  function showTimes() {
    for (const each of form.querySelectorAll("[data-at]")) {
      each.hidden = each.dataset.at !== form.at.value;
      each.querySelector("input").required = !each.hidden;
    }
  }

  function what() {
    const { date, at, start, from, until, duration, choose } = Object.fromEntries(new FormData(form));
    const when = at === "start" ? { start: `${date}T${start}` } : { between: [`${date}T${from}`, `${date}T${until}`] };
    return { any_of: places.map(({ id }) => id), ...when, ...(duration && { duration: Number(duration) }), choose };
  }

  async function submit(event) {
    event.preventDefault();
    remember();
    if (!mayBook || onward.disabled) return;
    onward.disabled = true;
    onward.textContent = "Looking for one …";
    try {
      const { id, legs } = await hold({ ...wish, what: what() }, signal);
      const [{ resource, start, end }] = legs;
      const said = { start, end, customer, step: "review", booking: id, any: kind };
      if (!signal.aborted) go(bookAddress(resource, said));
    } catch (error) {
      if (signal.aborted) return;
      showRefusal(trouble, refusal(error, { zone: places[0].timezone, offer: taken, alternatives: free(error) }));
    } finally {
      onward.disabled = false;
      onward.textContent = ONWARD;
    }
  }

  function free({ facts }) {
    const nameOf = (id) => places.find((each) => each.id === id)?.name;
    return facts?.alternatives?.map((each) => ({ ...each, note: nameOf(each.resource) }));
  }

  function taken({ resource, start, end }) {
    go(bookAddress(resource, { start, end, customer, step: "details" }));
  }
}

function atOnly(what, made) {
  made.dataset.at = what;
  return made;
}

const whomLine = (whom) => (whom ? element("p", { class: "whom" }, "For ", element("strong", {}, whom)) : "");

function named(places) {
  const names = places.slice(0, NAMED).map(({ name }) => name);
  const more = places.length - names.length;
  return `One of ${listed(more ? [...names, `${more} more`] : names)}.`;
}

// What stands here of it was said on the way here.
function wayBack(query) {
  const back = new URLSearchParams(query);
  back.set("kind", back.get("any"));
  back.delete("any");
  return back;
}
