// Pictures that the service draws, put into the page, so that they have its colours.

import { Problem } from "./api.js";
import { asWhom } from "./session.js";

/** The picture at an address of the API. Rejected with a Problem, or the signal's reason. */
export function picture(address, signal) {
  // The document's policy lets nobody make markup from texts; an answer that is a document already is none.
  return new Promise((resolve, reject) => {
    const asking = new XMLHttpRequest();
    const failed = () => reject(new Problem(asking.status, { detail: "The picture could not be loaded." }));
    asking.open("GET", address);
    for (const [name, value] of Object.entries(asWhom)) asking.setRequestHeader(name, value);
    asking.responseType = "document";
    asking.onerror = failed;
    asking.onload = () => {
      const drawn = asking.status === 200 && asking.responseXML?.documentElement;
      if (drawn) resolve(document.importNode(drawn, true));
      else failed();
    };
    signal.addEventListener("abort", () => {
      asking.abort();
      reject(signal.reason);
    });
    asking.send();
  });
}
