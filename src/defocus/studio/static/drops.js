// Files that are dropped on the page or pasted into it; folders are looked through.

/**
 * @param {HTMLElement} hint shown while files are held over the page
 * @param {(files: File[]) => void} open
 * @param {() => void} paste something else was pasted
 */
export function takeFiles(hint, open, paste) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    event.preventDefault();
    hint.hidden = !hasFiles(event);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hint.hidden = true;
  });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    hint.hidden = true;
    if (hasFiles(event)) open(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.clipboardData.files.length > 0) open([...event.clipboardData.files]);
    else if (target.closest("input[type=text], dialog") === null) paste();
  });
}

// The entries must be taken at once: after the event they are gone.
async function filesOf({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null || entry.isFile)) return [...files];
  const found = [];
  for (const entry of entries) if (entry !== null) await gather(entry, found);
  return found;
}

// All files beneath an entry, by name; hidden ones are none of a person's.
async function gather(entry, found) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    found.push(await new Promise((take, fail) => entry.file(take, fail)));
    return;
  }
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((take, fail) => reader.readEntries(take, fail));
    if (some.length === 0) break; // a reader gives a hundred at a time
    inside.push(...some);
  }
  inside.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  for (const other of inside) await gather(other, found);
}
