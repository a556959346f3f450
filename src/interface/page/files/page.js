// Where the page begins. It asks for the other scripts only while running: so it can tell when they do not come whole.

import("./start.js").catch((error) => {
  // Scripts that do not fit together come from two versions, while the service is being replaced: the next document
  // names those of one. Once, by itself; then it is left to the reader.
  const [{ type }] = performance.getEntriesByType("navigation");
  if (error instanceof SyntaxError && type !== "reload") location.reload();
  else document.querySelector(".unfinished")?.classList.add("now");
  throw error;
});
