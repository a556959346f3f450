// Several places in one booking: what is needed at once, then the steps that every booking has.
//
// What is needed stands in the address, as the API has it: `need=id:oak-12&need=kind:projector`; what was chosen for
// each need then, as `with=oak-12&with=beamer-2`.

import { get } from "../api.js";
import { element } from "../dom.js";
import { draftOf, keep, turnTo } from "../drafts.js";
import { path } from "../paths.js";
import * as times from "../times.js";
import { listed } from "../words.js";
import { STEPS, stepOf, steps } from "./book.js";
import { done } from "./book_done.js";
import { DRAFT, release } from "./book_hold.js";
import { whomOf } from "./book_whom.js";
import { chooseStart } from "./together_time.js";
import { jointWish } from "./together_wish.js";

const TITLE = "Book several together";
const LONGEST = 2880; // minutes

export async function show(place, context) {
  const { query, signal, title } = context;
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  place.append(progress);
  const { start, date, customer, step, booking } = Object.fromEntries(query);
  const places = times.instant(start) ? await placesOf(query.getAll("with"), signal) : [];
  const needs = query.getAll("need").filter((need) => need.includes(":"));
  const wish = jointWish({ needs, ...numbersOf(query) }, places, start);
  Object.assign(wish, { customer, booking, whom: await whomOf(customer, signal) });
  wish.date = times.isDate(date) ? date : wish.start && times.dateOf(wish.start);
  turnTo(DRAFT, customer, ["held", "of"]);
  if (wish.asked.people && !draftOf(DRAFT).party) keep(DRAFT, { party: wish.asked.people });
  const reached = places.length ? stepOf({ ...wish, step }) : "time";
  const at = STEPS.findIndex(([name]) => name === reached);
  const name = reached === "time" ? TITLE : listed(places.map((each) => each.name));
  title(reached === "done" ? `Booked · ${name}` : `${TITLE}: ${STEPS[at][1]}`);
  const body = element("div", { class: "step" });
  progress.replaceWith(
    element("p", { class: "crumbs" }, element("a", { href: "/find" }, "All places")),
    element("h1", { tabindex: "-1" }, name),
    wish.whom ? element("p", { class: "whom" }, "For ", element("strong", {}, wish.whom)) : "",
    reached === "done" ? "" : steps(at, wish),
    body,
  );
  if (reached === "done") return done(body, { ...context, wish });
  if (at) return STEPS[at][2](body, { ...context, wish });
  await release();
  return signal.aborted || chooseStart(body, { ...context, wish });
}

// None when one of them is there no longer: one chooses anew.
async function placesOf(ids, signal) {
  try {
    return await Promise.all(ids.map(async (id) => (await get(path`/v1/resources/${id}`, { signal })).data));
  } catch (error) {
    if (error.status !== 404) throw error;
    return [];
  }
}

// An address may say anything.
function numbersOf(query) {
  const number = (name, most) => Math.min(most, Math.max(0, Math.floor(Number(query.get(name)) || 0)));
  return { minutes: number("minutes", LONGEST), people: number("people", 10_000) };
}
