// Waiting for what is taken: one question in its place, and then one's place in line, as it changes.

import { Unreachable, get, newKey, post, remove } from "./api.js";
import { write } from "./changing.js";
import { element } from "./dom.js";
import { field } from "./fields.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import { isSignedIn, roles, signInAddress } from "./session.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

const ASKING = 4_000;
const UNKNOWN = "It is not known whether you are in line. Join again: it counts once.";

/**
 * Ask in `box` whether somebody wants to wait. `resource`; `start` and `end`, or any time on a `date`; `customer` and
 * `whom`: for another; `book()`: it can be booked after all; `joined(wish)`, `left(wish)`; `back()`: not now.
 * Stops with the signal.
 */
export function askToWait(box, about) {
  const { resource, start, end, date, customer, whom, back } = about;
  const mayJoin = isSignedIn && roles.has(customer ? "staff" : "customer");
  const heading = element("h2", {}, whom ? `Shall ${whom} wait for it?` : "Wait for it?");
  const trouble = element("div", {});
  const asked = mayJoin ? questions(resource, start) : [];
  const minutes = times.length(resource.policy.offer_minutes);
  const said = `As soon as it is free, it is kept for ${whom ?? "you"} for ${minutes}, to be confirmed.`;
  const join = element("button", { class: "main" }, "Join the line");
  const away = back && element("button", { type: "button", onclick: back }, "Not now");
  const form = element("form", { class: "form", onsubmit: submit }, asked, ways());
  show(box, heading, element("p", { class: "chosen" }, whenOf(about)), element("p", {}, said), trouble, form);
  let sent = null; // the same wish, sent again, has the same key: it happens once

  function ways() {
    if (mayJoin) return element("p", { class: "actions" }, join, away);
    if (isSignedIn) return element("p", { class: "notice" }, "Waiting is for customers. ", away);
    const signIn = element("a", { class: "button main", href: signInAddress() }, "Sign in to wait for it");
    return element("p", { class: "actions" }, signIn, away);
  }

  async function submit(event) {
    event.preventDefault();
    if (!mayJoin || join.disabled) return;
    const numbers = [...new FormData(form)].map(([name, value]) => [name, Number(value)]);
    const what = start ? { start, end } : { date };
    const body = { resource: resource.id, ...what, ...(customer && { customer }), ...Object.fromEntries(numbers) };
    const sign = JSON.stringify(body);
    if (sent?.sign !== sign) sent = { sign, key: newKey() };
    join.disabled = true;
    trouble.replaceChildren();
    try {
      const { data } = await post("/v1/waitlist", body, { key: sent.key, signal: about.signal });
      about.joined?.(data);
      showWaiting(box, { ...about, wish: data });
    } catch (error) {
      if (!about.signal.aborted) showRefusal(trouble, refused(error));
    } finally {
      join.disabled = false;
    }
  }

  function refused(error) {
    if (error instanceof Unreachable) {
      return refusal({ message: UNKNOWN, facts: { title: "The service cannot be reached" } });
    }
    const made = refusal(error);
    const act = (way) => made.append(element("p", { class: "actions" }, way));
    if (error.code === "still-available" && about.book) {
      act(element("button", { type: "button", class: "main", onclick: about.book }, "Book it instead"));
    }
    if (error.code === "too-many-wishes" && !customer) {
      act(element("a", { class: "button", href: "/mine" }, "See what you wait for"));
    }
    return made;
  }
}

/** Somebody is in line, by this `wish`: where, what becomes of it, and the way out of it. */
export function showWaiting(box, about) {
  const { customer, whom, signal } = about;
  const heading = element("h2", {});
  const text = element("p", {});
  const trouble = element("div", {});
  const actions = element("p", { class: "actions" });
  let { wish } = about;
  const { resource } = about; // the wish itself has only its id
  const when = element("p", { class: "chosen" }, whenOf({ ...wish, resource }));
  const made = show(box, heading, when, text, trouble, actions);
  const stop = askNowAndThen(look, ASKING);
  signal.addEventListener("abort", stop);
  draw();

  async function look() {
    if (!made.isConnected) return stop();
    const before = wish;
    const { data } = await get(path`/v1/waitlist/${wish.id}`, { signal });
    if (wish !== before) return undefined; // one has left the line since that was asked
    const isNews = data.status !== wish.status;
    wish = data;
    if (isNews) draw();
    else say();
    if (isNews) about.left?.(wish);
    return undefined;
  }

  function say() {
    const [title, sentence] = sentences(wish, whom);
    write(heading, title);
    write(text, sentence);
  }

  function draw() {
    say();
    made.setAttribute("role", "status");
    const mine = (to, name, kind) => !customer && element("a", { class: `button ${kind}`, href: to }, name);
    if (wish.status === "waiting") {
      const leave = element("button", { type: "button", onclick: () => unattended(away(), signal) }, "Leave the line");
      actions.replaceChildren(...[mine("/mine", "See what you wait for", "plain"), leave].filter(Boolean));
      return;
    }
    stop();
    const hadFocus = actions.contains(document.activeElement);
    const offered = wish.status === "offered" && mine(`/mine/${wish.booking}`, "Confirm it or let it go", "main");
    actions.replaceChildren(...[offered].filter(Boolean));
    if (hadFocus) made.focus();
  }

  async function away() {
    try {
      await remove(path`/v1/waitlist/${wish.id}`, { signal });
      wish = { ...wish, status: "left", place: null };
      draw();
      about.left?.(wish);
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    }
  }
}

/** What somebody waits for: a time, or any on a date. */
export function whenOf({ resource, start, end, date }) {
  if (start) return times.when(start, end, resource.timezone);
  return element("span", { class: "when" }, "Any time on ", element("span", times.spoken, times.longDate(date)));
}

function sentences({ status, place }, whom) {
  const who = whom ? whom.charAt(0).toUpperCase() + whom.slice(1) : "You";
  const keeps = whom ? `It is kept for ${whom}` : "We hold it for you";
  const number = place ? `number ${place} in line` : "in line";
  if (status === "waiting") return [`${who} ${whom ? "is" : "are"} ${number}.`, `${keeps} as soon as it is free.`];
  if (status === "offered") {
    return [`It is kept for ${whom ?? "you"} now.`, "Unconfirmed, it goes to the next in line."];
  }
  const over = status === "left" ? "left the line." : "waited, and nothing became free.";
  return [`${who} ${over}`, ""];
}

function show(box, ...content) {
  const made = element("section", { class: "waits card", tabindex: "-1", "aria-label": "Waiting in line" }, ...content);
  box.replaceChildren(made);
  made.focus();
  made.scrollIntoView({ block: "nearest" });
  return made;
}

function questions({ policy, seats }, start) {
  const number = (name, max) => element("input", { type: "number", name, required: true, min: 1, max, value: 1 });
  const { min_duration: shortest, max_duration: longest, step } = policy;
  const lengths = [];
  for (let each = shortest; each <= longest; each += step) lengths.push(each);
  const option = (each) => element("option", { value: each }, times.length(each));
  return [
    !start && lengths.length > 1 && field("How long?", element("select", { name: "duration" }, lengths.map(option))),
    seats && field("How many people come?", number("party", seats), `Up to ${seats}.`),
    policy.max_units > 1 && field("How many places?", number("units", policy.max_units), `Up to ${policy.max_units}.`),
  ].filter(Boolean);
}
