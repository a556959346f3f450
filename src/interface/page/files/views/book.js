// Book: a place, in three steps that stand in the address: time, details, review.

import { get } from "../api.js";
import { element } from "../dom.js";
import { turnTo } from "../drafts.js";
import { path } from "../paths.js";
import { picker } from "../picker.js";
import { go, readdress } from "../router.js";
import * as times from "../times.js";
import { bookAddress } from "./book_address.js";
import { details } from "./book_details.js";
import { done } from "./book_done.js";
import { DRAFT, release } from "./book_hold.js";
import { review } from "./book_review.js";
import { whomOf } from "./book_whom.js";
import { facts } from "./place_facts.js";

export { bookAddress };

/** Name in the address, text, and what shows it. */
export const STEPS = [
  ["time", "Time", time],
  ["details", "Details", details],
  ["review", "Review", review],
];

export async function show(place, context) {
  const { path, query, signal, title } = context;
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  place.append(progress);
  const resource = await placeAt(path.split("/")[2], signal);
  if (!resource) return nowhere(place, title);
  const address = (said) => bookAddress(resource.id, said);
  const wish = { ...Object.fromEntries(query), resource, places: [resource], address };
  wish.whom = await whomOf(wish.customer, signal);
  if (!times.isDate(wish.date)) wish.date = wish.start && times.dateOf(wish.start);
  turnTo(DRAFT, wish.customer, ["held", "of"]);
  const step = stepOf(wish);
  const at = STEPS.findIndex(([name]) => name === step);
  title(`${step === "done" ? "Booked" : `Book: ${STEPS[at][1]}`} · ${resource.name}`);
  const body = element("div", { class: "step" });
  progress.replaceWith(
    element("p", { class: "crumbs" }, element("a", { href: "/find" }, "All places")),
    element("h1", { tabindex: "-1" }, resource.name),
    facts(resource),
    wish.whom ? element("p", { class: "whom" }, "For ", element("strong", {}, wish.whom)) : "",
    step === "done" ? "" : steps(at, wish),
    body,
  );
  await (step === "done" ? done : STEPS[at][2])(body, { ...context, wish });
}

// null: there is none.
async function placeAt(name, signal) {
  try {
    return (await get(path`/v1/resources/${name}`, { signal })).data;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

function nowhere(place, title) {
  title("No such place");
  place.replaceChildren(
    element("h1", {}, "There is no such place"),
    element("p", {}, "It may have another name by now, or not be for everybody."),
    element("p", { class: "actions" }, element("a", { class: "button main", href: "/find" }, "Find a place")),
  );
}

// An address may say anything: a step that lacks what it needs is the first one.
/** At which step a wish is. */
export function stepOf({ step, start, end, booking }) {
  if (["review", "done"].includes(step) && booking) return step;
  return step === "details" && times.instant(end) > times.instant(start) ? step : "time";
}

/** The steps, of which one is at number `at`; those before lead back. */
export function steps(at, wish) {
  const said = { start: wish.start, end: wish.end, customer: wish.customer, date: wish.date };
  const back = { time: said, details: { ...said, step: "details" } };
  const item = ([name, text], number) => {
    const isBack = number < at && wish.start;
    const inner = isBack ? element("a", { href: wish.address(back[name]) }, text) : text;
    const state = { "aria-current": number === at && "step", class: number < at && "past" };
    return element("li", state, element("span", {}, inner));
  };
  return element("ol", { class: "steps", "aria-label": "Steps" }, STEPS.map(item));
}

async function time(place, { wish, signal }) {
  const { resource, customer, whom } = wish;
  if (resource.retired) return place.append(element("p", {}, "This place can no longer be booked."));
  await release();
  if (signal.aborted) return;
  const others = new URLSearchParams({ need: `id:${resource.id}`, ...(customer && { customer }) });
  place.before(element("p", { class: "step" }, element("a", { href: `/find?${others}` }, "And also another place")));
  await picker(place, {
    resource,
    date: wish.date,
    start: wish.start,
    end: wish.end,
    waits: { customer, whom },
    signal,
    dated: (date) => readdress(bookAddress(resource.id, { date, customer })),
    chosen: ({ resource: { id }, ...said }) => go(bookAddress(id, { ...said, customer, step: "details" })),
  });
}
