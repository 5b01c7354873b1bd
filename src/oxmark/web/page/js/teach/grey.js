// Small grey pictures from the server, drawn pixel by pixel.

/** The bytes of a base64 text. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/** Draw `size` x `size` grey values, 0 black .. 255 white. */
export function paintGrey(canvas, { size, grey }) {
  const bytes = typeof grey === "string" ? bytesOf(grey) : grey;
  if (canvas.width !== size || canvas.height !== size) {
    canvas.width = size;
    canvas.height = size;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    image.data.set([bytes[i], bytes[i], bytes[i], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}
