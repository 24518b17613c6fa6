(function () {
  "use strict";
  var form = document.getElementById("search"), query = document.getElementById("query");
  var verdict = document.getElementById("verdict"), hits = document.getElementById("hits");
  var items = Array.prototype.map.call(document.querySelectorAll(".item"), function (element) {
    return { element: element, text: element.textContent.toLowerCase() };
  });
  var groups = document.querySelectorAll(".group, #findings, #figures, #tables");
  var apart = document.querySelectorAll("#overview, #provenance");

  function filter() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean), all = !words.length && !verdict.value, shown = 0;
    items.forEach(function (item) {
      var fits = words.every(function (word) { return item.text.indexOf(word) >= 0; }) &&
        (!verdict.value || item.element.dataset.verdict === verdict.value);
      item.element.hidden = !fits;
      if (fits) shown++;
    });
    groups.forEach(function (group) { group.hidden = !all && !group.querySelector(".item:not([hidden])"); });
    apart.forEach(function (section) { section.hidden = !all; });
    hits.textContent = all ? "" : shown === 0 ? "nothing found" : shown + " of " + items.length + " found";
  }

  // A link to what the search hides ends the search.
  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      query.value = verdict.value = "";
      filter();
      target.scrollIntoView();
    }
  }

  // On a narrow screen the contents would come before everything else.
  var places = document.getElementById("places"), wide = window.matchMedia("(min-width: 68rem)");
  function fold() { places.open = wide.matches; }
  wide.addEventListener("change", fold);
  fold();

  // Nobody can open anything on paper.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.filter.call(document.querySelectorAll("details:not([open])"), function (d) { return d !== places; });
    opened.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });

  window.addEventListener("hashchange", reveal);
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  query.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  form.hidden = false;
  filter();
})();
