// The second step: what the booking is about. Going on sets the time aside.

import { write } from "../changing.js";
import { element } from "../dom.js";
import { draftOf, keep } from "../drafts.js";
import { field } from "../fields.js";
import { refusal, showRefusal } from "../refusals.js";
import { go } from "../router.js";
import { isSignedIn, roles, signInAddress } from "../session.js";
import * as times from "../times.js";
import { DRAFT, hold, release, seatsOf } from "./book_hold.js";
import { tooLate, watchTime } from "./book_watch.js";
import { select } from "./find_filters.js";

const ONWARD = "Continue to review";
const RULES = [
  ["", "Once"],
  ["FREQ=DAILY", "Every day"],
  ["FREQ=WEEKLY", "Every week"],
  ["FREQ=WEEKLY;INTERVAL=2", "Every two weeks"],
];
const MOST_TYPED = 2000;
const TOO_LONG = "Please keep it to 2,000 characters; this has";

export async function details(place, { wish, signal }) {
  const { resource, places, start, end, customer, date, whom } = wish;
  const zone = resource.timezone;
  const trouble = element("div", {});
  const heading = element("h2", { tabindex: "-1" }, "Details");
  const mayBook = isSignedIn && (roles.has("customer") || (customer && roles.has("staff")));
  const onward = element("button", { class: "main" }, ONWARD);
  const rule = select("repeat", RULES, draftOf(DRAFT).repeat);
  const box = element("div", { class: "form" });
  let series = null; // few repeat: what that takes is loaded for those
  const form = element(
    "form",
    { class: "form", onsubmit: submit, oninput: remember },
    field("Repeat", rule),
    box,
    ...questions(wish),
    actions(),
  );
  const another = wish.address({ date, start, end, customer });
  const change = element("a", { href: another }, "Change time");
  const chosen = element("p", { class: "chosen" }, wish.said?.() ?? times.when(start, end, zone), " ", change);
  place.append(heading, chosen, trouble, form);
  heading.focus();
  if (rule.value) repeat();
  await release();
  if (signal.aborted) return;
  const watch = wish.watch ?? watchTime;
  await watch(trouble, { wish, another, signal, isBusy: () => onward.disabled, take: mayBook && offered });

  function actions() {
    if (mayBook) return element("p", { class: "actions" }, onward);
    const said = "Booking is for customers. The desk books for others from its own view.";
    if (isSignedIn) return element("p", { class: "notice" }, said);
    const signIn = element("a", { class: "button main", href: signInAddress() }, "Sign in to book");
    return element("p", { class: "actions" }, signIn, element("span", { class: "soft" }, "What you typed stays here."));
  }

  function remember() {
    keep(DRAFT, Object.fromEntries(new FormData(form)));
    return repeat();
  }

  async function repeat() {
    if (rule.value) {
      const { repeating } = await import("./repeat.js").catch(() => ({}));
      const message = "The part for repeating did not load. Please try again.";
      if (!repeating) return showRefusal(trouble, refusal({ message }));
      series ??= repeating(box, { wish, onward, trouble, signal });
    }
    series?.show(rule.value);
    if (!rule.value) write(onward, ONWARD);
    return undefined;
  }

  async function submit(event) {
    event.preventDefault();
    await remember();
    if (!mayBook || onward.disabled) return;
    if (rule.value) series?.book();
    else take(wish);
  }

  function offered(each) {
    const isIt = times.instant(each.start) === times.instant(start);
    take(wish.at?.(each) ?? { ...wish, start: each.start, end: each.end, date: isIt ? date : undefined });
  }

  async function take(wanted) {
    onward.disabled = true;
    onward.textContent = "Setting the time aside …";
    try {
      const { id } = await hold(wanted, signal);
      const said = { start: wanted.start, end: wanted.end, date: wanted.date, customer, step: "review", booking: id };
      if (!signal.aborted) go(wanted.address(said));
    } catch (error) {
      if (signal.aborted) return;
      const about = { wish: wanted, book: () => take(wanted), signal, zone, offer: offered };
      const isLate = error.code === "not-available";
      showRefusal(trouble, isLate ? await (wish.late ?? tooLate)(error, about) : refusal(error, about));
    } finally {
      onward.disabled = false;
      onward.textContent = ONWARD;
    }
  }
}

/** What is asked about a wish, filled from its draft. */
export function questions({ places, resource: { policy }, whom }) {
  const seats = seatsOf(places);
  const isOne = places.length === 1;
  const units = () => number("units", policy.max_units);
  const draft = draftOf(DRAFT);
  const number = (name, max) =>
    element("input", {
      type: "number",
      name,
      required: true,
      min: 1,
      max,
      value: Math.min(draft[name] || 1, max),
      inputmode: "numeric",
    });
  const name = element("input", { name: "name", maxlength: 200, value: draft.name ?? "", autocomplete: "off" });
  // A limit of the field itself would cut off what one pastes, without a word.
  const complaint = () => (note.value.length > MOST_TYPED ? `${TOO_LONG} ${note.value.length}.` : "");
  const measure = () => note.setCustomValidity(complaint());
  const note = element("textarea", { name: "note", rows: 3, oninput: measure }, draft.note ?? "");
  measure();
  return [
    seats && field("How many people come?", number("party", seats), `Up to ${seats}.`),
    isOne && policy.max_units > 1 && field("How many places?", units(), `Up to ${policy.max_units}.`),
    field("Who is it for?", name, `Leave it empty if it is for ${whom ?? "you"}.`),
    field("What is it about?", note, `Only ${whom ?? "you"} and the desk can read it.`),
  ].filter(Boolean);
}
