// The lines that use a model elsewhere. `file` is the model file's name, `classes` its class names, `origin`
// the address of this studio.

export function python({ file }) {
  return `import oxmark
answer = oxmark.load(${quoted(file)}).predict("picture.png")
print(answer.label or "none of these", answer.probabilities)
`;
}

export function javascript({ file, classes }) {
  return `// answer.mjs, after: npm install onnxruntime-node sharp
import ort from "onnxruntime-node";
import sharp from "sharp";

const classes = ${listed(classes)};
const session = await ort.InferenceSession.create(${quoted(file)});
const { data, info } = await sharp("picture.png").rotate()
  .toColourspace("srgb").ensureAlpha().raw()
  .toBuffer({ resolveWithObject: true });
const shape = [1, info.height, info.width, 4];
const pixels = new ort.Tensor("uint8", data, shape);
const { probabilities, known } = await session.run({ pixels });
const p = Array.from(probabilities.data);
const best = classes[p.indexOf(Math.max(...p))];
console.log(known.data[0] < 0.5 ? "none of these" : best, p);
`;
}

export function browser({ file, classes }) {
  return `// after: npm install onnxruntime-web
import * as ort from "onnxruntime-web";

const classes = ${listed(classes)};
const session = await ort.InferenceSession.create(${quoted(file)});

export async function answer(canvas) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const { data } = context.getImageData(0, 0, width, height);
  const shape = [1, height, width, 4];
  const pixels = new ort.Tensor("uint8", new Uint8Array(data), shape);
  const { probabilities, known } = await session.run({ pixels });
  const p = Array.from(probabilities.data);
  const best = classes[p.indexOf(Math.max(...p))];
  return known.data[0] < 0.5 ? null : best; // null: none of these
}
`;
}

export function curl({ origin }) {
  return `curl --data-binary @picture.png ${origin}/predict\n`;
}

function listed(names) {
  return `[${names.map(quoted).join(", ")}]`;
}

function quoted(text) {
  return JSON.stringify(text);
}
