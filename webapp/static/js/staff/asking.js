// Filling in the questionnaire for somebody on the telephone, without leaving the keyboard: a figure chooses an answer,
// Enter goes on instead of sending, and a sign of danger is said before anything is sent. The form works without it.

import { read, valuesOf } from "../patient/answers.js";
import { isEmergency } from "../patient/redflag.js";

const data = JSON.parse(document.getElementById("questionnaire").textContent);
const form = document.getElementById("ask");
const danger = document.getElementById("danger");
const steps = [...form.querySelectorAll(".vd-asking .vd-step")];
const FIELDS = "input:not([type=hidden]), textarea, select";

const stepOf = (field) => field.closest(".vd-step");

function goOn(step) {
  const next = steps.slice(steps.indexOf(step) + 1).find((each) => each.querySelector(FIELDS));
  const target = next ? next.querySelector(`${FIELDS.split(",")[0]}:checked`) ?? next.querySelector(FIELDS) : null;
  (target ?? form.querySelector(".vd-sticky button")).focus();
}

function choose(step, number) {
  const options = [...step.querySelectorAll('input[type=radio][name^="answer-"]')];
  const option = options[number - 1];
  if (!option) return false;
  option.checked = true;
  option.dispatchEvent(new Event("input", { bubbles: true }));
  goOn(step);
  return true;
}

function look() {
  const found = data.screens.some((screen) => isEmergency(screen, valuesOf(screen, read(form, screen))));
  if (danger.hidden === found) danger.hidden = !found;
}

form.addEventListener("keydown", (event) => {
  const step = stepOf(event.target);
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  const isText = event.target.tagName === "TEXTAREA";
  if (event.key === "Enter" && event.target.matches("input") && !isText) {
    event.preventDefault();
    goOn(step);
  } else if (event.target.type === "radio" && /^[1-9]$/.test(event.key) && choose(step, Number(event.key))) {
    event.preventDefault();
  }
});

form.addEventListener("input", ({ target }) => {
  const step = stepOf(target);
  if (step && target.name.startsWith("answer-") && target.value !== "") {
    for (const absent of step.querySelectorAll('[name^="absent-"]')) absent.checked = false;
  }
  look();
});

form.querySelector(".vd-asking__keys").hidden = false;
look();
