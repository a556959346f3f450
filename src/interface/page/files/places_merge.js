// Two edits of one definition: what each changed, and what becomes of both.

const PARTS = ["attributes", "hours", "exceptions", "policy"]; // that are changed bit by bit

/** A definition as pairs of path and value. */
function flat(definition) {
  const found = new Map();
  for (const [name, value] of Object.entries(definition)) {
    if (!PARTS.includes(name)) found.set(name, value);
    else for (const [key, part] of Object.entries(value)) found.set(`${name}/${key}`, part);
  }
  return found;
}

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** Paths that differ from one definition to another. */
export function differences(one, other) {
  const [a, b] = [flat(one), flat(other)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => !same(a.get(path), b.get(path)));
}

/** Theirs with what is mine in it: where both changed the same, mine. `both`: those paths. */
export function merged(base, mine, theirs) {
  const changed = differences(base, mine);
  const both = differences(mine, theirs).filter(
    (path) => changed.includes(path) && !same(valueAt(base, path), valueAt(theirs, path)),
  );
  const result = structuredClone(theirs);
  for (const path of changed) {
    const [name, key] = path.split("/");
    const value = valueAt(mine, path);
    if (!key) result[name] = value;
    else if (value === undefined) delete result[name][key];
    else result[name][key] = value;
  }
  return { result, both };
}

/** What a definition says at a path; undefined: nothing. */
export const valueAt = (definition, path) => flat(definition).get(path);
