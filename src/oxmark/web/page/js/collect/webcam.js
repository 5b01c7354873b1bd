// Pictures with the camera: the middle square of what it sees.

import { api, explain } from "../api.js";
import { dialog } from "../dialog.js";
import { fill, h, icon, say } from "../dom.js";
import { t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { addNewest, choose, chosenClass } from "./state.js";

const SIDE = 640;

export function openWebcam() {
  let stream = null;
  let closed = false;
  let busy = false;
  let taken = 0;
  const video = h("video", {
    class: "webcam-video",
    autoplay: true,
    playsinline: true,
    "aria-label": t("collect.webcam_view"),
  });
  video.muted = true;
  const stage = h(
    "div",
    { class: "webcam-stage" },
    h("p", { class: "webcam-words" }, t("collect.webcam_starting")),
  );
  const select = h(
    "select",
    { id: "webcam-class", onchange: () => choose(select.value) },
    project.data.classes.map((one) =>
      h("option", { value: one.id, selected: one.id === chosenClass()?.id }, one.name),
    ),
  );
  const said = h("p", { class: "quiet webcam-said", role: "status" });
  const take = h(
    "button",
    { type: "button", class: "button primary", disabled: true, onclick: shoot },
    icon("camera"),
    t("collect.take"),
  );
  const box = dialog({
    title: t("collect.webcam"),
    className: "webcam",
    body: [
      stage,
      h("div", { class: "field" }, h("label", { for: "webcam-class" }, t("collect.webcam_class")), select),
    ],
    actions: [said, take],
    onClose: () => {
      closed = true;
      stop();
    },
  });
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  start();

  async function start() {
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotFoundError");
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } },
        audio: false,
      });
    } catch (error) {
      if (!closed) fail(error.name);
      return;
    }
    if (closed) {
      stop();
      return;
    }
    fill(stage, video);
    video.srcObject = stream;
    await video.play().catch(() => null);
    take.disabled = false;
    take.focus();
  }

  function fail(name) {
    const key =
      {
        NotAllowedError: "refused",
        SecurityError: "refused",
        NotFoundError: "none",
        OverconstrainedError: "none",
      }[name] ?? "busy";
    stage.classList.add("failed");
    fill(
      stage,
      h(
        "div",
        { class: "webcam-words", role: "alert" },
        icon("camera"),
        h("p", null, h("strong", null, t(`collect.webcam_${key}`))),
        h("p", { class: "quiet" }, t(`collect.webcam_${key}_cure`)),
      ),
    );
    select.parentElement.hidden = true;
    take.remove();
    box.element.querySelector(".dialog-actions").append(
      h(
        "button",
        {
          type: "button",
          class: "button",
          onclick: () => {
            box.close();
            openWebcam();
          },
        },
        icon("refresh"),
        t("collect.again"),
      ),
    );
  }

  async function shoot() {
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (!side || busy) return;
    busy = true;
    try {
      const one = chosenClass();
      const query = new URLSearchParams({ name: "camera.png" });
      if (project.data.hand) query.set("hand", project.data.hand);
      const blob = await square(video, side);
      const { picture } = await api.send("POST", `/api/classes/${one.id}/pictures?${query}`, blob);
      addNewest(picture, URL.createObjectURL(blob));
      taken += 1;
      said.textContent = t("collect.webcam_taken", { count: taken, name: one.name });
      stage.classList.remove("flash");
      void stage.offsetWidth; // the flash begins anew
      stage.classList.add("flash");
      await refresh();
    } catch (error) {
      said.textContent = explain(error);
      say(said.textContent);
    } finally {
      busy = false;
    }
  }
}

function square(video, side) {
  const canvas = h("canvas", { width: SIDE, height: SIDE });
  canvas
    .getContext("2d", { alpha: false })
    .drawImage(
      video,
      (video.videoWidth - side) / 2,
      (video.videoHeight - side) / 2,
      side,
      side,
      0,
      0,
      SIDE,
      SIDE,
    );
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}
