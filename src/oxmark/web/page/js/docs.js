// The OpenAPI description as a page. Everything is put in as text, never as HTML.

const element = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

const resolve = (schema, all) =>
  schema?.$ref ? all.components.schemas[schema.$ref.split("/").pop()] : schema ?? {};

/** A schema in a few words: its name, or its type, or the types it may have. */
function inWords(schema, all) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf ?? schema.oneOf) return (schema.anyOf ?? schema.oneOf).map((one) => inWords(one, all)).join(" or ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (schema.type === "array") return `list of ${inWords(schema.items, all) || "values"}`;
  if (schema.type === "string" && schema.format === "binary") return "bytes";
  return schema.type ?? "any value";
}

function table(head, rows) {
  const body = rows.map((row) => element("tr", "", ...row.map((cell, i) => element(i ? "td" : "th", "", cell ?? ""))));
  body.forEach((row) => row.firstChild.setAttribute("scope", "row"));
  const titles = head.map((text) => element("th", "", text));
  titles.forEach((title) => title.setAttribute("scope", "col"));
  return element("div", "scroll", element("table", "", element("thead", "", element("tr", "", ...titles)), element("tbody", "", ...body)));
}

/** A sentence; what stands between backticks is code. */
const prose = (text) => text.split("`").map((piece, i) => (i % 2 ? element("code", "", piece) : piece));

/** The fields of an object, or of each object that it may be. */
function fields(schema, all) {
  const found = resolve(schema, all);
  const choices = found.anyOf ?? found.oneOf;
  if (choices) return choices.flatMap((one) => fields(one, all));
  const needed = new Set(found.required ?? []);
  return Object.entries(found.properties ?? {}).map(([name, one]) => [
    name, inWords(one, all) + (needed.has(name) ? "" : ", optional"), one.description ?? "",
  ]);
}

function content(media, all) {
  return Object.entries(media ?? {}).flatMap(([type, { schema, example }]) => {
    const rows = fields(schema, all);
    const words = inWords(schema, all);
    return [
      element("p", "type", element("code", "", type), words ? ` ${words}` : ""),
      ...(rows.length ? [table(["Field", "Type", "What it is"], rows)] : []),
      ...(example === undefined ? [] : [element("pre", "", JSON.stringify(example, null, 2))]),
    ];
  });
}

function operation(path, method, described, all) {
  const body = element("div", "body");
  for (const line of (described.description ?? "").split(/\n\n+/).filter(Boolean)) body.append(element("p", "", ...prose(line)));
  const parameters = described.parameters ?? [];
  if (parameters.length) {
    body.append(element("h4", "", "Parameters"), table(["Name", "Where", "Type", "What it is"], parameters.map((one) =>
      [one.name + (one.required ? "" : " (optional)"), one.in, inWords(one.schema, all), one.description ?? ""])));
  }
  if (described.requestBody) body.append(element("h4", "", "Body"), ...content(described.requestBody.content, all));
  const answers = Object.entries(described.responses);
  body.append(element("h4", "", "Answers"));
  for (const [status, one] of answers.filter(([status]) => status < "400")) {
    body.append(element("p", "", element("strong", "", status), ` ${one.description}`), ...content(one.content, all));
  }
  body.append(table(["Error", "When"], answers.filter(([status]) => status >= "400").map(([status, one]) => [status, one.description])));
  const name = element("h3", "", element("span", `method ${method}`, method.toUpperCase()), " ", element("code", "", path));
  const summary = element("summary", "", name, element("span", "about", described.summary ?? ""));
  return element("details", "operation", summary, body);
}

async function main() {
  const place = document.getElementById("operations");
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const all = await answer.json();
    document.getElementById("about").replaceChildren(...prose(all.info.description));
    const groups = new Map();
    for (const [path, methods] of Object.entries(all.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        const tag = described.tags?.[0] ?? "other";
        if (!groups.has(tag)) groups.set(tag, []);
        groups.get(tag).push(operation(path, method, described, all));
      }
    }
    place.replaceChildren(...[...groups].map(([tag, made]) => element("section", "", element("h2", "", tag), ...made)));
    place.removeAttribute("role");
  } catch (error) {
    place.textContent = `The description could not be read (${error.message}). Reload the page.`;
  }
}

main();
