
"use strict";
(() => {
  const PER_PAGE = 100;
  const { tests, calls } = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("search");
  const results = document.getElementById("results");

  // Text becomes text: no part of the data is ever markup.
  function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key.includes("-")) made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  }

  // Control characters, lone surrogates and what turns the direction of a line are shown as escapes.
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;
  function visible(text) {
    return String(text).replace(UNSEEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  }

  const counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  const plain = (number) => Math.round(number * 1000) / 1000;

  // The words for what came of a call, an event and a run, and how each looks.

  function outcomeOfAttempt(attempt) {
    if (attempt.fault) return attempt.fault;
    if (attempt.error) return attempt.error;
    return attempt.status === null ? "in flight" : "accepted";
  }
  function outcomeOfCall(call) {
    if (!call.attempts.length) return "queued by a destination";
    return outcomeOfAttempt(call.attempts[call.attempts.length - 1]);
  }
  const GOOD = new Set(["accepted", "succeeded", "Success", "passed", "xfailed"]);
  const NEUTRAL = new Set(["skipped", "waiting", "in flight", "queued by a destination", "unknown"]);
  function look(outcome) {
    if (GOOD.has(outcome)) return "good";
    return NEUTRAL.has(outcome) ? "warn" : "bad";
  }
  const badge = (outcome, prefix = "") =>
    element("span", { className: `badge ${look(outcome)}` }, prefix + visible(outcome));
  const outcomeOfTest = (test) => test.outcome || (test.id === null ? "outside of the tests" : "unknown");
  const outcomeOfEvent = (event) => event.outcome || "waiting";

  // Searching.

  for (const [place, call] of calls.entries()) {
    const test = tests[call.test];
    call.place = place;
    call.key = (call.function + (call.qualifier ? `:${call.qualifier}` : "")).toLowerCase();
    call.testKey = (test.id || "").toLowerCase();
    call.outcomes = new Set([`call: ${outcomeOfCall(call)}`, `test: ${outcomeOfTest(test)}`]);
    if (call.attempts.length > 1) call.outcomes.add("call: retried");
    for (const attempt of call.attempts) call.outcomes.add(`attempt: ${outcomeOfAttempt(attempt)}`);
    for (const event of call.events) {
      call.outcomes.add(`event: ${outcomeOfEvent(event)}`);
      if (event.dead_letter) call.outcomes.add("event: dead letter");
      for (const run of event.runs) call.outcomes.add(`run: ${run.outcome}`);
    }
    if (call.events.length > 1) call.outcomes.add("event: queued more than once");
  }

  function fillChoices() {
    const numbers = new Map();
    for (const call of calls)
      for (const outcome of call.outcomes) numbers.set(outcome, (numbers.get(outcome) || 0) + 1);
    for (const kind of ["test", "call", "attempt", "event", "run"]) {
      const group = element("optgroup", { label: kind });
      for (const outcome of [...numbers.keys()].filter((one) => one.startsWith(`${kind}: `)).sort())
        group.append(element("option", { value: outcome }, `${visible(outcome)} (${numbers.get(outcome)})`));
      if (group.children.length) form.elements.outcome.append(group);
    }
    const names = [...new Set(calls.map((call) => call.function))].sort().slice(0, 500);
    document.getElementById("functions").append(...names.map((name) => element("option", { value: name })));
  }

  let found = calls;
  let page = 0;

  function search() {
    const wanted = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim()]));
    const name = wanted.function.toLowerCase();
    const test = wanted.test.toLowerCase();
    found = calls.filter(
      (call) =>
        (!name || call.key.includes(name)) &&
        (!test || call.testKey.includes(test)) &&
        (!wanted.outcome || call.outcomes.has(wanted.outcome)),
    );
    page = Math.max(0, Math.min(page, Math.ceil(found.length / PER_PAGE) - 1));
    const state = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
    if (page) state.set("page", page + 1);
    history.replaceState(null, "", `#${state}`);
    render();
  }

  // What was searched for stands in the address: it can be kept and sent.
  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of ["function", "test", "outcome"]) form.elements[name].value = state.get(name) || "";
    page = Math.max(0, (parseInt(state.get("page"), 10) || 1) - 1);
    search();
  }

  // Showing: a page of a hundred, whatever there is.

  function render() {
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    const start = page * PER_PAGE;
    const shown = found.slice(start, start + PER_PAGE);
    const sections = [];
    let current = null;
    for (const call of shown) {
      if (current !== call.test) {
        current = call.test;
        sections.push(sectionOf(tests[current]));
      }
      sections[sections.length - 1].append(detailsOf(call));
    }
    results.replaceChildren(...sections);
    const range = shown.length ? `, ${start + 1} to ${start + shown.length} shown` : "";
    document.getElementById("count").textContent =
      (found.length === calls.length
        ? counted(calls.length, "invocation")
        : `${found.length.toLocaleString("en")} of ${counted(calls.length, "invocation")}`) + range;
    document.getElementById("page").textContent = `Page ${page + 1} of ${pages}`;
    document.getElementById("pages").hidden = pages === 1;
    for (const button of document.querySelectorAll("#pages button"))
      button.disabled = ["first", "previous"].includes(button.dataset.to) ? page === 0 : page === pages - 1;
  }

  function turn(to) {
    const last = Math.max(0, Math.ceil(found.length / PER_PAGE) - 1);
    const target = { first: 0, previous: page - 1, next: page + 1, last }[to];
    if (target < 0 || target > last || target === page) return;
    page = target;
    search();
    results.focus({ preventScroll: true });
    results.scrollIntoView();
  }

  function sectionOf(test) {
    const made = element(
      "section",
      {},
      element(
        "header",
        {},
        element("h2", {}, test.id === null ? "outside of the tests" : visible(test.id)),
        test.id === null ? "" : badge(outcomeOfTest(test)),
      ),
    );
    made.setAttribute("aria-label", visible(test.id || "outside of the tests"));
    test.failures.forEach((failure) => made.append(failureOf(failure)));
    return made;
  }

  function failureOf(failure) {
    const pre = element("pre", { tabIndex: 0 });
    pre.setAttribute("aria-label", "text of the failure");
    for (const line of failure.text.split("\n"))
      pre.append(element("span", { className: /^[E>]/.test(line) ? "hit" : "" }, `${visible(line)}\n`));
    return element(
      "details",
      { className: "failure" },
      element(
        "summary",
        {},
        element("span", { className: "name" }, `${failure.when} failed`),
        element("span", { className: "place" }, visible(failure.where)),
        element("span", { className: "start" }, visible(failure.message)),
      ),
      element("div", { className: "body" }, pre),
    );
  }

  function detailsOf(call) {
    const made = element(
      "details",
      { className: "call" },
      element(
        "summary",
        {},
        element("span", { className: "quiet" }, call.number === null ? "\u2013" : `${call.number}.`),
        element("span", { className: "name" }, visible(call.function) + (call.qualifier ? `:${visible(call.qualifier)}` : "")),
        element("span", { className: "start" }, visible(call.payload.slice(0, 200).replace(/\s+/g, " "))),
        call.attempts.length > 1 ? element("span", { className: "quiet" }, counted(call.attempts.length, "attempt")) : "",
        badge(outcomeOfCall(call)),
        ...call.events.map((event) => (event.outcome ? badge(event.outcome) : "")),
      ),
    );
    // Made when it is opened: a hundred time lines would be slow on a phone.
    made.addEventListener("toggle", () => {
      if (made.open && made.children.length === 1) made.append(bodyOf(call, made));
    });
    return made;
  }

  function bodyOf(call, made) {
    const facts = [
      ["API", call.api + (call.invocation_type === "Event" ? "" : `, ${call.invocation_type}`)],
      ["ARN", call.arn],
      ["called at", call.caller],
      ["client context", call.client_context],
      ["trace", call.trace_id],
    ].filter(([, value]) => value);
    const line = element("ol", { className: "line" });
    line.append(step("note", call.attempts.length ? "call" : "record of another event", [], [valueOf(call, "payload")]));
    for (const attempt of call.attempts) line.append(stepOfAttempt(attempt));
    call.events.forEach((event, index) => line.append(...stepsOfEvent(event, index, call.events.length)));
    const body = element(
      "div",
      { className: "body" },
      element(
        "dl",
        { className: "facts" },
        ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, visible(value)))),
      ),
      line,
    );
    const [failure] = tests[call.test].failures.slice(-1);
    if (failure) {
      const where = failure.where ? ` at ${visible(failure.where)}` : "";
      const link = element("button", { type: "button", className: "link" }, `The test failed${where}`);
      link.addEventListener("click", () => {
        const text = [...made.parentElement.querySelectorAll(".failure")].pop();
        text.open = true;
        text.querySelector("summary").focus();
        text.scrollIntoView({ block: "center" });
      });
      body.append(element("p", {}, link));
    }
    return body;
  }

  function step(kind, title, words, children = []) {
    const line = element("div", { className: "what" }, element("b", {}, title));
    for (const word of words) if (word) line.append(typeof word === "string" ? element("span", { className: "quiet" }, visible(word)) : word);
    return element("li", { className: `is-${kind}` }, line, ...children.filter(Boolean));
  }

  function valueOf(holder, what) {
    const size = holder.size ? `${holder.size.toLocaleString("en")} bytes; it begins so:` : "";
    const pre = element("pre", { tabIndex: 0 }, visible(holder.payload));
    pre.setAttribute("aria-label", what);
    return element("div", {}, size ? element("span", { className: "quiet" }, size) : "", pre);
  }

  function stepOfAttempt(attempt) {
    const outcome = outcomeOfAttempt(attempt);
    return step(look(outcome), `attempt ${attempt.number}`, [
      badge(outcome),
      attempt.status === null ? "" : `HTTP ${attempt.status}`,
      attempt.backoff === null ? "" : `after a wait of ${plain(attempt.backoff)} s`,
      attempt.request_id ? `request id ${attempt.request_id}` : "",
    ]);
  }

  function stepsOfEvent(event, index, events) {
    const steps = [
      step("note", events > 1 ? `event ${index + 1} queued` : "event queued", [
        event.origin ? `from the event ${event.origin.request_id} of ${event.origin.function}` : "",
        `request id ${event.request_id}`,
      ], [event.payload === undefined ? null : valueOf(event, "payload of the event")]),
    ];
    let before = null;
    for (const run of event.runs) {
      const at = Date.parse(run.at);
      const since = before === null ? "" : `, ${plain((at - before) / 1000)} s after the one before`;
      before = at;
      steps.push(
        step(look(run.outcome), `run ${run.number}`, [badge(run.outcome), `at ${run.at.replace("T", " ").replace(/(\.\d{3})\d+/, "$1").replace("+00:00", " UTC")}${since}`, run.error], [
          valueOf(run, `payload of run ${run.number}`),
          run.log ? element("div", {}, element("span", { className: "quiet" }, "log"), element("pre", { tabIndex: 0 }, visible(run.log))) : null,
        ]),
      );
    }
    if (event.outcome) steps.push(step(look(event.outcome), "event ended", [badge(event.outcome)]));
    for (const record of event.destination_records)
      steps.push(step("note", "record", [`to ${record.destination}`], [valueOf(record, "record")]));
    if (event.dead_letter) {
      const attributes = Object.entries(event.dead_letter.attributes).map(([name, value]) => `${name}: ${value}`);
      steps.push(step("note", "dead letter", [`to ${event.dead_letter.queue}`, ...attributes], [valueOf(event.dead_letter, "dead letter")]));
    }
    return steps;
  }

  // The keyboard, besides what elements do by themselves.

  function move(by) {
    const summaries = [...results.querySelectorAll("summary")];
    const here = summaries.indexOf(document.activeElement);
    const next = summaries[here < 0 ? (by > 0 ? 0 : summaries.length - 1) : here + by];
    if (next) next.focus();
  }
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) results.focus();
    if (typing) return;
    const keys = { "/": () => form.elements.function.focus(), j: () => move(1), k: () => move(-1), n: () => turn("next"), p: () => turn("previous") };
    if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    page = 0;
    search();
  });
  form.addEventListener("reset", () => setTimeout(() => {
    page = 0;
    search();
  }));
  document.getElementById("pages").addEventListener("click", (event) => {
    if (event.target.dataset.to) turn(event.target.dataset.to);
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    results.focus();
  });
  window.addEventListener("hashchange", restore);

  const events = calls.reduce((sum, call) => sum + call.events.length, 0);
  const failed = tests.filter((test) => ["failed", "error"].includes(test.outcome)).length;
  document.getElementById("totals").textContent =
    `${counted(calls.length, "invocation")}, ${counted(events, "event")}, ${counted(tests.filter((t) => t.id !== null).length, "test")}` +
    (failed ? `, ${failed.toLocaleString("en")} of them failed` : "");
  fillChoices();
  restore();
})();
