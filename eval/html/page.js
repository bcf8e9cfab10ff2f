// Sorts a table by the column whose heading is pressed: numbers first best, text by its letters, empty cells last.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.querySelector("button").addEventListener("click", () => {
    const down = heading.getAttribute("aria-sort") ? heading.getAttribute("aria-sort") === "ascending" : !heading.classList.contains("text");
    headings.forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column] ? row.cells[column].dataset.value ?? "" : "";
    const order = (a, b) => {
      const x = value(a), y = value(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      const grows = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return down ? -grows : grows;
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
  }));
}
