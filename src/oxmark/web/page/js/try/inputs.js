// Pictures from elsewhere: chosen, dropped, pasted, taken with the camera. Each is a Blob with a name.

import { h, icon } from "../dom.js";
import { dialog } from "../dialog.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";

const SQUARE = 720;

/** The buttons, and the listeners for dropping on `place` and pasting while `active()`. */
export function pictureInputs(place, { active, take }) {
  const field = h("input", {
    type: "file",
    accept: "image/*",
    class: "sr",
    tabindex: -1,
    "aria-hidden": "true",
  });
  field.addEventListener("change", () => {
    if (field.files[0]) take(field.files[0], field.files[0].name);
    field.value = "";
  });
  listenToDrops(place, { active, take });
  document.addEventListener("paste", (event) => {
    if (!active() || event.target.closest?.("input, textarea")) return;
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    take(file, file.name || "pasted.png");
  });
  const choose = h(
    "button",
    { type: "button", class: "plain", "data-t-title": "try.choose_title", onclick: () => field.click() },
    icon("image"),
    h("span", { "data-t": "try.choose" }),
  );
  const camera = h(
    "button",
    { type: "button", class: "plain", onclick: () => openCamera(take) },
    icon("camera"),
    h("span", { "data-t": "try.camera" }),
  );
  camera.hidden = !navigator.mediaDevices?.getUserMedia;
  return [choose, camera, field];
}

function listenToDrops(place, { active, take }) {
  let inside = 0;
  const isFile = (event) => active() && [...(event.dataTransfer?.types ?? [])].includes("Files");
  const mark = () => place.classList.toggle("dropping", inside > 0);
  document.addEventListener("dragenter", (event) => {
    if (isFile(event)) {
      inside += 1;
      mark();
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (isFile(event)) {
      inside = Math.max(0, inside - 1);
      mark();
    }
  });
  document.addEventListener("dragover", (event) => {
    if (isFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    inside = 0;
    mark();
    const [file] = event.dataTransfer.files;
    if (file) take(file, file.name);
  });
}

async function openCamera(take) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 } },
      audio: false,
    });
  } catch (error) {
    toast(t(error.name === "NotAllowedError" ? "try.camera_refused" : "try.camera_missing"), {
      kind: "warning",
    });
    return;
  }
  const video = h("video", { autoplay: true, playsinline: true, class: "camera", srcObject: stream });
  video.muted = true;
  const shoot = h(
    "button",
    { type: "button", class: "button primary", autofocus: true, onclick: () => picture() },
    icon("camera"),
    t("try.camera_take"),
  );
  const box = dialog({
    title: t("try.camera_title"),
    body: [video, h("p", { class: "quiet small" }, t("try.camera_about"))],
    actions: [shoot],
    onClose: () => stream.getTracks().forEach((track) => track.stop()),
  });
  async function picture() {
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (!side) return;
    const canvas = h("canvas", { width: SQUARE, height: SQUARE });
    canvas
      .getContext("2d")
      .drawImage(
        video,
        (video.videoWidth - side) / 2,
        (video.videoHeight - side) / 2,
        side,
        side,
        0,
        0,
        SQUARE,
        SQUARE,
      );
    canvas.toBlob((blob) => {
      if (blob) take(blob, "camera.png");
      box.close();
    }, "image/png");
  }
}
