// Audit: what happened, and how days stood, as the log has it; for those who look after that it is right.

import { day } from "../audit_day.js";
import { log } from "../audit_log.js";
import { element } from "../dom.js";
import { styled } from "../styles.js";

const WAYS = [
  ["/audit", "Log"],
  ["/audit/days", "A day"],
];

export async function show(place, context) {
  await styled("audit.css", "desk.css");
  const [, , what, resource, date] = context.path.split("/");
  const isDay = what === "days";
  const link = ([href, text]) => {
    const current = (href === "/audit/days") === isDay ? "page" : null;
    return element("li", {}, element("a", { href, "aria-current": current }, text));
  };
  place.append(element("nav", { class: "ways", "aria-label": "Ways to look back" }, element("ul", {}, WAYS.map(link))));
  const body = element("div", {});
  place.append(body);
  return isDay ? day(body, { ...context, resource, date }) : log(body, context);
}
