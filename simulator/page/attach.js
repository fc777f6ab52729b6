// Photos, recordings and files: chosen, taken, recorded, or one of the samples. Whatever is sent are real bytes.

import { button, icon, make } from "./dom.js";
import { openSheet } from "./sheet.js";
import { Trouble, attach } from "./simulator.js";

const ACCEPTED = "image/jpeg,image/png,audio/aac,audio/amr,audio/mpeg,audio/mp4,audio/ogg,video/mp4,video/3gpp,application/pdf";
// What WhatsApp carries; browsers record one of these or none.
const RECORDED = ["audio/ogg;codecs=opus", "audio/mp4;codecs=opus", "audio/mp4"];
const LONGEST_SECONDS = 120;
// How often what was recorded so far is handed over.
const SLICE_MS = 200;

export function openAttachments(phone) {
  const picker = make("input", { type: "file", accept: ACCEPTED, hidden: true, onchange: () => {
    sheet.close();
    const [file] = picker.files;
    if (file) sendFile(phone, file, { filename: file.name });
  } });
  const option = (name, title, act) =>
    button(title, () => { sheet.close(); act(); }, { class: "option" }, icon(name));
  const choices = [
    button("Photo, recording or file…", () => picker.click(), { class: "option" }, icon("file")),
    option("camera", "Sample photo", () => sendSample(phone, samplePhoto, {})),
    option("mic", "Record a voice message", () => record(phone)),
    option("wave", "Sample voice message", () => sendSample(phone, sampleVoice, { voice: true })),
  ];
  if (phone.who.provider === "whatsapp") choices.push(option("pin", "Location", () => phone.openPlaces()));
  const sheet = openSheet(phone, "Attach", make("div", { class: "options" }, picker, ...choices));
}

async function sendSample(phone, produce, about) {
  try {
    await sendFile(phone, await produce(), about);
  } catch (error) {
    phone.complain(error);
  }
}

async function sendFile(phone, file, about) {
  try {
    const { id } = await attach(file);
    const caption = phone.takeWords();
    await phone.send({ media: { id, ...about, ...(caption ? { caption } : {}) } });
  } catch (error) {
    phone.complain(error);
  }
}

async function sampleVoice() {
  const answer = await fetch("page/samples/voice.ogg");
  return new Blob([await answer.arrayBuffer()], { type: "audio/ogg; codecs=opus" });
}

// A corner of the hills, painted here so that no picture has to be shipped.
async function samplePhoto() {
  const canvas = make("canvas", { width: 640, height: 480 });
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 0, 300);
  sky.addColorStop(0, "#6fb7e9");
  sky.addColorStop(1, "#fde7c4");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 640, 480);
  pen.fillStyle = "#fff3c9";
  pen.beginPath();
  pen.arc(500, 110, 44, 0, 2 * Math.PI);
  pen.fill();
  ["#8fb99a", "#5f9a6e", "#356d48"].forEach((green, hill) => {
    pen.fillStyle = green;
    pen.beginPath();
    pen.moveTo(0, 480);
    for (let right = 0; right <= 640; right += 8) {
      pen.lineTo(right, 235 + 55 * hill + 38 * Math.sin(right / (95 + 30 * hill) + 2 * hill) + 12 * Math.sin(right / 31));
    }
    pen.lineTo(640, 480);
    pen.fill();
  });
  pen.fillStyle = "#b5654a";
  pen.fillRect(0, 432, 640, 48);
  pen.fillStyle = "#fff";
  pen.font = "600 22px sans-serif";
  pen.fillText(`Where I stand, ${new Date().toLocaleTimeString()}`, 18, 463);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

async function record(phone) {
  const type = globalThis.MediaRecorder && RECORDED.find((one) => MediaRecorder.isTypeSupported(one));
  let microphone;
  try {
    if (!type) throw new Trouble("This browser records nothing that WhatsApp carries; attach a file or the sample.");
    microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    const silent = new Trouble("There is no microphone that this page may use; attach a file or the sample.");
    phone.complain(error instanceof Trouble ? error : silent);
    return;
  }
  const recorder = new MediaRecorder(microphone, { mimeType: type });
  const pieces = [];
  let wanted = true;
  const stop = () => recorder.state === "inactive" || recorder.stop();
  // A microphone takes a moment before the first sound is there, and a file of nothing is no message.
  const heard = new Promise((done) => {
    recorder.addEventListener("dataavailable", (event) => {
      pieces.push(event.data);
      if (event.data.size) done();
    });
  });
  recorder.addEventListener("stop", () => {
    microphone.getTracks().forEach((track) => track.stop());
    clearTimeout(timer);
    strip.remove();
    phone.element.classList.remove("recording");
    const recorded = new Blob(pieces, { type });
    if (wanted && recorded.size) sendFile(phone, recorded, { voice: true });
    else if (wanted) phone.complain(new Trouble("The microphone gave no sound; attach a file or the sample."));
  });
  const send = button("Send", () => { send.disabled = true; heard.then(stop); }, { class: "main" });
  const strip = make("div", { class: "recorder", role: "status" }, make("span", { class: "blink" }), "Recording…",
    button("Cancel", () => { wanted = false; stop(); }), send);
  phone.element.querySelector(".screen").append(strip);
  phone.element.classList.add("recording");
  const timer = setTimeout(stop, 1000 * LONGEST_SECONDS);
  recorder.start(SLICE_MS);
  strip.querySelector(".main").focus();
}
