// What a training would use, and what it still lacks.

/** So many pictures of a class make a part to learn from, one to validate and one to test. */
export const LEAST = 3;
/** Below so many, every further picture of a class helps much. */
export const FEW = 15;

/** Codes and values for sentences: what must be there first, and what would help. */
export function needs({ classes }) {
  const used = classes.map((one) => ({ ...one, usable: one.count - (one.unreadable ?? 0) }));
  const lacking = used.filter((one) => one.usable < LEAST);
  const missing = [];
  if (used.length < 2)
    missing.push({ code: used.length ? "one_class" : "no_class", values: { name: used[0]?.name } });
  for (const one of lacking)
    missing.push({ code: "pictures", values: { name: one.name, count: LEAST - one.usable } });
  return { missing, advice: missing.length ? [] : advice(used) };
}

function advice(classes) {
  const few = classes.filter((one) => one.usable < FEW);
  const people = hands(classes);
  const found = [];
  if (few.length) found.push({ code: "few", values: { names: few.map((one) => one.name), count: FEW } });
  if (people.names.length === 1 && !people.unnamed)
    found.push({ code: "one_hand", values: { name: people.names[0] } });
  if (!people.names.length) found.push({ code: "no_hands", values: {} });
  return found;
}

/** Who drew: names, and the number of pictures of which nobody noted it. */
export function hands(classes) {
  const names = new Set();
  let unnamed = 0;
  for (const one of classes) {
    let noted = 0;
    for (const [name, count] of Object.entries(one.hands ?? {})) {
      if (!name) continue;
      names.add(name);
      noted += count;
    }
    unnamed += Math.max(0, one.count - noted);
  }
  return { names: [...names], unnamed };
}
