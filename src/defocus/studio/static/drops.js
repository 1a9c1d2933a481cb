// Files that are dropped on the page or pasted into it.

/**
 * @param {HTMLElement} hint shown while files are held over the page
 * @param {(files: FileList) => void} open
 */
export function takeFiles(hint, open) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    event.preventDefault();
    hint.hidden = !hasFiles(event);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hint.hidden = true;
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    hint.hidden = true;
    if (hasFiles(event)) open(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length > 0) open(event.clipboardData.files);
  });
}
