// Files and folders that were dropped or chosen, as a flat list.
//
// await gather(dataTransfer)   {files: [{file, path: ["marks", "O", "1.png"]}], hidden: 3}
// gathered(fileList)           the same for an <input type="file">
// hidden: how many files and folders were left out because their names begin with a dot or because the
// system made them for itself.

import { handsOf } from "./hands.js";

const HIDDEN = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;
const PICTURE =
  /\.(png|jpe?g|jpe|jfif|gif|bmp|dib|webp|tiff?|pgm|ppm|pbm|pnm|ico|tga|avif|heic|heif|jp2|svg|psd)$/i;
const TABLE = /^metadata\.csv$/i;

/** Must be called while the drop is handled: afterwards the browser has forgotten what was dropped. */
export async function gather(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const found = { files: [], hidden: 0 };
  for (const { entry, file } of entries) {
    if (entry) await walk(entry, [], found);
    else if (file) put(file, [file.name], found);
  }
  return finish(found);
}

export async function gathered(list) {
  const found = { files: [], hidden: 0 };
  for (const file of list) put(file, (file.webkitRelativePath || file.name).split("/"), found);
  return finish(found);
}

function put(file, path, found) {
  if (path.some((name) => HIDDEN.test(name))) found.hidden += 1;
  else found.files.push({ file, path: path.map((name) => name.normalize("NFC")) });
}

async function walk(entry, above, found) {
  const path = [...above, entry.name];
  if (HIDDEN.test(entry.name)) {
    found.hidden += 1;
  } else if (entry.isFile) {
    put(await new Promise((resolve, reject) => entry.file(resolve, reject)), path, found);
  } else {
    for (const inner of await children(entry)) await walk(inner, path, found);
  }
}

/** A folder's entries come in portions, until an empty one. */
async function children(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    all.push(...some);
  }
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The tables that say who drew what are read, not sent. */
async function finish({ files, hidden }) {
  const tables = files.filter(({ path }) => TABLE.test(path.at(-1)));
  const hands = await handsOf(tables);
  const pictures = files
    .filter((one) => !tables.includes(one))
    .map(({ file, path }) => ({
      file,
      path,
      hand: hands.get(path.join("/")) ?? null,
      isPicture: file.type.startsWith("image/") || PICTURE.test(file.name),
    }));
  return { files: pictures, hidden };
}
