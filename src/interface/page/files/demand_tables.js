// The numbers behind the pictures, as tables.

import { share } from "./demand_numbers.js";
import { element } from "./dom.js";
import * as times from "./times.js";

const DAYS = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
const NUMBERS = [
  ["Taken", ({ utilisation }) => share(utilisation)],
  ["Bookings", ({ bookings }) => bookings],
  ["Refused", ({ refused }) => refused],
  ["Turned away", ({ turned_away: away }) => away],
  ["Waited", ({ waited }) => waited],
  ["Missed", ({ no_shows: missed }) => missed],
];

/** A row for each hour of each weekday in which there is anything. */
export const byHour = (items) => table("Hour", items, ({ weekday, hour }) => `${DAYS[weekday]} ${clock(hour)}`);

/** A row for each date. */
export const byDate = (items) => table("Date", items, ({ date }) => times.shortDate(date));

const clock = (hour) => (hour === null ? "any time" : `${String(hour).padStart(2, "0")}:00`);

function table(name, items, nameOf) {
  const head = [name, ...NUMBERS.map(([heading]) => heading)];
  const row = (item) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(item)),
      ...NUMBERS.map(([, number]) => element("td", {}, String(number(item)))),
    );
  return element(
    "table",
    { class: "numbers" },
    element("thead", {}, element("tr", {}, ...head.map((each) => element("th", { scope: "col" }, each)))),
    element("tbody", {}, ...items.map(row)),
  );
}
