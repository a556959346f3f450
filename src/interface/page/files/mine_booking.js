// One booking, as its customer and the desk see it: how it stands, and what one can do with it.

import { Problem, get, newKey, post } from "./api.js";
import { element } from "./dom.js";
import { lastOf } from "./mine_history.js";
import { keepReason, keptReason, reasonForm } from "./mine_reason.js";
import { ACTIONS, actionsOf, badge, becameOf, details, isActive, stateOf, texts } from "./mine_words.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import * as times from "./times.js";
import { unattended } from "./unattended.js";

const NOT_ANY_MORE = new Set(["stale-version", "invalid-transition", "hold-expired"]);

/**
 * A booking that can be acted on. `names`: resources' names by id; `who(booking)`: an element that says whose it is;
 * `href`, `move`: addresses of its history and of where it is moved; `me`: the person that one is; `without`: actions
 * that are not offered here; `late`: what is said when nothing can be done any more; `changed(booking, said)`: it was,
 * by this card.
 * Answers `{element, update(booking), forget(), focus(), booking, isTyping}`; `update` leaves what one is typing alone,
 * and passes over what is older; after `forget` whatever comes next holds, be it older: it is of another log.
 */
export function bookingCard(booking, { names, who, href, move, me, changed, without = [], late, level = 3, signal }) {
  const heading = element(`h${level}`, { tabindex: "-1" });
  const state = element("p", { class: "state" });
  const time = element("div", { class: "times" });
  const rest = element("dl", { class: "about" });
  const keeping = element("div", {}); // until when it is kept for one
  const trouble = element("div", { class: "trouble" });
  const bar = element("div", { class: "actions" });
  const formPlace = element("div", { class: "asked" });
  const head = element("div", { class: "between" }, heading, state);
  const card = element("article", { class: "card booking" }, head, time, keeping, rest, trouble, bar, formPlace);
  let shown = booking;
  let isForgotten = false;
  let isSending = false;
  let drawn = null;
  let stopKeeping = null;
  let asked = null; // the form that asks for a reason
  update(booking);
  const typed = offered().find((name) => ACTIONS[name].asks && keptReason(booking.id, name));
  if (typed) ask(typed, { leads: false }); // it was not sent when the page went: it is there again
  return {
    element: card,
    update,
    forget: () => (isForgotten = true),
    focus: () => heading.focus(),
    get booking() {
      return shown;
    },
    get isTyping() {
      return asked !== null;
    },
  };

  function offered() {
    return actionsOf(shown).filter((name) => ACTIONS[name] && !without.includes(name));
  }

  function update(next) {
    if (next.version < shown.version && !isForgotten) return;
    isForgotten = false;
    shown = next;
    const whose = who?.(next);
    const sign = JSON.stringify([next.version, next.status, next.actions, whose?.textContent]);
    if (sign === drawn) return; // whoever reads it, or has the focus in it, is left alone
    drawn = sign;
    card.dataset.status = next.status;
    card.dataset.booking = next.id;
    heading.textContent = [...new Set(next.legs.map(({ resource }) => nameOf(resource)))].join(", ");
    state.replaceChildren(badge(next));
    time.replaceChildren(...next.legs.map(timeOf));
    const isTwice = ([name, text]) => name === "Name" && whose?.firstChild.textContent === text;
    const said = details(next).filter((each) => !isTwice(each));
    const pairs = [...said, next.reason && ["Reason", texts(next.reason)]].filter(Boolean);
    rest.replaceChildren(...(whose ? [pair("For", whose)] : []), ...pairs.map(([name, text]) => pair(name, text)));
    asked?.allow({ actions: actionsOf(next) });
    drawActions();
    keep();
  }

  function isKept() {
    return shown.status === "held" && shown.customer === me;
  }

  // What was held for whoever waited for it: they say yes or no. Few have any: it is loaded for those.
  function keep() {
    stopKeeping?.abort();
    stopKeeping = null;
    if (!isKept()) return keeping.replaceChildren();
    stopKeeping = new AbortController();
    const until = AbortSignal.any([signal, stopKeeping.signal]);
    const over = (next) => {
      update(next);
      changed?.(next, becameOf(next));
    };
    const begin = ({ kept }) => until.aborted || kept(keeping, shown, { signal: until, over });
    return unattended(import("./mine_offer.js").then(begin), signal);
  }

  function nameOf(resource) {
    return names.get(resource) ?? resource;
  }

  function timeOf(leg) {
    const where = shown.legs.length > 1 && `${nameOf(leg.resource)}: `;
    return element("p", { class: "time" }, where, times.when(leg.start, leg.end, leg.timezone));
  }

  function drawActions() {
    const at = document.activeElement?.dataset?.action;
    const hadFocus = bar.contains(document.activeElement);
    const of = (name, text) => ({ "data-action": name, "aria-label": `${text}: ${heading.textContent}` });
    const button = (name) => {
      const { text: its, main, asks } = ACTIONS[name];
      const isLetGo = name === "cancel" && isKept();
      const text = isLetGo ? "Let it go" : its;
      const onclick = () => (asks && !isLetGo ? ask(name) : send(name));
      return element("button", { type: "button", class: main && "main", onclick, ...of(name, text) }, text);
    };
    const link = (name, text, address, kind) =>
      element("a", { class: `button ${kind}`.trim(), href: address(shown), ...of(name, text) }, text);
    const mayMove = move && shown.actions.includes("reschedule");
    const isTheirs = shown.customer === me && ["pending", "confirmed"].includes(shown.status);
    const links = [
      mayMove && link("move", "Move", move, ""),
      isTheirs && link("calendar", "Add to calendar", ({ id }) => path`/v1/bookings/${id}.ics`, "plain"),
      shown.series && link("series", "Series", ({ series }) => `/find?series=${series}`, "plain"),
      href && link("history", "History", href, "plain"),
    ];
    const isStuck = late && isActive(shown) && !shown.actions.length;
    const stuck = isStuck && element("p", { class: "soft stuck" }, late);
    bar.replaceChildren(...offered().map(button), ...links.filter(Boolean), ...[stuck].filter(Boolean));
    if (hadFocus) (bar.querySelector(`[data-action="${at}"]`) ?? heading).focus();
  }

  function ask(name, { leads = true } = {}) {
    const back = () => {
      shut();
      (bar.querySelector(`[data-action="${name}"]`) ?? heading).focus();
    };
    asked = reasonForm(shown, name, { send: (reason) => send(name, reason), back });
    formPlace.replaceChildren(asked.element);
    bar.hidden = true;
    if (leads) asked.focus();
  }

  function shut() {
    asked = null;
    formPlace.replaceChildren();
    bar.hidden = false;
  }

  async function send(name, reason) {
    if (isSending) return;
    isSending = true;
    card.setAttribute("aria-busy", "true");
    const body = reason ? { reason } : {};
    const version = `"${shown.version}"`;
    const wasKept = isKept();
    try {
      const key = keyOf(name, body);
      const { data, done = ACTIONS[name].done } =
        name === "rest"
          ? await (await import("./mine_series.js")).giveUp(shown, body, key)
          : await post(path`/v1/bookings/${shown.id}/${name}`, body, { key, version });
      if (reason) keepReason(shown.id, name);
      const isHere = card.contains(document.activeElement) || document.activeElement === document.body;
      trouble.replaceChildren();
      shut();
      update(data);
      if (isHere) heading.focus();
      changed?.(data, wasKept ? becameOf(data) : done);
    } catch (error) {
      if (!signal?.aborted) await refused(error, name, reason);
    } finally {
      isSending = false;
      card.removeAttribute("aria-busy");
    }
  }

  // The same wish, sent again, has the same key: it happens once.
  function keyOf(name, body) {
    const about = JSON.stringify([shown.id, shown.version, name, body]);
    if (send.about !== about) Object.assign(send, { about, key: newKey() });
    return send.key;
  }

  // Somebody else did something with it in between: what that was is said, how it stands is shown, and one click
  // repeats what one wanted where that can still be. What was typed stays.
  async function refused(error, name, reason) {
    const isProblem = error instanceof Problem && error.status !== 401;
    const { data } = isProblem ? await get(path`/v1/bookings/${shown.id}`, { signal }).catch(() => ({})) : {};
    let last = null;
    if (data) {
      if (NOT_ANY_MORE.has(error.code)) last = await lastOf(data, { me, signal }).catch(() => stateOf(data));
      update(data);
    }
    if (signal?.aborted) return;
    if (last === null) return showRefusal(trouble, refusal(error));
    const isStill = actionsOf(data).includes(name);
    const next = isStill ? "Look at it again: do you still want it?" : "There is nothing left to do here.";
    const facts = { title: "It was changed meanwhile" };
    const made = refusal({ code: error.code, facts, message: `${last} ${next}` });
    const { go, text } = ACTIONS[name];
    const repeat = () => send(name, reason);
    const again = element("button", { type: "button", onclick: repeat }, `${go ?? text} all the same`);
    if (isStill) made.append(element("p", { class: "actions" }, again));
    showRefusal(trouble, made);
    changed?.(shown);
    return undefined;
  }
}

const pair = (name, text) => element("div", {}, element("dt", {}, name), element("dd", {}, text));
