// Dates of a series that could not be booked, each with the reason.

import { element } from "../dom.js";
import * as times from "../times.js";

/** `dates`: as the API lists them: `{start, detail}`; a start is a wall clock, which there may not be. */
export function leftOut(dates) {
  return element("ul", { class: "rows" }, dates.map(row));
}

function row({ start, detail }) {
  const date = times.shortDate(times.dateOf(start));
  const clock = times.clock(`${start}Z`, "UTC");
  return element("li", {}, element("strong", times.spoken, `${date}, ${clock}`), element("span", {}, detail));
}
