// What a booking's states and actions are called, and what was said of it, as people read it.

import { element } from "./dom.js";

const STATES = {
  held: ["Set aside", "warn"],
  pending: ["Waits for approval", "warn"],
  confirmed: ["Confirmed", "good"],
  completed: ["Took place", ""],
  no_show: ["Nobody came", "bad"],
  cancelled: ["Cancelled", ""],
  rejected: ["Turned down", "bad"],
  revoked: ["Taken back", "bad"],
  expired: ["Ran out", ""],
};

/**
 * What the buttons say, what sends it (`go`), and what is said when it has happened. `asks`: a reason, before it is
 * sent; `main`: what one would do most often.
 */
export const ACTIONS = {
  confirm: { text: "Confirm", done: "Confirmed.", main: true },
  approve: { text: "Approve", done: "Approved.", main: true },
  reject: { text: "Reject", go: "Reject booking", done: "Turned down.", asks: "Why? The customer reads it." },
  complete: { text: "Took place", done: "Noted that it took place.", main: true },
  "no-show": {
    text: "Nobody came",
    go: "Say that nobody came",
    done: "Noted that nobody came.",
    asks: "Anything to remember?",
  },
  cancel: { text: "Cancel", go: "Cancel booking", done: "Cancelled.", asks: "Why? You may leave it empty." },
  rest: { text: "Cancel the rest", go: "Cancel it and all after it", asks: "Why? You may leave it empty." },
  revoke: { text: "Revoke", go: "Revoke booking", done: "Taken back.", asks: "Why? The customer reads it." },
};

/** What one can do with it: of a series, to its rest as well. */
export const actionsOf = ({ actions, series }) =>
  series && actions.includes("cancel") ? [...actions, "rest"] : actions;

/** What is said to a customer for whom it is too late. */
export const LATE = "It can no longer be moved or cancelled here. Please ask the desk.";

/** Whether it still takes its place. */
export const isActive = ({ status }) => ["held", "pending", "confirmed"].includes(status);

export const stateOf = ({ status }) => STATES[status][0];

/** Whether it is bad news for its customer. */
export const isBad = ({ status }) => STATES[status][1] === "bad";

/** A word for how it stands. */
export const badge = ({ status }) => element("span", { class: `badge ${STATES[status][1]}` }, STATES[status][0]);

/** What has become of it, as a sentence, with the reason that was given: `Turned down: “It is under water.”` */
export function becameOf(booking) {
  const reason = booking.reason && texts(booking.reason);
  return reason ? `${stateOf(booking)}: “${reason}”` : `${stateOf(booking)}.`;
}

/** A sealed text, opened; or why there is none to read. */
export function texts(value) {
  if (value?.erased) return "Erased at the person's wish.";
  return value?.unreadable ? "It cannot be read at present." : value?.text;
}

/** What was typed for it, as pairs of name and text. */
export function details({ details: said, party, legs }) {
  if (said?.erased || said?.unreadable) return [["About", texts(said)]];
  const pairs = Object.entries(said ?? {}).map(([name, value]) => [
    name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " "),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  if (party > 1) pairs.unshift(["People", String(party)]);
  if (legs[0].units > 1) pairs.unshift(["Places", String(legs[0].units)]);
  return pairs;
}
