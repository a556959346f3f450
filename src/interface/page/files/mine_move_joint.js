// Moving a booking of several places: all of them to another start, each for as long as it is booked now.

import { element } from "./dom.js";
import { field } from "./fields.js";
import { follow } from "./live.js";
import { goingOn } from "./next_day.js";
import * as times from "./times.js";
import { askNowAndThen } from "./unattended.js";
import { startsOfDay } from "./views/joint_starts.js";
import { jointWish } from "./views/together_wish.js";

const MOST = 5; // the API looks for no more at once
const MINUTE = 60_000;
const SOON = 250; // milliseconds: while somebody types, nothing is asked

/**
 * How a booking of several legs is moved: `{wishAt(start), choose(place, options)}`, as `jointWish` and `picker` have
 * it; null when its legs do not go together, so that there is more to say than one start. `places`: of its legs.
 */
export function jointMove({ legs }, places) {
  const [{ start }] = legs;
  const lengths = legs.map((leg) => times.minutes(leg.start, leg.end));
  const isOneLength = lengths.every((each) => each === lengths[0]);
  const areShortest = lengths.every((each, number) => each === places[number].policy.min_duration);
  const areOneStart = legs.every((leg) => times.instant(leg.start) === times.instant(start));
  const areDifferent = new Set(legs.map(({ resource }) => resource)).size === legs.length;
  if (legs.length > MOST || !areOneStart || !areDifferent || !(isOneLength || areShortest)) return null;
  const needs = legs.map(({ resource, units }) => `id:${resource}${units > 1 ? `;units:${units}` : ""}`);
  const asked = { needs, minutes: isOneLength ? lengths[0] : 0, people: 0 };
  return { wishAt, choose };

  function wishAt(at) {
    const wish = jointWish(asked, places, at);
    wish.what.legs.forEach((leg, number) => Object.assign(leg, { units: legs[number].units }));
    return wish;
  }

  async function choose(place, { date, after, signal, chosen, booking, reset }) {
    const day = element("input", { type: "date", name: "date", required: true, value: date });
    const today = () => times.today(places[0].timezone);
    const goOn = goingOn(day, today);
    const took = ({ start: at }) => chosen(wishAt(at));
    const starts = startsOfDay({ asked, zone: () => places[0].timezone, chosen: took, signal });
    const look = () => {
      goOn();
      day.min = today();
      return starts.look(day.value);
    };
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(look, SOON);
    };
    let waiting;
    const listens = { class: "filters", oninput: soon, onsubmit: (event) => event.preventDefault() };
    const own = "Times that overlap with the one that it has are not listed.";
    place.append(element("form", listens, field("On", day, own)), ...starts.elements);
    const ids = legs.map(({ resource }) => resource);
    const afresh = () => Promise.all([look(), reset()]);
    const stop = follow(ids, { after, day: look, resource: look, booking, reset: afresh });
    const stopAsking = askNowAndThen(look, MINUTE); // times go by as well
    signal.addEventListener("abort", () => {
      stop();
      stopAsking();
      clearTimeout(waiting);
    });
    await look();
  }
}
