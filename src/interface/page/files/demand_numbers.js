// What demand comes to in all, as sentences.

import { element } from "./dom.js";
import * as times from "./times.js";

const DAY = 1440;

/** `85%`; a dash where nothing was offered. */
export const share = (part) => (part === null ? "–" : `${Math.round(100 * part)}%`);

/** Elements that say it: of an answer of the API. */
export function inSum({ total, refusals_since: since, from }) {
  const facts = [
    ["Taken", share(total.utilisation), "of opening hours"],
    ["Bookings", total.bookings, early(total.lead_time_minutes)],
    ["Refused", total.refused, "wanted what others had"],
    ["Turned away", total.turned_away, "found nothing else that day"],
    ["Waited", total.waited, "wishes in line"],
    ["Missed", total.no_shows, "nobody came"],
  ];
  const fact = ([name, number, about]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, element("strong", {}, String(number)), ` ${about}`));
  const made = element("dl", { class: "in-sum" }, ...facts.map(fact));
  if (since === null || times.dateOf(since) <= from) return [made];
  const text = `What was refused before ${times.shortDate(times.dateOf(since))} is no longer kept, and not counted.`;
  return [made, element("p", { class: "soft" }, text)];
}

function early(minutes) {
  if (minutes === null) return "none began";
  if (minutes < DAY) return `made ${times.length(minutes)} ahead on average`;
  const days = Math.round(minutes / DAY);
  return `made ${days} ${days === 1 ? "day" : "days"} ahead on average`;
}
