// Find: places by kind, size, equipment and free time, with a date at a glance: today, or the one that is asked for.

import { element } from "../dom.js";
import { freeAt } from "../find_free.js";
import { everything } from "../lists.js";
import { follow, lamp } from "../live.js";
import { knownDays } from "../picker_days.js";
import { readdress } from "../router.js";
import { isToCome } from "../slots.js";
import * as times from "../times.js";
import { askNowAndThen } from "../unattended.js";
import * as book from "./book.js";
import { placeCard } from "./find_card.js";
import { addressOf, filters, isLike, wantedOf } from "./find_filters.js";

// What else stands at this address, by what its query says: loaded by whoever goes there.
const OTHERS = {
  need: () => import("./together.js"),
  any: () => import("./any.js"),
  series: () => import("./series.js"),
};
const MINUTE = 60_000;
const MOST_FOLLOWED = 50;
const SETTLED = 500; // milliseconds: while somebody scrolls, nothing is followed anew

export async function show(place, context) {
  if (/^\/find\/[^/]+/.test(context.path)) return book.show(place, context);
  const { query, signal } = context;
  const other = Object.keys(OTHERS).find((name) => query.has(name));
  if (other) return (await OTHERS[other]()).show(place, context);
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  place.append(element("h1", {}, "Find a place"), progress);
  const { items: all } = await everything("/v1/resources?", signal);
  if (signal.aborted) return;
  if (!all.length) return progress.replaceWith(element("p", {}, "There is nothing to book yet."));
  all.sort((one, other) => one.kind.localeCompare(other.kind) || one.name.localeCompare(other.name));
  const places = new Map(all.map((resource) => [resource.id, { resource, card: placeCard(resource) }]));
  const count = element("p", { class: "soft", role: "status" });
  const light = element("span", {});
  const list = element("ul", { class: "cards places" });
  const form = filters(all, query, () => update(), signal);
  const ways = element("p", { class: "actions more" });
  progress.replaceWith(form, element("div", { class: "between" }, count, light), ways, list);
  let turn = 0;
  let wanted = null;

  // Only of places that somebody sees is asked what is free.
  const seen = new IntersectionObserver((entries) =>
    entries.forEach(({ target, isIntersecting }) => {
      visible[isIntersecting ? "add" : "delete"](target.dataset.resource);
      if (isIntersecting) glance(target.dataset.resource);
      clearTimeout(moving);
      moving = setTimeout(followShown, SETTLED);
    }),
  );
  const visible = new Set();
  let moving;
  let followed = new Set();
  let stop = () => {};
  const days = knownDays(signal);
  const showState = lamp(light);
  const heard = {
    state: showState,
    day: (told) => days.tell(told) && draw(told.resource),
    resource: ({ resource: id, retired }) => (retired ? gone(id) : glance(id)),
    reset: () => {
      days.forget();
      return Promise.all([...places.keys()].filter((id) => days.of(id).size).map(glance));
    },
  };
  // What was next is past; and another day may have begun.
  const stopAsking = askNowAndThen(() => Promise.all([...visible].map(glance)), MINUTE);
  signal.addEventListener("abort", () => {
    seen.disconnect();
    stop();
    clearTimeout(moving);
    stopAsking();
  });
  await update();

  async function update() {
    const mine = ++turn;
    wanted = wantedOf(form);
    readdress(addressOf(wanted));
    let found = [...places.values()].filter(({ resource }) => isLike(resource, wanted));
    let free = null;
    if (wanted.date && wanted.time) {
      count.textContent = "Looking for free places …";
      try {
        free = await freeAt(wanted, new Set(found.map(({ resource }) => resource.timezone)), signal);
      } catch (error) {
        if (mine === turn && !signal.aborted) count.textContent = error.message;
        return;
      }
      if (mine !== turn || signal.aborted) return;
      found = found.filter(({ resource }) => free.has(resource.id));
    }
    for (const { resource, card } of found) {
      card.offer(free?.get(resource.id));
      draw(resource.id);
    }
    list.replaceChildren(...found.map(({ card }) => card.element));
    count.textContent = said(found.length, wanted);
    ways.replaceChildren(...waysOf(wanted, found.length));
    observe();
  }

  function observe() {
    seen.disconnect();
    visible.clear();
    for (const each of list.children) seen.observe(each);
  }

  // A stream tells of so many places: of those that one sees, and of as many others as there is room for.
  function followShown() {
    const shown = [...list.children].map(({ dataset }) => dataset.resource);
    const near = shown.filter((id) => visible.has(id));
    const needed = shown.length > MOST_FOLLOWED ? near : shown;
    if (signal.aborted || days.after() === null || needed.every((id) => followed.has(id))) return;
    stop();
    followed = new Set([...new Set([...near, ...shown])].slice(0, MOST_FOLLOWED));
    stop = follow([...followed], { ...heard, after: days.after() });
  }

  function dateOf({ timezone }) {
    return wanted.date || times.today(timezone);
  }

  async function glance(id) {
    if (!places.has(id)) return;
    const date = dateOf(places.get(id).resource);
    try {
      await days.load(id, wanted.date ? date : times.later(date, -1), date);
      draw(id);
      if (!followed.size) followShown();
    } catch (error) {
      if (!signal.aborted && error.status === 404) gone(id);
    }
  }

  function draw(id) {
    if (!places.has(id)) return;
    const { resource, card } = places.get(id);
    const date = dateOf(resource);
    card.show(date, dayOf(id, date));
  }

  // At night, what yesterday's window still offers is listed under yesterday.
  function dayOf(id, date) {
    const day = days.of(id).get(date);
    const night = wanted.date ? [] : (days.of(id).get(times.later(date, -1))?.slots.filter(isToCome) ?? []);
    return day && { ...day, slots: [...night, ...day.slots] };
  }

  function gone(id) {
    places.get(id)?.card.element.remove();
    places.delete(id);
    count.textContent = said(list.children.length, wanted);
  }
}

// Beyond one place: whichever is free, and several at once.
function waysOf(wanted, count) {
  const { kind, date, people, minutes } = wanted;
  const way = (text, said) => element("a", { class: "button", href: addressOf(said) }, text);
  const any = kind && count > 1 && way("Any of them", { ...wanted, kind: "", any: kind });
  const need = kind ? `kind:${kind}` : "none";
  return [any || "", way("Book several together", { need, date, people, minutes, has: [] })];
}

function said(count, { date, time, minutes }) {
  if (!count) return "No place is like that. Ask for less, or for another time.";
  const found = `${count} ${count === 1 ? "place" : "places"}`;
  if (time && !date) return `${found}, whenever they are free: say on which date as well.`;
  if (minutes && !time) return `${found}, whenever they are free: say at what time as well.`;
  return found;
}
