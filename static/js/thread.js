// A thread: new lines and ticks come by themselves, a line at a time; what is typed is kept; / offers ready answers.
(function () {
  "use strict";
  var lines = document.getElementById("lines"), form = document.getElementById("write-form");
  var text = document.getElementById("text"), every = 1500, wait = every, tag = "", timer = 0, held = {};
  if (!lines) { return; }

  function token() { var field = document.querySelector("input[name=csrf_token]"); return field ? field.value : ""; }

  function post(address, values) {
    if (!address) { return Promise.resolve(null); }
    var body = new FormData();
    body.append("csrf_token", token());
    Object.keys(values || {}).forEach(function (name) { body.append(name, values[name]); });
    return fetch(address, {method: "POST", body: body, credentials: "same-origin", headers: {"X-Live": "1"}, keepalive: true})
      .catch(function () { return null; });
  }

  // new lines
  var sticks = true;  // at the end, and stays there while pictures come in
  lines.addEventListener("scroll", function () { sticks = isAtEnd(); });
  lines.addEventListener("load", function () { if (sticks) { toEnd(); } }, true);
  lines.addEventListener("loadedmetadata", function () { if (sticks) { toEnd(); } }, true);
  function isAtEnd() { return lines.scrollHeight - lines.scrollTop - lines.clientHeight < 120; }
  function toEnd() { lines.scrollTop = lines.scrollHeight; }
  function plain(node) { return node.outerHTML.replace(/name="csrf_token"[^>]*>/g, "").replace(/\s+/g, " "); }

  function isBusy(node) {
    var open = node.querySelector("details[open]"), sound = node.querySelector("audio, video");
    return Boolean(open) || Boolean(sound && !sound.paused) || node.contains(document.activeElement);
  }

  function patch(html) {
    var fresh = document.createElement("template"), here = lines.firstElementChild, atEnd = isAtEnd(), grew = false;
    fresh.innerHTML = html;
    var from = fresh.content.firstElementChild, wanted = Array.from(from.children), last = null;
    var known = new Map(Array.from(here.children).map(function (node) { return [node.dataset.key, node]; }));
    wanted.forEach(function (node) {
      var key = node.dataset.key, old = known.get(key), said = plain(node);
      if (!old) {
        if (last) { last.after(node); } else { here.prepend(node); }
        grew = grew || node.classList.contains("line");
        last = node;
      } else {
        if (held[key] !== undefined && held[key] !== said && !isBusy(old)) { old.replaceWith(node); old = node; }
        if (held[key] === undefined && plain(old) !== said && !isBusy(old)) { old.replaceWith(node); old = node; }
        last = old;
      }
      held[key] = said;
      known.delete(key);
    });
    known.forEach(function (node) { if (!isBusy(node)) { node.remove(); } });
    here.dataset.last = from.dataset.last;
    here.dataset.waits = from.dataset.waits;
    if (grew && atEnd) { toEnd(); }
    seen();
  }

  function ask() {
    timer = 0;
    if (document.hidden) { wait = Math.min(60000, wait * 2); return plan(); }
    var headers = {"X-Live": "1", "Accept": "text/html"};
    if (tag) { headers["If-None-Match"] = tag; }
    fetch(lines.dataset.lines, {credentials: "same-origin", headers: headers, redirect: "manual", cache: "no-store"})
      .then(function (answer) {
        if (answer.status === 304) { wait = every; return null; }
        if (!answer.ok) { wait = Math.min(60000, wait * 2); return null; }
        wait = every;
        tag = answer.headers.get("ETag") || "";
        return answer.text().then(patch);
      })
      .catch(function () { wait = Math.min(60000, wait * 2); })
      .then(plan);
  }

  function plan() {
    window.clearTimeout(timer);
    if (lines.dataset.lines) { timer = window.setTimeout(ask, wait); }
  }

  function askNow() { if (timer) { window.clearTimeout(timer); wait = every; ask(); } }

  function seen() {
    var here = lines.firstElementChild;
    if (document.hidden || !lines.dataset.read || !Number(here.dataset.waits) || !here.dataset.last) { return; }
    here.dataset.waits = "0";
    post(lines.dataset.read, {up_to: here.dataset.last});
  }

  // who is here
  function here(writing) { post(lines.dataset.here, writing ? {writing: "1"} : {}); }
  window.setInterval(function () { if (!document.hidden) { here(false); } }, 10000);
  window.addEventListener("pagehide", function () { keep(); post(lines.dataset.here, {left: "1"}); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { seen(); here(false); askNow(); } });

  // what is typed is never lost
  var draft = 0, kept = text ? text.value : "", wroteAt = 0, isSent = false;
  function keep() {
    window.clearTimeout(draft);
    if (!form || isSent || text.value === kept) { return; }
    kept = text.value;
    post(form.dataset.draft, {text: kept});
  }

  function grow() { text.style.height = "auto"; text.style.height = Math.min(160, text.scrollHeight + 2) + "px"; }

  // WhatsApp's marks as they will look, with text nodes only; core/whatsapp_format.py says the same of what was sent
  var MARKS = {"*": "strong", "_": "em", "~": "s"};
  function add(into, tag, name) {
    var made = document.createElement(tag);
    if (name) { made.className = name; }
    into.append(made);
    return made;
  }
  function marked(into, words) {
    var found = /`([^`\n]+)`|(^|[^\w*_~])([*_~])(?=\S)([^\n]*?\S)\3(?![\w*_~])/.exec(words);
    if (!found) { into.append(words); return; }
    into.append(words.slice(0, found.index) + (found[2] || ""));
    if (found[1]) { add(into, "code").textContent = found[1]; } else { marked(add(into, MARKS[found[3]]), found[4]); }
    marked(into, words.slice(found.index + found[0].length));
  }
  function lined(into, words, begins) {
    words.split("\n").forEach(function (line, number) {
      var found = (begins || number) && /^(> |[*-] )(?=\S)/.exec(line);
      if (number) { into.append("\n"); }
      if (!found) { marked(into, line); return; }
      marked(add(into, "span", found[1] === "> " ? "quoted-line" : "listed-line"), line.slice(2));
    });
  }

  function preview() {
    var box = document.getElementById("write-preview");
    box.textContent = "";
    text.value.split(/```([\s\S]+?)```/).forEach(function (part, number) {
      if (number % 2) { add(box, "code").textContent = part; } else { lined(box, part, !number); }
    });
    box.hidden = !box.querySelector("strong, em, s, code, span");
  }

  // ready answers
  var list = document.getElementById("answers");
  function offer() {
    var typed = /^\/([\w-]*)$/.exec(text.value), any = false;
    Array.from(list.children).forEach(function (one) {
      one.hidden = !typed || !(one.dataset.word.startsWith(typed[1].toLowerCase()) || (typed[1] && one.dataset.text.toLowerCase().includes(typed[1].toLowerCase())));
      one.setAttribute("aria-selected", String(!one.hidden && !any));
      any = any || !one.hidden;
    });
    list.hidden = !any;
  }
  function shown() { return Array.from(list.children).filter(function (one) { return !one.hidden; }); }
  function take(one) { text.value = one.dataset.text; list.hidden = true; text.focus(); changed(); }
  function choose(step) {
    var all = shown(), at = all.findIndex(function (one) { return one.getAttribute("aria-selected") === "true"; });
    all.forEach(function (one, place) { one.setAttribute("aria-selected", String(place === (at + step + all.length) % all.length)); });
    all[(at + step + all.length) % all.length].scrollIntoView({block: "nearest"});
  }

  function changed() {
    grow();
    offer();
    preview();
    window.clearTimeout(draft);
    draft = window.setTimeout(keep, 800);
    if (Date.now() - wroteAt > 8000 && text.value && form.querySelector("[name=mode]:checked").value === "reply") { wroteAt = Date.now(); here(true); }
  }

  function quote(id, words) {
    document.getElementById("quote").value = id;
    document.getElementById("write-quote").hidden = !id;
    document.querySelector("#write-quote [data-words]").textContent = words;
    if (id) { text.focus(); }
  }

  function large(link) {
    var dialog = document.createElement("dialog"), picture = document.createElement("img"), foot = document.createElement("form");
    var open = document.createElement("a"), close = document.createElement("button");
    dialog.className = "large";
    dialog.setAttribute("aria-label", "Photo");
    picture.src = link.href;
    picture.alt = link.querySelector("img").alt;
    foot.method = "dialog";
    open.href = link.href; open.target = "_blank"; open.rel = "noopener"; open.className = "btn btn-link"; open.textContent = "Open alone";
    close.className = "btn btn-outline-secondary"; close.textContent = "Close";
    foot.append(open, close);
    dialog.append(picture, foot);
    dialog.addEventListener("close", function () { dialog.remove(); link.focus(); });
    dialog.addEventListener("click", function (event) { if (event.target === dialog) { dialog.close(); } });
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("click", function (event) {
    var jump = event.target.closest("[data-jump]"), picture = event.target.closest("[data-large]");
    var asked = event.target.closest("[data-quote]"), off = event.target.closest("[data-unquote]"), answer = event.target.closest(".answer");
    if (jump && document.getElementById(jump.dataset.jump)) {
      event.preventDefault();
      document.querySelectorAll(".is-target").forEach(function (one) { one.classList.remove("is-target"); });
      var to = document.getElementById(jump.dataset.jump);
      to.classList.add("is-target");
      to.scrollIntoView({block: "center"});
    } else if (picture && !event.ctrlKey && !event.metaKey) { event.preventDefault(); large(picture); }
    else if (asked && text) {
      event.preventDefault();
      var words = asked.closest(".line").querySelector(".line-text");
      asked.closest("details").open = false;
      quote(asked.dataset.quote, words ? words.textContent : "The message");
    } else if (off) { event.preventDefault(); quote("", ""); }
    else if (answer) { take(answer); }
  });

  if (form) {
    text.addEventListener("input", changed);
    text.addEventListener("blur", keep);
    text.addEventListener("keydown", function (event) {
      if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); choose(event.key === "ArrowDown" ? 1 : -1); }
      else if (event.key === "Escape") { list.hidden = true; }
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        var chosen = !list.hidden && list.querySelector("[aria-selected=true]");
        if (chosen) { take(chosen); } else if (text.value.trim() || document.getElementById("file").value) { form.requestSubmit(document.getElementById("send")); }
      }
    });
    form.addEventListener("submit", function () { isSent = true; window.clearTimeout(draft); });
    document.getElementById("file").addEventListener("change", function (event) {
      form.querySelector(".attach > summary").classList.toggle("btn-primary", Boolean(event.target.files.length));
      form.querySelector(".attach").open = false;
      text.placeholder = event.target.files.length ? event.target.files[0].name : text.placeholder;
      text.focus();
    });
    grow();
  }

  // the window counts down; when it shuts, a reload brings the templates and keeps what was typed
  var clock = document.getElementById("window");
  function left() {
    var until = clock && clock.dataset.until ? Date.parse(clock.dataset.until) : 0, span = clock && clock.querySelector("[data-left]");
    var minutes = Math.floor((until - Date.now()) / 60000);
    if (span && minutes >= 0) { span.textContent = minutes >= 60 ? Math.floor(minutes / 60) + " h " + (minutes % 60) + " min" : Math.max(1, minutes) + " min"; }
    if (span && until < Date.now()) { keep(); window.location.reload(); }
  }
  window.setInterval(left, 20000);

  if (!document.querySelector(".is-target") && !window.location.search.includes("before=")) { toEnd(); }
  else if (document.querySelector(".is-target")) { document.querySelector(".is-target").scrollIntoView({block: "center"}); }
  here(false);
  seen();
  plan();
})();
