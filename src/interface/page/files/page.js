// Where the page's scripts begin.

import { element } from "./dom.js";
import { notice, withdraw } from "./notices.js";
import { begin as beginRouting } from "./router.js";
import { ends, isSignedIn, signInAddress } from "./session.js";
import { begin as beginTheme } from "./theme.js";

const MINUTES_OF_WARNING = 5;
const LONGEST_TIMER = 2 ** 31 - 1;

beginTheme();
document.addEventListener("daybook:unreachable", ({ detail }) =>
  notice("connection", "bad", `The service cannot be reached. ${detail.givesUp ? "" : "Trying again …"}`),
);
document.addEventListener("daybook:reached", () => withdraw("connection"));
document.addEventListener("daybook:signed-out", () => sessionEnded());
if (isSignedIn) {
  at(ends - MINUTES_OF_WARNING * 60_000, () => {
    const minutes = Math.max(1, Math.round((ends - Date.now()) / 60_000));
    notice("session", "", `Your session ends in ${minutes} min. `, again());
  });
  at(ends, sessionEnded);
}
if ("view" in document.getElementById("main").dataset) beginRouting();

function sessionEnded() {
  notice("session", "", isSignedIn ? "Your session has ended. " : "This needs somebody who is signed in. ", again());
}

function again() {
  return element("a", { href: signInAddress() }, isSignedIn ? "Sign in again" : "Sign in");
}

function at(time, what) {
  const wait = time - Date.now();
  if (wait < LONGEST_TIMER) setTimeout(what, Math.max(0, wait));
}
