// The flow page: tries without a reload, moves steps on the canvas, leads one to another by dragging its handle.
(function () {
  "use strict";
  var canvas = document.querySelector("[data-flow-canvas]");
  var token = document.querySelector('input[name="csrf_token"]');
  var box = document.querySelector("[data-flow-play]");

  function send(address, values) {
    var form = new FormData();
    form.append("csrf_token", token ? token.value : "");
    Object.keys(values).forEach(function (name) { form.append(name, values[name]); });
    return fetch(address, {method: "POST", body: form, credentials: "same-origin"});
  }

  if (box) {
    box.addEventListener("submit", function (event) {
      var form = event.target.closest("[data-flow-try]");
      if (!form) {
        return;
      }
      event.preventDefault();
      var data = new FormData(form);
      if (event.submitter && event.submitter.name) {
        data.append(event.submitter.name, event.submitter.value);
      }
      fetch(form.action, {method: "POST", body: data, credentials: "same-origin", headers: {"X-Live": "1"}})
        .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status))); })
        .then(function (html) {
          box.innerHTML = html;
          var talk = box.querySelector(".flow-talk");
          if (talk) {
            talk.scrollTop = talk.scrollHeight;
          }
          var field = box.querySelector("#flow-words");
          if (field) {
            field.focus({preventScroll: true});
          }
        })
        .catch(function () { form.submit(); });
    });
  }

  if (!canvas || !canvas.querySelector("a[href*='/steps/']")) {
    return;
  }
  canvas.classList.add("flow-editing");
  var svg = canvas.querySelector("svg");
  var held = null;
  var justMoved = false;

  function placeOf(node) {
    var found = /translate\(([\d.]+)[ ,]([\d.]+)\)/.exec(node.getAttribute("transform"));
    return {x: Number(found[1]), y: Number(found[2])};
  }

  svg.addEventListener("pointerdown", function (event) {
    var node = event.target.closest(".flow-node");
    if (!node || event.button !== 0) {
      return;
    }
    held = {node: node, from: placeOf(node), x: event.clientX, y: event.clientY, moved: false,
            leads: event.target.hasAttribute("data-handle")};
    event.preventDefault();
  });

  window.addEventListener("pointermove", function (event) {
    if (!held) {
      return;
    }
    var dx = event.clientX - held.x;
    var dy = event.clientY - held.y;
    held.moved = held.moved || Math.abs(dx) + Math.abs(dy) > 5;
    if (held.moved && !held.leads) {
      held.node.setAttribute("transform", "translate(" + Math.max(0, held.from.x + dx) + " " + Math.max(0, held.from.y + dy) + ")");
    }
  });

  window.addEventListener("pointerup", function (event) {
    var done = held;
    held = null;
    if (!done || !done.moved) {
      return;
    }
    justMoved = true;
    window.setTimeout(function () { justMoved = false; }, 0);  // the click that belongs to it comes before
    var values = {node: done.node.dataset.node};
    if (done.leads) {
      var at = document.elementFromPoint(event.clientX, event.clientY);
      var target = at && at.closest(".flow-node");
      if (!target || target === done.node) {
        return;
      }
      values.target = target.dataset.node;
    } else {
      var place = placeOf(done.node);
      values.x = Math.round(place.x);
      values.y = Math.round(place.y);
    }
    function reload() { window.location.reload(); }
    send(canvas.dataset.flowCanvas, values).then(reload, reload);
  });

  svg.addEventListener("dragstart", function (event) { event.preventDefault(); });
  svg.addEventListener("click", function (event) {
    if (justMoved) {  // letting go of a step is no click on it
      justMoved = false;
      event.preventDefault();
    }
  }, true);
})();
