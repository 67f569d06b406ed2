// A page on a disk may read no other file: the search shows what it found without the lines around it.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
