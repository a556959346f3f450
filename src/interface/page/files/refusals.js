// A refusal, for people: its title and its detail, and for a place that somebody else has what is free instead.

import { element } from "./dom.js";
import { isSignedIn, signInAddress } from "./session.js";
import * as times from "./times.js";

const OUT = isSignedIn ? "You are not signed in any more." : "You are not signed in.";

/**
 * `problem`: what the API raised. `zone`: of the place; `offer(alternative)` takes one of `alternatives` (by default
 * those of the problem), which may have a `note`.
 */
export function refusal(problem, { zone, offer, alternatives = problem.facts?.alternatives ?? [] } = {}) {
  const isOut = problem.code === "unauthenticated" && !problem.facts.reason; // else somebody else has come
  const title = isOut ? OUT : (problem.facts?.title ?? "That did not work");
  const made = element(
    "section",
    { class: "refusal", tabindex: "-1", role: "alert" },
    element("h2", {}, title),
    element("p", {}, isOut ? [signIn(), ", and go on here."] : problem.message),
  );
  if (offer && alternatives.length) {
    const list = element(
      "ul",
      { class: "offers" },
      alternatives.map((each) => element("li", {}, offerButton(each))),
    );
    made.append(element("p", {}, element("strong", {}, "Still free:")), list);
  } else if (offer && problem.code === "not-available") {
    made.append(element("p", {}, "Nothing else is free there in the coming days."));
  }
  return made;

  function offerButton(each) {
    const own = times.yours(each.start, each.end, zone);
    return element(
      "button",
      {
        type: "button",
        class: "offer",
        onclick: ({ currentTarget }) => void (currentTarget.disabled = true) ?? offer(each),
      },
      element("span", times.spoken, times.dateAndRange(each.start, each.end, zone)),
      own && element("span", { class: "soft" }, own),
      each.note && element("span", { class: "soft" }, each.note),
    );
  }
}

// As the notice above it has it; what was typed is kept meanwhile.
const signIn = () => element("a", { href: signInAddress() }, isSignedIn ? "Sign in again" : "Sign in");

/** Put a refusal into its place and lead whoever caused it there. */
export function showRefusal(place, made) {
  place.replaceChildren(made);
  made.focus();
}
