// Booking the same again and again: how often, what happens to dates that are taken, and all of it in one go.

import { Unreachable, newKey, post } from "../api.js";
import { write } from "../changing.js";
import { element } from "../dom.js";
import { draftOf, forget, keep } from "../drafts.js";
import { field } from "../fields.js";
import { refusal, showRefusal } from "../refusals.js";
import { go } from "../router.js";
import * as times from "../times.js";
import { DRAFT, bodyOf, typed } from "./book_hold.js";
import { select } from "./find_filters.js";
import { leftOut } from "./series_dates.js";

const MOST = 100; // the API takes no more
const USUAL = 10;
const DAYS = { "FREQ=DAILY": 1, "FREQ=WEEKLY": 7, "FREQ=WEEKLY;INTERVAL=2": 14 };
const NOT_HELD =
  "A series is not set aside for you before: all its dates are looked at, and booked, when you press the button.";
const UNKNOWN = "It is not known whether the dates are booked. Press the button again: it counts once.";

/**
 * Fills `box`, which stands in a form. `trouble`: where refusals stand; `onward`: the button that sends the form; `go`
 * on only while not `signal`. Answers `{show(rule), book()}`; without a rule the box is empty.
 */
export function repeating(box, { wish, onward, trouble, signal }) {
  const draft = draftOf(DRAFT);
  const count = element("input", { type: "number", name: "times", required: true, min: 2, max: MOST });
  count.value = draft.times ?? USUAL;
  const ways = [["skip", "Leave it out, and book the others"], ["refuse", "Book none of them"]];
  const conflict = select("conflict", ways, draft.conflict ?? "skip");
  const until = element("p", { class: "soft", role: "status" });
  const asks = [field("How many times?", count, `Up to ${MOST}.`), field("If one of the dates is taken", conflict)];
  const content = [...asks, until, element("p", { class: "notice" }, NOT_HELD)];
  let rule = "";
  return { show, book };

  function show(next) {
    if (Boolean(next) !== Boolean(rule)) box.replaceChildren(...(next ? content : []));
    rule = next;
    if (!rule) return;
    const first = times.dateOf(wish.start);
    const last = times.later(first, DAYS[rule] * (Number(count.value) - 1));
    write(until, count.checkValidity() ? `From ${times.longDate(first)} to ${times.longDate(last)}.` : "");
    write(onward, says());
  }

  function says() {
    return count.checkValidity() ? `Book ${count.value} dates` : "Book all dates";
  }

  async function book() {
    const details = typed();
    const repeat = `${rule};COUNT=${count.value}`;
    const body = { ...bodyOf(wish), ...(details && { details }), repeat, on_conflict: conflict.value };
    const about = JSON.stringify(body);
    const { series } = draftOf(DRAFT);
    const key = series?.about === about ? series.key : newKey(); // the same wish, sent again, happens once
    keep(DRAFT, { series: { about, key } });
    onward.disabled = true;
    write(onward, "Booking …");
    try {
      const { data } = await post("/v1/bookings", body, { key });
      forget(DRAFT);
      if (!signal.aborted) go(seriesAddress(data.id, wish.customer), { replace: true });
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refused(error));
    } finally {
      onward.disabled = false;
      write(onward, says());
    }
  }

  function refused(error) {
    if (error instanceof Unreachable) {
      return refusal({ message: UNKNOWN, facts: { title: "The service cannot be reached" } });
    }
    const { conflicts } = error.facts ?? {};
    if (!conflicts?.length) return refusal(error);
    const made = refusal({ ...error, message: "Nothing is booked. These dates cannot be had:" });
    made.append(leftOut(conflicts));
    if (conflict.value === "skip") return made;
    const others = () => {
      conflict.value = "skip";
      book();
    };
    const again = { type: "button", class: "main", onclick: others };
    made.append(element("p", { class: "actions" }, element("button", again, "Leave them out, book the others")));
    return made;
  }
}

/** Where a series is shown. */
const seriesAddress = (series, customer) => `/find?${new URLSearchParams({ series, ...(customer && { customer }) })}`;
