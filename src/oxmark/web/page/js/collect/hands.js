// Who drew the pictures of a folder, from the metadata.csv that lies in it (columns file_name and drawer).

/** tables: [{file, path}]; gives path of a picture -> name. */
export async function handsOf(tables) {
  const hands = new Map();
  for (const { file, path } of tables) {
    const [head, ...rows] = parse(await file.text());
    const name = head?.indexOf("file_name") ?? -1;
    const drawer = head?.indexOf("drawer") ?? -1;
    if (name < 0 || drawer < 0) continue;
    for (const row of rows) {
      if (row[name] && row[drawer])
        hands.set([...path.slice(0, -1), row[name].normalize("NFC")].join("/"), row[drawer].trim());
    }
  }
  return hands;
}

/** Comma-separated values; a field in quotes may hold commas, line ends and doubled quotes. */
function parse(text) {
  const rows = [];
  let row = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|\r|$)/gy;
  const source = text.replace(/^\uFEFF/, "");
  while (field.lastIndex < source.length) {
    const found = field.exec(source);
    if (!found) break;
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}
