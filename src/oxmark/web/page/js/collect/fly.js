// Motion that explains: a drawing goes from the paper to its class.

import { h, mayMove } from "../dom.js";

export function fly(url, from, to) {
  if (!mayMove() || !to || !from.width || !to.width) return;
  const image = h("img", {
    class: "flying",
    src: url,
    alt: "",
    style: {
      left: `${from.left}px`,
      top: `${from.top}px`,
      width: `${from.width}px`,
      height: `${from.height}px`,
    },
  });
  document.body.append(image);
  const scale = to.width / from.width;
  const motion = image.animate(
    [
      { transform: "none", opacity: 1, borderRadius: "18px" },
      {
        transform: `translate(${to.left - from.left}px, ${to.top - from.top}px) scale(${scale})`,
        opacity: 1,
        borderRadius: `${8 / scale}px`,
      },
    ],
    { duration: 260, easing: "cubic-bezier(.3,.1,.2,1)" },
  );
  motion.onfinish = () => image.remove();
  motion.oncancel = () => image.remove();
}
