
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (element) => element.offsetParent !== null;

  function speak(ui) {
    root.dataset.ui = ui;
    root.lang = ui === "zh" ? "zh-CN" : "en";
    for (const element of all("[data-t]")) element.setAttribute(element.dataset.t, element.dataset[ui]);
  }

  function choose(list, tab, focus) {
    for (const each of all('[role="tab"]', list)) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(each.getAttribute("aria-controls"));
      panel.hidden = !chosen;
      if (!chosen) for (const video of all("video", panel)) video.pause();
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  for (const list of all('[role="tablist"]')) {
    const tabs = all('[role="tab"]', list);
    choose(list, tabs[0], false);
    for (const tab of tabs) tab.addEventListener("click", () => choose(list, tab, false));
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      choose(list, tabs[(to + tabs.length) % tabs.length], true);
    });
  }
  window.scrollTo(0, 0);

  const player = () => all("video").find(seen);
  const list = (kind) => all(`[data-tabs="${kind}"]`).find(seen);

  function pick(kind, at, relative) {
    const found = list(kind);
    if (!found) return;
    const tabs = all('[role="tab"]', found);
    const now = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const to = relative ? (now + at + tabs.length) % tabs.length : at;
    if (tabs[to]) choose(found, tabs[to], false);
  }

  function safe(on) {
    document.body.classList.toggle("no-safe", !on);
    for (const box of all(".safe-toggle")) box.checked = on;
  }
  for (const box of all(".safe-toggle")) box.addEventListener("change", () => safe(box.checked));

  for (const button of all(".jump")) {
    button.addEventListener("click", () => {
      const panels = all(".work");
      const order = [...panels.filter(seen), ...panels.filter((panel) => !seen(panel))];
      for (const panel of order) {
        const video = all("video[data-starts]", panel)[0];
        const at = video && JSON.parse(video.dataset.starts)[button.dataset.clip];
        if (at === undefined) continue;
        const tab = document.querySelector(`[role="tab"][aria-controls="${panel.id}"]`);
        if (tab) choose(tab.parentElement, tab, false);
        pick("version", 0, false);
        video.currentTime = at;
        document.getElementById("screening").scrollIntoView();
        return;
      }
    });
  }

  for (const button of all(".seek")) {
    button.addEventListener("click", () => {
      const video = all("video[data-starts]", button.closest(".version"))[0];
      if (video) video.currentTime = Number(button.dataset.at);
    });
  }

  const other = document.getElementById("language");
  const turn = () => speak(root.dataset.ui === "zh" ? "en" : "zh");
  other.addEventListener("click", turn);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "k") {
      const video = player();
      if (video) video.paused ? video.play() : video.pause();
    } else if (key === "s") safe(document.body.classList.contains("no-safe"));
    else if (key === "c") {
      const tracks = [...(player()?.textTracks ?? [])];
      const on = tracks.some((track) => track.mode === "showing");
      tracks.forEach((track, n) => { track.mode = !on && n === 0 ? "showing" : "disabled"; });
    } else if (key === "l") turn();
    else if (key === "[") pick("work", -1, true);
    else if (key === "]") pick("work", 1, true);
    else if (/^[1-9]$/.test(key)) pick("version", Number(key) - 1, false);
    else return;
    event.preventDefault();
  });
})();
