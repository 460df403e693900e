// What the fields do among themselves: one answer that stands alone, fields for more answers, and a slider that types.
// Every answer stays in the form's own fields, which are all there without this script.

const typedIn = (place) => [...place.querySelectorAll("input, select")].some((field) => field.value.trim());

/** Brings what is seen in line with what the fields hold. */
export function settle(section) {
  for (const list of section.querySelectorAll("[data-places]")) showPlaces(list, Number(list.dataset.open ?? 1));
  const range = section.querySelector("[data-slider]");
  if (range) showSlider(range, section.querySelector("input[type=text]").value);
}

function showPlaces(list, open) {
  const places = [...list.querySelectorAll("[data-place]")];
  const last = places.findLastIndex(typedIn) + 1;
  const shown = Math.min(places.length, Math.max(1, open, last));
  list.dataset.open = shown;
  places.forEach((place, index) => {
    place.hidden = index >= shown;
    place.querySelector("[data-remove]").hidden = shown === 1;
  });
  list.querySelector("[data-add]").hidden = shown === places.length;
}

function add(list) {
  showPlaces(list, Number(list.dataset.open) + 1);
  list.querySelectorAll("[data-place]")[list.dataset.open - 1].querySelector("input").focus();
}

/** The answers behind it move up, so that no gap stays. */
function remove(list, gone) {
  const places = [...list.querySelectorAll("[data-place]")];
  const controls = places.map((place) => [...place.querySelectorAll("input, select")]);
  for (let at = places.indexOf(gone); at < places.length; at += 1) {
    controls[at].forEach((field, column) => (field.value = controls[at + 1]?.[column].value ?? ""));
  }
  list.dataset.open = Math.max(1, list.dataset.open - 1);
  showPlaces(list, Number(list.dataset.open));
  const at = Math.min(places.indexOf(gone), list.dataset.open - 1);
  controls[at][0].focus();
  controls[at][0].dispatchEvent(new Event("input", { bubbles: true }));
}

function showSlider(range, text) {
  const number = Number(text.replace(",", "."));
  const isSet = text.trim() !== "" && Number.isFinite(number);
  range.classList.toggle("is-unset", !isSet);
  range.value = isSet ? number : (Number(range.min) + Number(range.max)) / 2;
  range.setAttribute("aria-valuetext", isSet ? text : range.dataset.unset);
}

function bindSlider(range) {
  const line = range.closest("[data-step]").querySelector("input[type=text]");
  const take = () => {
    line.value = range.value;
    line.dispatchEvent(new Event("input", { bubbles: true }));
  };
  range.addEventListener("input", (event) => {
    event.stopPropagation();
    take();
  });
  // Touched where the thumb waited already: no input event, and yet an answer.
  range.addEventListener("click", () => range.classList.contains("is-unset") && take());
}

/** "None of these" unticks the others, and they it; an own text takes the place of the one option. */
function leaveOthers({ target }) {
  if (!target.checked && target.type !== "text") return;
  const same = [...target.closest("[data-step]").querySelectorAll(`[name="${CSS.escape(target.name)}"]`)];
  const alone = "alone" in target.dataset;
  for (const other of same) {
    if (other === target) continue;
    if (target.type === "text" && target.value && other.type === "radio") other.checked = false;
    if (target.type === "radio" && other.type === "text") other.value = "";
    if (target.type === "checkbox" && (alone || "alone" in other.dataset)) other.checked = false;
    if (target.type === "checkbox" && alone && other.type === "text") other.value = "";
    if (target.type === "text" && target.value && "alone" in other.dataset) other.checked = false;
  }
}

/** Listens before anything else does, so that what is kept is what stands there afterwards. */
export function bind(form) {
  form.querySelectorAll("[data-slider]").forEach(bindSlider);
  form.querySelectorAll(".vd-step").forEach(settle);
  form.addEventListener("input", (event) => {
    const { target } = event;
    if (target.name?.startsWith("answer-")) leaveOthers(event);
    const section = target.closest(".vd-step");
    if (section) setTimeout(() => settle(section));
  });
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-add], [data-remove]");
    const list = button?.closest("[data-places]");
    if (list && "add" in button.dataset) add(list);
    else if (list) remove(list, button.closest("[data-place]"));
  });
}
