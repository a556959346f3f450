// The day of all places: a row each, what is booked and blocked on it, where it lies on the place's own clock.

import { now } from "./api.js";
import { wall } from "./clocks.js";
import { DAY, contentOf } from "./desk_items.js";
import { element } from "./dom.js";
import * as times from "./times.js";

const OPENS = 8 * 60; // what is shown at least
const CLOSES = 18 * 60;
const MINUTE = 60_000;
const clockAt = (minute) => times.clock(new Date(minute * MINUTE).toISOString(), "UTC");
const WALKING = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 };

/**
 * `opened(item)`: one was chosen, see `contentOf`, which `content` may take the place of; `label`: what the whole is
 * called. Answers `{element, update({places, date, days, bookings, nameOf}),
 * tick(), itemOf(key), focus(key)}`; `update` leaves the focus where it is, `tick` moves the clock on.
 */
export function dayTimeline({ opened, content = contentOf, label = "The day of all places" }) {
  let drawn = null;
  let rows = [];
  let current = null; // the one item that the Tab key stops at; the arrow keys go to the others
  let at = null; // places something on the scale
  const scale = element("div", { class: "desk-row desk-scale", "aria-hidden": "true" });
  const hint = element("p", { class: "unseen", id: "desk-keys" }, "The arrow keys go from one to the next.");
  const named = { role: "region", "aria-label": label, "aria-describedby": "desk-keys" };
  const whole = element("div", { class: "desk-day", tabindex: "0", ...named });
  whole.addEventListener("keydown", walk);
  whole.addEventListener("focusin", ({ target }) => target.matches(".desk-item") && stopAt(target));
  return { element: whole, update, tick, itemOf, focus };

  function update({ places, date, days, bookings, nameOf }) {
    const of = (resource) => content(resource, date, days.get(resource.id), bookings, nameOf);
    const next = places.map((resource) => ({ resource, date, ...of(resource) }));
    const sign = JSON.stringify(next.map(({ resource, items, ...rest }) => [
      resource.id,
      resource.name,
      rest,
      items.map(({ label, lane, key, state }) => [label, lane, key, state]),
    ]));
    rows = next;
    if (sign === drawn) return; // whoever reads it, or has the focus in it, is left alone
    const isFirst = drawn === null;
    drawn = sign;
    draw(isFirst);
  }

  function draw(isFirst) {
    const all = rows.flatMap(({ windows, night, items }) => [...windows, ...night, ...items]);
    const first = Math.floor(Math.min(...all.map(({ from }) => from), OPENS) / 60) * 60;
    const last = Math.ceil(Math.max(...all.map(({ to }) => to), CLOSES) / 60) * 60;
    at = (made, { from, to }) => {
      made.style.setProperty("--at", String((from - first) / (last - first)));
      made.style.setProperty("--width", String((to - from) / (last - first)));
      return made;
    };
    const had = whole.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    whole.style.setProperty("--hours", String((last - first) / 60));
    const hours = Array.from({ length: (last - first) / 60 }, (_, number) => first + number * 60);
    const hour = (from) => at(element("span", {}, times.hour(from * MINUTE, "UTC")), { from, to: from + 60 });
    scale.replaceChildren(element("span", {}), element("div", { class: "desk-track" }, hours.map(hour)));
    whole.replaceChildren(hint, scale, ...rows.map(rowOf));
    stopAt(buttonOf(current) ?? whole.querySelector(".desk-item"));
    if (had) focus(had, { preventScroll: true }); // one may be looking elsewhere by now
    tick();
    if (isFirst) lookAt(first, last);
  }

  function rowOf({ resource, windows, night, items, lanes, reason, changes }) {
    const { id, name, timezone } = resource;
    const soft = (text) => text && element("span", { class: "soft" }, text);
    const zone = timezone === times.ownZone ? null : times.placeOf(timezone);
    const from = night.length > 0 && ` from ${clockAt(Math.max(...night.map(({ to }) => to)))}`;
    const closed = windows.length ? null : `Closed${from || ""}${reason ? `: ${reason}` : ""}`;
    const clocks = changes && "The clocks change on this date.";
    const isCrowded = items.length > 0;
    const notes = [zone, clocks, (isCrowded || from) && closed].filter(Boolean).map(soft);
    const openings = [...night, ...windows];
    const open = openings.map((window) => at(element("span", { class: "desk-open", "aria-hidden": "true" }), window));
    const entries = items.map((item) => element("li", {}, button(item)));
    const list = element("ul", { "aria-labelledby": `row-${id}` }, entries);
    const all = from ? null : closed; // the whole day is
    const empty = { class: `soft ${all ? "desk-none" : "desk-free"}` };
    const none = isCrowded ? null : element("p", empty, all ?? "Nothing booked");
    const track = element("div", { class: "desk-track", "data-zone": timezone }, open, none, isCrowded && list);
    track.style.setProperty("--lanes", String(Math.max(1, lanes)));
    const heading = element("h3", { id: `row-${id}`, title: name }, name, notes);
    return element("section", { class: "desk-row" }, heading, track);
  }

  function button(item) {
    const { key, lane, text, state, label, time, misfit } = item;
    const onclick = () => opened(itemOf(key));
    const named = { "data-key": key, "data-state": state, "data-misfit": misfit, "aria-label": label, title: label };
    const inside = [element("span", { class: "desk-time" }, time), " ", element("strong", {}, text)];
    const made = element("button", { type: "button", class: "desk-item", tabindex: "-1", onclick, ...named }, inside);
    made.style.setProperty("--lane", String(lane));
    return at(made, item);
  }

  function itemOf(key) {
    return rows.flatMap(({ items }) => items).find((item) => item.key === key);
  }

  function buttonOf(key) {
    return [...whole.querySelectorAll(".desk-item")].find((each) => each.dataset.key === key);
  }

  function focus(key, how) {
    (buttonOf(key) ?? whole).focus(how);
  }

  function stopAt(item) {
    for (const each of whole.querySelectorAll('.desk-item[tabindex="0"]')) each.tabIndex = -1;
    if (!item) return;
    item.tabIndex = 0;
    current = item.dataset.key;
  }

  // A line where it is now, by the clock of each place, and a shade over what is past.
  function tick() {
    for (const made of whole.querySelectorAll(".desk-now, .desk-past")) made.remove();
    const [first] = rows;
    if (!first) return;
    for (const track of whole.querySelectorAll(".desk-track[data-zone]")) {
      const { zone } = track.dataset;
      const today = times.today(zone);
      const shade = (until) => track.append(at(element("span", { class: "desk-past" }), { from: until, to: until }));
      if (first.date < today) shade(2 * DAY);
      if (first.date !== today) continue;
      const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
      const minute = wall(new Intl.DateTimeFormat("en-GB", parts).format(now()));
      const line = at(element("span", { class: "desk-now", "aria-hidden": "true" }), { from: minute, to: minute });
      shade(minute);
      if (Number(line.style.getPropertyValue("--at")) >= 0 && minute < DAY) track.append(line);
    }
  }

  // Begin where something is: now, or where the day's first opens.
  function lookAt(first, last) {
    const line = whole.querySelector(".desk-now");
    const opens = Math.min(...rows.flatMap(({ windows, items }) => [...windows, ...items]).map(({ from }) => from));
    const share = line ? Number(line.style.getPropertyValue("--at")) - 0.1 : (opens - first) / (last - first);
    requestAnimationFrame(() => (whole.scrollLeft = Number.isFinite(share) ? share * (whole.scrollWidth - 160) : 0));
  }

  // The arrow keys go from one to the next, and from row to row; Home and End to the first and the last of the row.
  function walk(event) {
    if (!event.target.matches(".desk-item")) return;
    const all = [...whole.querySelectorAll(".desk-item")];
    const here = event.target.closest(".desk-row");
    const ofRow = [...here.querySelectorAll(".desk-item")];
    const way = WALKING[event.key];
    const place = all.indexOf(event.target);
    const ahead = way > 0 ? all.slice(place + 1) : all.slice(0, place).reverse();
    const isRow = event.key === "ArrowDown" || event.key === "ArrowUp";
    const next = isRow ? ahead.find((each) => each.closest(".desk-row") !== here) : ahead[0];
    const to = event.key === "Home" ? ofRow[0] : event.key === "End" ? ofRow.at(-1) : way && next;
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
}
