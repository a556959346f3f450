// Lists of any length: asked for page by page, and gone through some at a time.

import { get } from "./api.js";

const AT_ONCE = 6;
const PAGE = 500;

/** A list's pages, or as many as bring `most` items; `address` ends with `?` or `&`. Answers `{items, position}`. */
export async function everything(address, signal, most = Infinity) {
  const items = [];
  let position = null;
  for (let cursor = ""; cursor !== null && items.length < most; ) {
    const answer = await get(`${address}limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { signal });
    position ??= answer.position;
    items.push(...answer.data.items);
    cursor = answer.data.next;
  }
  return { items, position };
}

/** Do it with all of them, some at a time. */
export async function each(all, what) {
  const left = [...all];
  const worker = async () => {
    while (left.length) await what(left.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
